"""`python -m autoenc`, the command `autoenc`."""

import sys

from autoenc.cli import main

sys.exit(main())
