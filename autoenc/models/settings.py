"""The table of settings: valid values, purpose and command-line option of each setting.

Validation, docstrings (`autoenc.models.docstrings`) and the command read the table.
Constructors name their settings themselves, as scikit-learn requires.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from autoenc.configuration import check_device, check_float_type, device_grid
from autoenc.graph.penalties import PENALTIES
from autoenc.graph.updates import OPTIMIZERS
from autoenc.models.choices import COSTS, UNBOUNDED_OUTPUTS
from autoenc.models.defaults import AUTO

INITS = ("uniform", "gaussian", "glorot", "principal")
NAMES = "sigmoid, tanh, relu, softplus or linear"
FUNCTIONS = '``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"softplus"``, ``"linear"``'


@dataclass(frozen=True)
class Check:
    """Valid values: numbers of certain types in a closed range, or one of several values.

    Attributes
    ----------
    expected : str
        Description of the expected value, for messages.
    types : tuple of type
        Types of numbers; True and False are never valid as numbers.
    low, high : float
        Range of numbers.
    among : tuple
        Values accepted in addition to numbers.
    accepts : callable, optional
        Whether any other value is accepted.
    each : bool
        Whether a sequence of such values is accepted.
    typed : tuple of pairs
        The values of `among` with their types.
    """

    expected: str
    types: tuple[Any, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    among: tuple[Any, ...] = ()
    accepts: Callable[[Any], bool] | None = None
    each: bool = False
    typed: tuple[tuple[type, Any], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "typed", tuple((type(value), value) for value in self.among))


@dataclass(frozen=True)
class Setting:
    """A setting of the estimators.

    Attributes
    ----------
    kind : str
        Type of the setting, as stated in docstrings.
    purpose : str
        Purpose of the setting. The command shows the first sentence.
    check : Check, optional
        Valid values; without a check, the code that uses the setting validates it.
    flag : str
        Option of the command with its placeholder, such as ``"--l1 W"``; a switch has none.
    group : str
        Heading under which the command lists the setting.
    help : str
        Help text of the command; by default the first sentence of the purpose.
    auto : str
        Meaning of ``"auto"`` in constructors in which it is the default.
    """

    kind: str
    purpose: str
    check: Check | None = None
    flag: str = ""
    group: str = "training"
    help: str = ""
    auto: str = ""


def number(
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    among: tuple[Any, ...] = (),
    accepts: Callable[[Any], bool] | None = None,
) -> Check:
    """Make the check of a finite number within closed or open bounds.

    >>> number(at_least=0, below=1).expected
    'a number in [0, 1)'
    """
    lowest, opens = (at_least, "[") if above is None else (above, "(")
    if below is not None:
        expected = f"a number in {opens}{lowest}, {below})"
    else:
        expected = f"a number {'>=' if above is None else '>'} {lowest}"
    # The open ends of a range are the numbers next to it.
    low = math.nextafter(above, math.inf) if above is not None else float(at_least or 0)
    high = math.nextafter(below if below is not None else math.inf, -math.inf)
    return Check(expected, (Real,), low, high, among, accepts)


INTEGER = Check("an integer of at least 1", (Integral,), low=1)
AUTO_INTEGER = replace(INTEGER, among=(AUTO,), expected="an integer of at least 1, or 'auto'")
SWITCH = Check("True or False", among=(True, False), accepts=lambda v: isinstance(v, np.bool_))
OPEN_UNIT = number(above=0, below=1)


def _one_of(*values: Any, accepts: Callable[[Any], bool] | None = None) -> Check:
    return Check(f"one of {', '.join(map(str, values))}", among=values, accepts=accepts)


def _is_rule(value: Any) -> bool:
    return hasattr(value, "report") and hasattr(value, "stop_after")


SETTINGS: dict[str, Setting] = {
    "n_hidden": Setting(
        "int",
        "Number of units of the code.",
        AUTO_INTEGER,
        "--hidden N",
        "model",
        "number of units of the code, or auto; for several layers, N,N,...",
        auto="500 for drawings: data with at least 64 columns and all values in [0, 1], of "
        "which many are exactly 0 or 1. Otherwise it is a quarter of the number of columns, or "
        "of rows if there are fewer, between 1 and 500. `chosen_` contains the chosen value, "
        "which is printed if `verbose` is True",
    ),
    "corruption": Setting(
        "float, pair, list of pairs or callable",
        "Noise on the input during training. A number in [0, 1] is the probability of setting "
        "an entry to zero. A pair gives a kind of noise and its amount, such as "
        '``("salt_and_pepper", 0.2)`` or ``("gaussian", 0.05)``; several pairs are applied one '
        "after the other. See `autoenc.graph.corrupt`.",
        None,
        "--corruption P",
        "model",
        "noise during training: the fraction of entries set to zero, such as 0.3; or its kind and "
        "amount, such as gaussian:0.1 or salt_and_pepper:0.2; with commas, one for each layer "
        "of a stack, or several that are all applied",
        auto='0.3, or ``("gaussian", 0.05)`` if `activation` chooses ``"linear"`` and all columns '
        "are numbers",
    ),
    "activation": Setting(
        "str or callable",
        f"Activation of the code: {FUNCTIONS}, or any element-wise function on expressions.",
        None,
        "--activation NAME",
        "model",
        f"activation of the code: {NAMES}; or auto",
        auto='``"linear"`` if there are fewer units than columns, the output is linear, columns '
        "are standardised and there is no `sparsity`, because no other activation reconstructs "
        'the rows of `fit` better in this case. Otherwise it is ``"sigmoid"``',
    ),
    "output": Setting(
        "str or callable",
        'Activation of the reconstruction: the same values as for `activation`, or ``"auto"``; '
        'see `cost`. With ``"clipped"``, the reconstruction is linear but clipped to the limits '
        "of each column. A limit is the minimum or maximum of the column in `fit`, if at least "
        'five rows share it; `lower_` and `upper_` contain the limits. ``"auto"`` selects '
        '``"clipped"`` if columns with limits are standardised, `activation` is ``"linear"`` '
        "and there are fewer units than columns.",
        None,
        "--output-activation NAME",
        "model",
        f"activation of the reconstruction: {NAMES}; or clipped, or auto",
    ),
    "tied": Setting(
        "bool",
        "Whether the decoder uses Wᵀ. Otherwise it learns its own weights ``W_prime_``.",
        SWITCH,
        "--tied",
        "model",
    ),
    "init": Setting(
        '{"uniform", "gaussian", "glorot", "principal"} or callable',
        'Distribution of the initial weights. ``"uniform"`` is the distribution of '
        "`autoenc.graph.uniform_weights` with gain 4, or with gain 1 if `cost` and `output` are "
        'automatic and the cost is the squared error. ``"gaussian"`` is that of '
        '`autoenc.graph.gaussian_weights`, and ``"glorot"`` is uniform with gain 1. With '
        '``"principal"``, the first columns of W '
        "are the leading principal directions of the rows, so that linear units start as PCA, "
        "and the other columns are uniform. A function is called with a NumPy generator, "
        "n_visible and n_hidden.",
        _one_of(*INITS, AUTO, accepts=callable),
        "--init NAME",
        "model",
        f"initial weights: {', '.join(INITS)} or auto",
        auto='``"principal"`` if `activation` chooses ``"linear"``, else ``"uniform"``',
    ),
    "cost": Setting(
        '{"auto", "cross_entropy", "squared_error"}',
        'Cost of a row. ``"cross_entropy"`` is summed over columns and requires values in [0, '
        '1]; ``"squared_error"`` is averaged over columns and accepts any values. ``"auto"`` '
        "chooses cross-entropy with sigmoid outputs if all values of `fit` are in [0, 1], else "
        "the squared error with linear outputs and standardised columns. If `output` is given, "
        "it chooses cross-entropy for the sigmoid, else the squared error. If `n_hidden` is "
        '``"auto"``, it also chooses the squared error for values in [0, 1] if there are fewer '
        "than 64 columns, or if few values are exactly 0 or 1, as in photographs. For a frame "
        'with columns that are not all numbers, the cost is ``"mixed"``, averaged over columns: '
        "the squared error of standardised numbers, and the softmax cross-entropy of categories "
        "divided by the entropy of their frequencies. `cost_`, `output_`, `mean_` and `scale_` "
        "contain the chosen values, which are printed if `verbose` is True. Divide bytes by 255.",
        _one_of("auto", *COSTS),
        "--cost NAME",
        "cost",
        "cross_entropy, for values in [0, 1], or squared_error; by default it depends on the data",
    ),
    "scale": Setting(
        '{"auto", "standard", None}',
        'Whether columns are standardised within the model: ``"auto"`` depends on `cost`, '
        '``"standard"`` always standardises, and None never does. Reconstructions are in the '
        "units of the data, errors in the units of the standardised columns.",
        _one_of("auto", "standard", None),
    ),
    "missing": Setting(
        '{"auto", "refuse", "mask"}',
        'Treatment of NaN. With ``"mask"``, NaN marks a missing entry, which is excluded from '
        "the code and from the cost. The cost of a row is then that of its observed entries; a "
        'sum over columns is multiplied by columns / observed columns. ``"refuse"`` raises an '
        'error. ``"auto"`` also raises an error, except that it masks missing entries of frames '
        "with columns that are not all numbers.",
        _one_of("auto", "refuse", "mask"),
        "--missing NAME",
        "cost",
        "treatment of empty cells: mask leaves them out of code and cost, refuse raises an error; "
        "by default mask if there are any",
    ),
    **{
        name: Setting("float", penalty.purpose, number(at_least=0), f"--{name} W", "cost")
        for name, penalty in PENALTIES.items()
    },
    "sparsity_target": Setting(
        "float",
        "Target of `sparsity` for the mean value of each unit, in (0, 1).",
        OPEN_UNIT,
        "--sparsity-target P",
        "cost",
    ),
    "dropout": Setting(
        "float or sequence of float",
        "Probability of setting a value to zero during training, in [0, 1): one for all layers, "
        "or one for the input and each hidden layer.",
        replace(number(at_least=0, below=1), each=True),
    ),
    "noise": Setting(
        "float or sequence of float",
        "Standard deviation, >= 0, of Gaussian noise that is added during training to the input "
        "and to the pre-activations of each hidden layer: one for all, or one for the input and "
        "each hidden layer.",
        replace(number(at_least=0), each=True),
    ),
    "batch_norm": Setting(
        "bool",
        "Whether the pre-activations of each layer, including the softmax, are standardised over "
        "the minibatch; see `autoenc.graph.NormalisedLayer`. `weights_` and `biases_` are those "
        "of equivalent plain layers.",
        SWITCH,
    ),
    "optimizer": Setting(
        "str or callable",
        f"Update rule: {', '.join(f'``{name!r}``' for name in OPTIMIZERS)}, or any function with "
        "the signature of `autoenc.graph.sgd`.".replace("'", '"'),
        None,
        "--optimizer NAME",
        help=f"update rule: {', '.join(OPTIMIZERS)}",
    ),
    "learning_rate": Setting(
        '"auto", float or schedule',
        "Step size of the optimizer, > 0, or a schedule such as "
        '`autoenc.graph.exponential_decay`. ``"auto"`` is the default of the update rule if it '
        "has one, such as 0.001 for Adam. For gradient descent and AdaGrad, it is 0.1 if outputs "
        "are bounded, else a quarter of the largest stable rate at the start, times 1 - momentum. "
        "If weights start from principal directions, it is a fiftieth of that rate, and decreases "
        "to 0.005 of its initial value during `fit`. `learning_rate_` is the initial rate.",
        number(above=0, among=("auto",), accepts=callable),
        "--learning-rate R",
        help="step size of the optimizer, > 0",
    ),
    "learning_rate_decay": Setting(
        "float",
        "Factor on the learning rate after each epoch, in (0, 1].",
        Check("a factor in (0, 1]", (Real,), math.nextafter(0, 1), 1),
    ),
    "momentum": Setting(
        "float",
        'Momentum of ``"sgd"``, in [0, 1); 0 is plain gradient descent.',
        number(at_least=0, below=1),
        "--momentum M",
    ),
    "batch_size": Setting(
        "int",
        "Number of rows of a minibatch.",
        INTEGER,
        "--batch-size N",
    ),
    "n_epochs": Setting(
        "int",
        "Number of passes over all rows.",
        AUTO_INTEGER,
        "--epochs N",
        auto='15. If `activation` chooses ``"linear"``, and the output is ``"clipped"`` or '
        "entries may be missing, it is larger if 15 epochs have fewer than 1,000 minibatches: "
        "training then takes at least 1,000. For a frame with columns that are not all numbers, "
        "it takes at least 5,000",
    ),
    "early_stopping": Setting(
        "EarlyStopping, optional",
        "Rule that ends training, such as `autoenc.training.EpochPatience`. It needs validation "
        "rows, passed to `fit` or held out by `validation_fraction`. The parameters with the "
        "lowest validation cost are kept.",
        Check(
            "a rule, such as autoenc.training.EpochPatience(10), or None",
            among=(None,),
            accepts=_is_rule,
        ),
        "--patience N",
        help="stop after N epochs without a lower validation cost, and keep the best parameters",
    ),
    "validation_fraction": Setting(
        "float, optional",
        "Fraction of the rows, in (0, 1), that is held out of training for validation.",
        number(above=0, below=1, among=(None,)),
        "--validation-fraction P",
    ),
    "warm_start": Setting(
        "bool",
        "Whether `fit` continues the previous training and its history.",
        SWITCH,
    ),
    "shuffle": Setting(
        "bool",
        "Whether rows are visited in a new random order in each epoch.",
        SWITCH,
        "--shuffle",
    ),
    "random_state": Setting(
        "int, numpy.random.RandomState or None",
        "Source of weights, order and noise. The same integer gives the same bytes on the same "
        "machine, with the same backend and versions.",
        None,
        "--seed N",
        help="the same seed gives the same model",
    ),
    "backend": Setting(
        '{"auto", "c", "xla", "numba"}',
        "Backend that compiles the graph.",
        None,
        "--backend NAME",
        "machine",
        "backend: auto, c, xla or numba",
    ),
    "device": Setting(
        '{"cpu", "cuda", "cuda0", ...}, optional',
        "Device to run on. By default, ``.theanorc`` determines it; otherwise the fastest "
        "device is used.",
        None,
        "--device NAME",
        "machine",
        "cpu, cuda, cuda0, ...",
    ),
    "devices": Setting(
        'int, str or "all", optional',
        "Number of devices that share the rows of every minibatch, on XLA. Order and noise are "
        'the same as on one device; costs differ by rounding. ``"4x2"`` stands for eight '
        "devices: four groups share the rows, and the two devices of each group share the units "
        "of wide layers.",
        Check(
            "'all', an integer of at least 1, a grid such as '4x2', or None",
            (Integral,),
            low=1,
            among=("all", None),
            accepts=lambda devices: device_grid(devices) is not None,
        ),
        "--devices N",
        "machine",
        "number of devices that share the rows of every minibatch, or all; with 4x2, four groups "
        "share the rows, and the two devices of each group share the units",
    ),
    "memory": Setting(
        "int or str, optional",
        'Bytes of main memory available for rows during training, such as ``"2GB"``. Arrays '
        "whose copy would need more than half of it are read in parts. So are files and all "
        "other sources that `autoenc.sources.open_source` accepts. Results are the same.",
        None,
        "--memory SIZE",
        "machine",
        "main memory available for rows, such as 2GB",
    ),
    "dtype": Setting(
        '{"float32", "float64"}, optional',
        "Precision. The default is floatX, which is float32 unless ``.theanorc`` sets another "
        "value.",
        None,
        "--dtype NAME",
        "machine",
        "float32 or float64",
    ),
    "verbose": Setting("bool", "Whether to show a progress bar."),
    "layer": Setting(
        "DenoisingAutoEncoder, optional",
        "Template of the layers: each layer is a copy of it with its own size. Its settings can "
        "be searched, as ``layer__l2``, or passed to the stack itself: ``Stack((500, 250), "
        "l2=1e-5)`` is equivalent to ``Stack((500, 250), layer=DenoisingAutoEncoder(l2=1e-5))``.",
    ),
    "hidden_sizes": Setting(
        "sequence of int",
        "Number of units of each layer, from the input upwards.",
        replace(INTEGER, each=True),
    ),
    "pretraining_epochs": Setting(
        "int, optional",
        "Number of epochs for which each layer is trained alone, before all layers are trained "
        "together. The default is that of `layer`; 0 skips this stage.",
        Check("an integer of at least 0, or None", (Integral,), low=0, among=(None,)),
        "--pretraining-epochs N",
        help="for a deep autoencoder, number of passes for which each layer is first trained "
        "alone; 0 for none",
    ),
    "pretraining_corruption": Setting(
        "float, sequence or callable, optional",
        "Noise on the input of each layer while it is trained alone: one value for all layers, "
        "or a sequence with one value for each. The default is that of `layer`.",
        None,
        "--pretraining-corruption P",
        help="for a deep autoencoder, noise while its layers are trained alone; see --corruption",
    ),
    "contamination": Setting(
        "float or None",
        "Fraction of the rows that is flagged, in (0, 0.5]. With None, only scores and p-values "
        "are available.",
        Check("a number in (0, 0.5], or None", (Real,), math.nextafter(0, 1), 0.5, (None,)),
    ),
    "seen": Setting(
        "float", "Fraction of the columns that each unit sees, in (0, 1).", OPEN_UNIT
    ),
    "dependence": Setting(
        "float",
        "Weight of the surprise of residuals, in [0, 10⁶]; the surprise of values has weight 1.",
        Check("a number in [0, 1000000]", (Real,), 0, 1e6),
    ),
    "n_bins": Setting(
        "int", "Number of cells in which the values of each column are counted.", INTEGER
    ),
    "n_updates": Setting("int", "Minimum number of updates of the parameters.", INTEGER),
}  # fmt: skip


def check_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Check settings against the table.

    Returns
    -------
    dict
        The settings, with numbers of NumPy and of other packages as Python's int or float, and
        arrays as lists. Sums of NumPy's small integers, for example, could overflow, and files
        contain only Python's numbers.

    Raises
    ------
    ValueError
        If a value is not allowed by the table, or if settings are incompatible.

    Examples
    --------
    >>> check_settings({"momentum": 1.0})
    Traceback (most recent call last):
        ...
    ValueError: momentum is 1.0; expected a number in [0, 1).
    """
    if isinstance(given.get("n_hidden"), list | tuple | np.ndarray):
        _refuse_several(given["n_hidden"])
    for name, value in given.items():
        check = SETTINGS[name].check if name in SETTINGS else None
        if check is None:
            continue
        for one in _each(value) if check.each else (value,):
            if isinstance(one, np.generic):
                # Bounds may be beyond the precision of a float32.
                one = one.item()  # noqa: PLW2901
            if isinstance(one, check.types) and not isinstance(one, bool):
                accepted = check.low <= one <= check.high
            else:
                # 1 equals True, but is not a bool.
                word = str(one) if isinstance(one, str) else one
                accepted = (type(word), word) in check.typed
            if not accepted and (check.accepts is None or not check.accepts(one)):
                is_one_of = check.each and isinstance(value, list | tuple | np.ndarray)
                found = f"{name} has {one!r} in {value!r}" if is_one_of else f"{name} is {one!r}"
                is_open = check.high == sys.float_info.max
                is_finite = not isinstance(one, float) or math.isfinite(one)
                finite = " that is finite" if is_open and not is_finite else ""
                raise ValueError(f"{found}; expected {check.expected}{finite}.")
    if "cost" in given:
        _check_cost(given["cost"], given.get("output", "auto"), given["scale"])
    check_float_type(given.get("dtype"))
    check_device(given.get("device"))
    return _plain(given)


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with Python's numbers and lists."""
    plain = dict(given)
    for name, value in given.items():
        if isinstance(value, bool):
            continue
        if isinstance(value, Integral):
            plain[name] = int(value)
        elif isinstance(value, Real):
            plain[name] = float(value)
        elif isinstance(value, np.ndarray) and value.ndim == 1:
            plain[name] = value.tolist()
    return plain


