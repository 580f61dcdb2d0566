"""Random streams that draw the numbers Theano drew."""
