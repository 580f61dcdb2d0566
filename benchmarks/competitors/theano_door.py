"""autoenc in place of Theano: `theano_scripts`, run as by ``python -m autoenc.theano -m``."""

from __future__ import annotations

import sys

from autoenc.theano.launcher.running import run_module

if __name__ == "__main__":
    run_module("benchmarks.competitors.theano_scripts", sys.argv[1:])
