"""Random streams that draw the numbers that Theano 1.0.5 drew.

``streams`` has ``RandomStreams``, NumPy's MT19937 with one generator a variable, and ``mrg`` has
``MRG_RandomStreams``, the generator MRG31k3p with many streams a variable.
"""
