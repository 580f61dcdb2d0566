"""Print docs/theano.md: every public name of Theano 0.9.0 and 1.0.5, and its state here.

python docs/theano_states.py > docs/theano.md
"""

import warnings

from autoenc.theano.known import RELEASES, names_of_release
from autoenc.theano.launcher.period import prepare
from autoenc.theano.names import full_name
from autoenc.theano.states import REFUSED, SAME, TRANSLATED, UNKNOWN, modules, states_of_module

HEAD = """# Theano's names

`python -m autoenc.theano script.py` runs a script written for Theano unmodified.
`import autoenc.theano as theano` makes the same names available to new code. `--explain script.py`
explains how each line of the script is handled. This page lists every public name of Theano
0.9.0 and 1.0.5. `docs/theano_states.py` generates it from the packages' own namespaces
(`docs/theano_names.py`).

- **same**: the name refers to PyTensor's object of that name, which has the same meaning as Theano's.
- **translated**: autoenc defines the name, because PyTensor lacks it or gives it another signature or
  meaning.
- **refused**: the name can be imported. Using it raises an error that states the reason and an
  alternative.

## What to know

| about | under `autoenc.theano` |
|---|---|
| precision | a script run with `python -m autoenc.theano` has Theano's default precision, float64. `import autoenc.theano` keeps autoenc's default, float32. `THEANO_FLAGS`, `THEANORC` and `~/.theanorc` override both |
| engines | C, with the BLAS that autoenc finds, is the default. `device=cuda` or `AUTOENC_BACKEND=xla` selects XLA. A function that XLA does not support runs in C, and a message says so |
| XLA | XLA compiles one program for each length of a minibatch. The host computes these lengths from integer arguments and shapes. A function that needs more than 32 programs runs in C. An index out of range and a failed assertion raise errors, also in loops |
| lengths of 1 | arithmetic broadcasts a dimension of length 1 only if its type declares it broadcastable; otherwise it raises an error, as under Theano. Such a length also raises an error in `T.set_subtensor(x[:], y)`, `T.fill(x, y)`, `T.ones_like(x) * y` and `T.alloc(y, 2, n)`, where Theano repeated `y` in `FAST_RUN` |
| numbers near the limits | XLA simplifies `log(exp(x))` to `x` and `sqrt(x ** 2)` to `abs(x)`; in C and under Theano, these expressions overflow and underflow. On a CPU, XLA treats subnormal numbers as zero. In `FAST_COMPILE`, Theano's sigmoid is 0 below -30 and 1 above 30; here it is not rounded |
| indices with None | `x[:, None]` drops the second dimension of a matrix if its type declares it broadcastable, as under Theano. Where Theano raised an error because a dimension cannot be dropped, the index has NumPy's meaning |
| errors | wrong lengths raise `LengthError`, which is a `ValueError`, an `IndexError` and an `AssertionError` at once, because PyTensor asserts lengths where Theano's operations raised one of the other two |
| pickles | types and shared variables that Theano pickled can be read, and the variables can be used in functions. Expressions that Theano pickled cannot be read |
| `device=gpu` | selects a CUDA GPU if there is one, else the CPU; a message says so |
| Python 2 | a file is read as Python 2 if it is not valid Python 3, or if it uses names that only Python 2 had (`xrange`, `iteritems`, `cPickle`). Division of integers then gives integers, and strings are text and bytes at once: in files, `StringIO`, pipes, `struct`, `hashlib`, and with codecs such as `hex`. Functions such as `round`, `map`, `filter`, `sorted` and `math.floor`, comparisons of any two values, `print`, and special methods such as `__cmp__` and `__div__` have the meaning of Python 2. Modules that such a script imports, or runs by `execfile`, are Python 2 as well, unless they support Python 3 (they import `six` or `__future__`, or look at the version). The same applies to a package with implicit relative imports, and to modules of a package that import modules of it which are Python 2. Pickles of Python 2 are read by `pickle` and `cPickle`. The file itself is not changed |
| differences from Python 2 that remain | floats are printed with all their digits, not with 12. `random.shuffle`, `choice`, `sample` and `randint` draw as in Python 3, and the first call after `random.seed` logs a warning. Dictionaries keep the order of insertion. The order of sets of strings differs in each run, unless `PYTHONHASHSEED` is set. List comprehensions in the body of a class do not set names of the class. After `except E, (a, b):`, the statements must be on lines of their own. Classes without a base class have Python 3's method resolution order |
| NumPy 1 | arithmetic between numbers and arrays follows NumPy 1's promotion rules, in scripts and for the numbers that functions return. The same applies to comparisons, functions such as `np.add`, and `+=`. A list of arrays, lists or slices is an index of several axes (`a[[rows, columns]]`). Floats with integer values are valid indices and lengths. Ragged lists become arrays of objects, `np.load` reads pickles, and `np.floor` of integers returns floats. `argsort` puts equal entries in NumPy 1's order, also in graphs; on XLA, `T.argsort` keeps their order |
| SciPy | `scipy.misc` reads, writes and resizes pictures (with Pillow), and the top-level package has NumPy's names, as before SciPy 1.3 |
| cuDNN by name | `GpuDnnConvDesc`, `GpuDnnConvGradI` and similar operations build the convolutions of `nnet`, on any engine |
| integers in linear algebra | `det`, `matrix_inverse`, `pinv`, `svd`, `qr`, `cholesky` and `expm` of integers are floats. Theano truncated most of these results to integers |
| test values | with `compute_test_value`, every operation that a script applies is computed with the `tag.test_value` of its inputs, and a wrong shape is reported at that line. Steps within `scan` are computed with the values of the first step. A test value of a wrong type raises `ValueError` |
| settings | scripts can add settings with `AddConfigVar` |
| PyYAML | in scripts, `yaml.load` without a loader uses `FullLoader` |
| tests | `python -m autoenc.theano -m pytest` runs test suites written for Theano, also in processes of pytest-xdist. It supports tests that import nose or `numpy.testing.dec`, and tests that yield calls |
| compiled graphs | operations differ from Theano's: for example, the logarithm of a `softmax` consists of exponentials and sums, in a numerically stable form. A `Softmax` alone stays one operation |
| graphs in text | `print`, `pp` and `debugprint` have Theano's notation, such as `Elemwise{add,no_inplace}.0`. `type(x)` prints PyTensor's class, indices in `pp` are shown as `x[0:2]`, and the variables within a loop are numbered |

## Counts
"""


