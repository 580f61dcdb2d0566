"""Theano's names on current engines.

``python -m autoenc.theano script.py`` runs a script that begins with ``import theano``. New code
can write ``import autoenc.theano as theano``:

>>> import autoenc.theano as theano
>>> import autoenc.theano.tensor as T
>>> x = T.dscalar("x")
>>> f = theano.function([x], x**2, mode="FAST_COMPILE")
>>> f(3)
array(9.)

``ops`` and ``random`` contain the operations and random streams that PyTensor lacks or defines
differently. ``meaning`` contains other names with a different meaning, ``functions`` the class of
compiled functions, ``engines`` the engines that run them, and ``flags`` the settings. The other
modules provide the names of Theano 1.0.5; ``docs/theano.md`` lists each of them.
"""

from autoenc.backends.compile_folder import keep_apart
from autoenc.theano import tree
from autoenc.theano.names import resolver

tree.install()
# Other processes must not unpickle the keys of modules compiled here: that imports this package,
# which changes PyTensor's classes.
keep_apart("theano")

from pytensor.compile.io import Out  # noqa: E402
from pytensor.printing import pp, pprint  # noqa: E402

from autoenc.theano.flags import config  # noqa: E402
from autoenc.theano.flags.reading import apply_given  # noqa: E402
from autoenc.theano.functions import Function, In, Param, function  # noqa: E402
from autoenc.theano.meaning import (  # noqa: E402
    clients,
    conversion,
    debug_values,
    features,
    linkers,
    logs,
    operation_names,
    operations,
    parts_by_vector,
    printers,
    reductions,
    rewriting,
    scalars,
    scan_info,
    scan_merging,
    solving,
    stated_derivatives,
    static_lengths,
    tensor_types,
    types,
    variables,
)
from autoenc.theano.meaning.arrays import _asarray  # noqa: E402
from autoenc.theano.meaning.cloning import clone  # noqa: E402
from autoenc.theano.meaning.derivatives import Lop, Rop, grad  # noqa: E402
from autoenc.theano.meaning.from_graph import OpFromGraph  # noqa: E402
from autoenc.theano.meaning.operations import Op  # noqa: E402
from autoenc.theano.meaning.scanning import foldl, foldr, map, reduce, scan  # noqa: A004, E402
from autoenc.theano.meaning.sharing import shared  # noqa: E402
from autoenc.theano.updates import OrderedUpdates  # noqa: E402
from autoenc.theano.version import version as __version__  # noqa: E402

__all__ = [
    "Function",
    "In",
    "Lop",
    "Op",
    "OpFromGraph",
    "OrderedUpdates",
    "Out",
    "Param",
    "Rop",
    "__version__",
    "_asarray",
    "clone",
    "config",
    "foldl",
    "foldr",
    "function",
    "grad",
    "map",
    "pp",
    "pprint",
    "reduce",
    "scan",
    "shared",
]

__api_version__ = 1
PY3 = True

logs.extend()
variables.extend()
conversion.extend()
clients.extend()
types.extend()
scalars.extend()
tensor_types.extend()
operation_names.extend()
printers.extend()
linkers.extend()
operations.extend()
scan_info.extend()
stated_derivatives.extend()
reductions.extend()
features.extend()
parts_by_vector.extend()
scan_merging.extend()
solving.extend()
static_lengths.extend()
rewriting.extend()
debug_values.extend()
apply_given()

__getattr__ = resolver("")
