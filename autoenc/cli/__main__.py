"""`python -m autoenc.cli`."""

import sys

from autoenc.cli import main

sys.exit(main())
