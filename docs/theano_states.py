"""Write docs/theano.md: every public name of Theano 0.9 and 1.0.5, and what it is here.

python docs/theano_states.py > docs/theano.md
"""

import warnings

from autoenc.theano.known import RELEASES, names_of_release
from autoenc.theano.launcher.period import prepare
from autoenc.theano.names import full_name
from autoenc.theano.states import REFUSED, SAME, TRANSLATED, UNKNOWN, modules, states_of_module

HEAD = """# Theano's names

`python -m autoenc.theano script.py` runs a script that was written for Theano, unmodified, and
`import autoenc.theano as theano` gives the same names to new code. `--explain script.py` lists what
would be done about each of its lines. This page has every public name of Theano 0.9.0 and 1.0.5;
`docs/theano_states.py` writes it, from the packages' own namespaces (`docs/theano_names.py`).

- **same**: PyTensor's object of that name, which means what Theano's did.
- **translated**: ours, because PyTensor has none, or one with another signature or meaning.
- **refused**: it can be imported; where it is used, an error says why it does not work and what does.

## What to know

| about | under `autoenc.theano` |
|---|---|
| precision | a script that is run has Theano's default, float64; `import autoenc.theano` leaves autoenc's, float32. `THEANO_FLAGS`, `THEANORC` and `~/.theanorc` overrule both |
| engines | C, with the BLAS that autoenc finds; XLA with `device=cuda`, or `AUTOENC_BACKEND=xla`. What XLA cannot take runs in C, function by function, and says so |
| XLA | compiles once for each length of a minibatch, which the host computes from whole-number arguments and shapes; a function that needs more than 32 programs runs in C. An index out of range and an assertion that does not hold are errors, in loops too |
| lengths of 1 | one that the type does not know is an error in arithmetic, as under Theano, and also in `T.set_subtensor(x[:], y)`, which repeated `y` |
| `device=gpu` | a CUDA GPU if there is one; else the CPU, and one line says so |
| Python 2 | read when a file is no Python 3, or uses what only Python 2 had (`xrange`, `iteritems`, `cPickle`); whole numbers then divide to whole numbers. The file stays as it is |
| NumPy 1 | arithmetic between numbers and arrays follows its rules for dtypes, in scripts and for the numbers that functions return; comparisons, `np.add` and its like and `+=` do as well; lists of slices and whole floats are indices. `argsort` leaves equal entries in their order, in graphs as well |
| SciPy | `scipy.misc` reads, writes and resizes pictures (with Pillow), and its root has NumPy's names, as before SciPy 1.3 |
| cuDNN by name | `GpuDnnConvDesc`, `GpuDnnConvGradI` and their like build the convolutions of `nnet`, on any engine |
| test values | `compute_test_value` is accepted and does nothing: a wrong shape is reported when the function is called |
| tests | `python -m autoenc.theano -m pytest` runs tests of the time, in processes of pytest-xdist as well |
| compiled graphs | operations differ from Theano's: `softmax` is its exponentials and sums, made stable, and no `Softmax` |

## Counts
"""


def table_of_counts() -> str:
    """Return how many names of each release are in which state."""
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
    # What cannot be found is refused as well, with Python's own words.
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
