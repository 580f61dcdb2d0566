from __future__ import print_function
import numpy as np, theano, theano.tensor as T
def energy(pos): return .5 * (pos ** 2).sum(axis=1)
def leapfrog(pos, vel, step):
    dE = T.grad(energy(pos).sum(), pos)
    new_vel = vel - step * dE
    new_pos = pos + step * new_vel
    return [new_pos, new_vel], {}
pos = T.matrix('pos'); vel = T.matrix('vel'); eps = T.scalar('eps')
(all_pos, all_vel), updates = theano.scan(leapfrog, outputs_info=[dict(initial=pos), dict(initial=vel)], non_sequences=[eps], n_steps=5)
f = theano.function([pos, vel, eps], [all_pos[-1], all_vel[-1]], updates=updates)
print(f(np.ones((2, 2), 'float32'), np.zeros((2, 2), 'float32'), .1))
