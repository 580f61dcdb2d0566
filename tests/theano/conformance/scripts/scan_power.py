from __future__ import print_function
import theano, theano.tensor as T
k = T.iscalar("k"); A = T.vector("A")
result, updates = theano.scan(fn=lambda prior_result, A: prior_result * A, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k)
power = theano.function(inputs=[A, k], outputs=result[-1], updates=updates)
print(power(range(10), 2))
print(power(range(10), 4))
print(updates)
