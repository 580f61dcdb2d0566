"""Random streams that draw the same numbers as Theano 1.0.5.

``streams`` contains ``RandomStreams``, which uses NumPy's MT19937 with one generator per variable.
``mrg`` contains ``MRG_RandomStreams``, which uses MRG31k3p with many streams per variable.
"""
