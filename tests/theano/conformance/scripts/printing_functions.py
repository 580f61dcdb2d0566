# flags: floatX=float64
import theano
import theano.tensor as T

x, y, z = T.dmatrices('x', 'y', 'z')
a, b = T.lmatrices('a', 'b')
for e in [abs(x), T.arctanh(x), T.arctan2(x, y), T.clip(x, 0, 1), T.deg2rad(x), T.eq(x, y), T.erfinv(x), T.exp2(x),
          T.gammaln(x), x >= y, x < 1, T.inv(x), ~a, T.isnan(x), x % y, T.neq(x, y), T.psi(x), T.sgn(x), T.trunc(x),
          T.iround(x), T.switch(x > 0, x, 0), a | b, a & b, a ^ b, T.all(x), T.any(x, axis=0), T.sum(x), T.sum(x, axis=0),
          x.sum(axis=(0, 1)), a.sum(axis=1), T.fmatrix('q').sum(), T.prod(x, axis=1), T.nnet.softmax(x),
          T.nnet.hard_sigmoid(x), x.norm(2)]:
    print(theano.pp(e))
