"""The command ``python -m autoenc.theano``."""

import sys

from autoenc.theano.launcher import main

if __name__ == "__main__":
    sys.exit(main())