def table_of_counts() -> str:
    """Return the number of names in each state, for each release."""
    lines = ["| release | same | translated | refused |", "|---|---|---|---|"]
    for release in RELEASES:
        counts = dict.fromkeys((SAME, TRANSLATED, REFUSED), 0)
        for module, names in names_of_release(release).items():
            for name in names:
                counts[_state(module, name)[0]] += 1
        lines.append(f"| {release} | " + " | ".join(str(n) for n in counts.values()) + " |")
    return "\n".join(lines)


def _state(module: str, name: str) -> tuple[str, str]:
    state = states_of_module(module)[name]
    # A name that cannot be found counts as refused; Python's own error says so.
    return (REFUSED if state.kind == UNKNOWN else state.kind), state.detail


def section(module: str) -> str:
    """Return the names of a module, by state."""
    by_state: dict[str, list[str]] = {SAME: [], TRANSLATED: [], REFUSED: []}
    for name in states_of_module(module):
        by_state[_state(module, name)[0]].append(f"`{name}`")
    lines = [f"### {full_name(module)}", ""]
    for kind, names in by_state.items():
        if names:
            lines += [f"**{kind}**: {', '.join(names)}", ""]
    return "\n".join(lines)


def main() -> None:
    """Print the page."""
    prepare()
    warnings.simplefilter("ignore")
    print(HEAD)
    print(table_of_counts())
    print("\n## Module by module\n")
    print("\n".join(section(module) for module in modules() if states_of_module(module)))


if __name__ == "__main__":
    main()
