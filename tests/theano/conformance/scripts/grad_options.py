from __future__ import print_function
import theano, theano.tensor as T
x = T.dvector('x'); y = T.dvector('y')
c = (x ** 2).sum()
print(theano.function([x, y], T.grad(c, [x, y], disconnected_inputs='ignore'), on_unused_input='ignore')([1, 2], [3]))
z = x * y
print(theano.function([x, y], T.grad((z ** 2).sum(), x, consider_constant=[y]))([1, 2], [3, 4]))
print(theano.function([x], T.grad((theano.gradient.disconnected_grad(x) * x).sum(), x))([1, 2]))
print(theano.function([x], T.grad((theano.gradient.zero_grad(x) * x).sum(), x))([1, 2]))
print(theano.function([x], T.grad((theano.gradient.grad_clip(x, -.5, .5) ** 2).sum(), x))([1, .1]))
print(theano.function([x, y], T.grad(None, x, known_grads={z: y}), on_unused_input="ignore")([1, 2], [3, 4]))