def _each(value: Any) -> Sequence[Any]:
    """Return the values of a sequence, or the value alone."""
    values = as_sequence(value)
    return values if isinstance(values, Sequence) else (values,)


def as_sequence(value: Any) -> Any:
    """Return a one-dimensional array or a range as a tuple; everything else unchanged.

    >>> as_sequence(np.array([4, 2])), as_sequence([4, 2]), as_sequence(3)
    ((4, 2), [4, 2], 3)
    """
    is_array = isinstance(value, np.ndarray) and value.ndim == 1
    return tuple(np.asarray(value).tolist()) if is_array or isinstance(value, range) else value


def _refuse_several(n_hidden: Any) -> None:
    """Refuse several sizes for a model of one layer."""
    sizes = tuple(np.ravel(n_hidden).tolist())
    raise ValueError(
        f"n_hidden is {n_hidden!r}; expected the number of units of one layer. For several "
        f"layers, use DeepAutoEncoder(hidden_sizes={sizes}), or StackedDenoisingAutoEncoder, "
        "which only trains them one after the other; for a classifier, use "
        "StackedDenoisingClassifier."
    )


def _check_cost(cost: str, output: Any, scale: Any) -> None:
    """Refuse a combination of cost, output and scale that is not valid."""
    if cost == "cross_entropy" and output in UNBOUNDED_OUTPUTS:
        raise ValueError(
            f"output is {output!r}, but cost is 'cross_entropy', which needs "
            "reconstructions in (0, 1); use output='sigmoid' or cost='squared_error'."
        )
    if scale == "standard" and (cost == "cross_entropy" or output == "sigmoid"):
        raise ValueError(
            f"scale is 'standard' with cost {cost!r} and output {output!r}, but standardised "
            "columns are not in [0, 1]; use cost='squared_error' and output='linear', or "
            "scale=None."
        )


def per_layer(name: str, value: Any, sizes: Sequence[int]) -> list[Any]:
    """Return a value for each layer, given one for each layer or one for all.

    Raises
    ------
    ValueError
        If there are no layers, or if there are more or fewer values than layers.
    """
    sizes, value = as_sequence(sizes), as_sequence(value)
    if not isinstance(sizes, Sequence) or len(sizes) == 0:
        raise ValueError(
            f"hidden_sizes is {sizes!r}; expected the number of units of each layer, such as "
            "(500, 250)."
        )
    if not isinstance(value, Sequence) or isinstance(value, str):
        return [value] * len(sizes)
    # A pair that begins with text is one kind of noise and its amount.
    is_text = name.endswith("corruption") and value and isinstance(value[0], str)
    if is_text and value[0] != AUTO:
        return [value] * len(sizes)
    if len(value) != len(sizes):
        raise ValueError(
            f"{name} has {len(value)} values, but hidden_sizes has {len(sizes)}; give one value "
            "for each layer, or one for all layers."
        )
    return list(value)
