from __future__ import print_function
import theano, theano.tensor as T
from theano import shared, function
state = shared(0)
inc = T.iscalar('inc')
accumulator = function([inc], state, updates=[(state, state + inc)])
print(state.get_value()); print(int(accumulator(1))); print(state.get_value()); print(int(accumulator(300))); print(state.get_value())
state.set_value(-1)
print(int(accumulator(3)), state.get_value())
decrementor = function([inc], state, updates=[(state, state - inc)])
print(int(decrementor(2)), state.get_value())
fn_of_state = state * 2 + inc
foo = T.scalar(dtype=state.dtype)
skip_shared = function([inc, foo], fn_of_state, givens=[(state, foo)])
print(int(skip_shared(1, 3)), state.get_value())
