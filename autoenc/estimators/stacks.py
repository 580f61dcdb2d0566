"""Stacks of denoising autoencoders, trained greedily, a layer at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from autoenc.estimators import choices, settings
from autoenc.estimators.base import Saving, draw_seed, unchanged_on_error
from autoenc.estimators.denoising import DenoisingAutoEncoder
from autoenc.estimators.reporting import ReportingAutoEncoder
from autoenc.models.compiled import CompiledModel
from autoenc.models.symbolic import SymbolicStack
from autoenc.rows.blocks import ROWS_AT_A_TIME, Array, Rows, original, take
from autoenc.rows.domain import check_unit_interval
from autoenc.rows.held_out import check_validation, hold_out
from autoenc.rows.weights import check_weights
from autoenc.training import EarlyStopping, Every, Record
from autoenc.training.callbacks import CallbackLike

# Codes of a layer that take more than this are kept in a file, mapped into memory.
BYTES_IN_MEMORY = 1 << 30


@final
class StackedDenoisingAutoEncoder(ReportingAutoEncoder):
    """Denoising autoencoders on top of each other, each trained on the codes below.

    Layers are trained greedily, from the input upwards. The codes that a layer learns
    from are computed once, and kept in a file if they are large. Codes are those of the highest
    layer, reconstructions go up through all layers and down again, and the error of a row is
    the cost, of the lowest layer, of that reconstruction.

    Parameters
    ----------
    hidden_sizes : sequence of int
        Units of each layer, from the input upwards.
    corruption : float or sequence of float
        Of each layer, or of all of them.
    cost, scale
        Of the lowest layer; see `AutoEncoder`. Those above have cross-entropy on codes of the
        sigmoid, else the squared error with linear outputs.
    activation, tied, init, learning_rate, momentum, batch_size, n_epochs, early_stopping, \
validation_fraction, warm_start, shuffle, random_state, backend, device, dtype, verbose
        Of each layer; see `DenoisingAutoEncoder`.

    Attributes
    ----------
    layers_ : list of DenoisingAutoEncoder
        Fitted, from the input upwards.
    history_ : list of dict
        As of `DenoisingAutoEncoder`, with ``layer``, from 1, in each record.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol (2010). Stacked
    denoising autoencoders. JMLR 11.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import StackedDenoisingAutoEncoder
    >>> images = load_mnist(sample=True).train.images[:500]
    >>> stack = StackedDenoisingAutoEncoder((32, 16), n_epochs=1, random_state=0, verbose=False)
    >>> stack.fit_transform(images).shape
    (500, 16)
    """

    # Layers are fitted on complete rows.
    missing = "refuse"

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        corruption: float | Sequence[float] = 0.3,
        activation: Any = "sigmoid",
        tied: bool = True,
        cost: str = "auto",
        scale: str | None = "auto",
        init: Any = "uniform",
        learning_rate: Any = "auto",
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: int = 15,
        early_stopping: EarlyStopping | None = None,
        validation_fraction: float | None = None,
        warm_start: bool = False,
        shuffle: bool = True,
        random_state: Any = None,
        backend: Any = "auto",
        device: str | None = None,
        dtype: str | None = None,
        verbose: bool = True,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.corruption = corruption
        self.activation = activation
        self.tied = tied
        self.cost = cost
        self.scale = scale
        self.init = init
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        validation: Any = None,
        callbacks: Iterable[CallbackLike] = (),
        checkpoint: str | os.PathLike[str] | None = None,
        every: Every | int = 1,
        resume: bool = False,
    ) -> Self:
        """Learn a layer at a time.

        Parameters
        ----------
        X, y, sample_weight
            As for `DenoisingAutoEncoder.fit`.
        validation : array-like, (rows, columns), optional
            Rows kept apart, whose codes every layer is validated on.
        callbacks : iterable of `autoenc.training.Callback` or functions
            Are told of the training of every layer.
        checkpoint, every, resume
            As for `DenoisingAutoEncoder.fit`; each layer has a file of its own beside the
            path, with ``.layer_1`` and so on in its name.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If data or a setting does not fit; says what was found and what to do.
        KeyboardInterrupt
            If Ctrl-C has come before the last layer was trained.
        """
        goes_on = self.warm_start and self.__sklearn_is_fitted__()
        check_validation(validation, self.validation_fraction, self.early_stopping)
        with unchanged_on_error(self):
            rows, weights = self._begin(X, sample_weight, goes_on=goes_on)
            if validation is not None:
                incoming = self._use(validation, compared=False, name="validation")
                validation = incoming.checked()
            elif self.validation_fraction is not None:
                own, others = hold_out(len(rows), self.validation_fraction, self.seed_)
                rows, validation = take(rows, own), take(rows, others)
                weights = None if weights is None else weights[own]
            self._remember(X)

        saving = Saving(checkpoint, every, resume)

        def learn(k: int, rows: Rows, validation: Rows | None) -> None:
            own = saving.of_part(f"layer_{k + 1}")
            self.layers_[k].fit(
                original(rows),
                sample_weight=weights,
                validation=None if validation is None else original(validation),
                callbacks=callbacks,
                checkpoint=own.checkpoint,
                every=own.every,
                resume=own.resume,
            )

        return self._learn_upwards(rows, validation, learn, goes_on=goes_on)

    def partial_fit(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        callbacks: Iterable[CallbackLike] = (),
    ) -> Self:
        """Go on learning, with one pass over X for each layer, from the input upwards.

        Parameters
        ----------
        X, y, sample_weight, callbacks
            As for `fit`.

        Returns
        -------
        self
        """
        goes_on = self.__sklearn_is_fitted__()
        with unchanged_on_error(self):
            rows, weights = self._begin(X, sample_weight, goes_on=goes_on)
            self._remember(None)

        def learn(k: int, rows: Rows, _: Rows | None) -> None:
            self.layers_[k].partial_fit(original(rows), sample_weight=weights, callbacks=callbacks)

        return self._learn_upwards(rows, None, learn, goes_on=goes_on)

    def _begin(self, X: Any, sample_weight: Any, *, goes_on: bool) -> tuple[Rows, Array | None]:
        """Check settings and data; rows of weight 0 are left out."""
        self._check_settings()
        rows, domain = self._read(X, reset=not goes_on)
        weights = check_weights(sample_weight, len(rows))
        if weights is not None and not weights.all():
            rows, weights = take(rows, np.flatnonzero(weights)), weights[weights > 0]
        self._start(goes_on=goes_on)
        if goes_on:
            self._check_goes_on()
        elif self._layer_cost(0) == "cross_entropy":
            check_unit_interval(rows, domain, names=self._names())
        self._keep_domain(domain, goes_on=goes_on)
        return rows, weights

    def _learn_upwards(
        self,
        rows: Rows,
        validation: Rows | None,
        learn: Callable[[int, Rows, Rows | None], None],
        *,
        goes_on: bool,
    ) -> Self:
        if not goes_on:
            self.layers_: list[DenoisingAutoEncoder] = []
        layers = self.layers_
        levels = per_layer("corruption", self.corruption, self.hidden_sizes)
        with tempfile.TemporaryDirectory() as folder:
            for k, (n_hidden, level) in enumerate(zip(self.hidden_sizes, levels, strict=True)):
                if k:
                    rows = codes_of(layers[k - 1], rows, Path(folder))
                    if validation is not None:
                        validation = codes_of(layers[k - 1], validation, Path(folder))
                if k == len(layers):
                    layers.append(self._new_layer(k, n_hidden, level))
                else:
                    layers[k].set_params(**self._new_layer(k, n_hidden, level).get_params())
                try:
                    learn(k, rows, validation)
                finally:
                    self.history_ = _history_of_all(layers)
                    self._compiled = CompiledModel()
                if k + 1 < len(self.hidden_sizes):
                    check_not_interrupted(layers[k])
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are layers, all of them."""
        return len(getattr(self, "layers_", ())) == len(self.hidden_sizes)

    def _check_settings(self) -> None:
        self._check_common_settings()
        per_layer("corruption", self.corruption, self.hidden_sizes)
        for n_hidden in self.hidden_sizes:
            settings.check_integer("hidden_sizes", n_hidden)
        choices.check_choices(self.cost, "auto", self.scale)
        settings.check_switches(self, ("tied",))

    def _check_goes_on(self) -> None:
        fitted = tuple(layer.W_.shape[1] for layer in self.layers_)
        if fitted != tuple(self.hidden_sizes):
            raise ValueError(
                f"the stack was fitted with {fitted} hidden units, but hidden_sizes is "
                f"{tuple(self.hidden_sizes)}; set it back, or begin anew with warm_start=False."
            )

    def _layer_cost(self, k: int) -> str:
        """Cost of layer k; codes of the sigmoid are in (0, 1), those of others are not."""
        if k == 0:
            return self.cost
        if self.activation == "sigmoid":
            return "cross_entropy"
        return "auto" if callable(self.activation) else "squared_error"

    def _new_layer(self, k: int, n_hidden: int, corruption: float) -> DenoisingAutoEncoder:
        return DenoisingAutoEncoder(
            n_hidden,
            corruption=corruption,
            activation=self.activation,
            # Between 0 and 1 or not, codes of whatever is no sigmoid need linear outputs.
            output="linear" if self._layer_cost(k) == "squared_error" and k else "auto",
            tied=self.tied,
            cost=self._layer_cost(k),
            scale=None if k else self.scale,
            init=self.init,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            batch_size=self.batch_size,
            n_epochs=self.n_epochs,
            early_stopping=self.early_stopping,
            warm_start=self.warm_start,
            shuffle=self.shuffle,
            random_state=self.seed_ + k,
            backend=self.backend,
            device=self.device,
            dtype=self.dtype,
            verbose=self.verbose,
        )

    def _history_of(self, k: int) -> list[Record]:
        own = [record for record in self.history_ if record["layer"] == k]
        return [{name: v for name, v in record.items() if name != "layer"} for record in own]

    def _arrays(self) -> dict[str, Array]:
        return _numbered([layer._arrays() for layer in self.layers_])

    def _model_arrays(self) -> dict[str, Array]:
        return _numbered([layer._model_arrays() for layer in self.layers_])

    def _model(self, **params: Any) -> SymbolicStack:
        layers = enumerate(self.layers_, start=1)
        return SymbolicStack([layer._model(**_of_layer(k, params)) for k, layer in layers])

    def _fitted(self) -> dict[str, Any]:
        without = ("history_", "n_features_in_")
        layers = [
            {name: value for name, value in layer._fitted().items() if name not in without}
            for layer in self.layers_
        ]
        return {**super()._fitted(), "layers": layers}

    def _set_fitted(self, fitted: dict[str, Any], arrays: dict[str, Array]) -> None:
        own = dict(fitted)
        # Files of before there was a choice say nothing of layers.
        of_layers = own.pop("layers", [{}] * len(self.hidden_sizes))
        for name, value in own.items():
            setattr(self, name, value)
        self.layers_ = []
        levels = per_layer("corruption", self.corruption, self.hidden_sizes)
        for k, (n_hidden, level) in enumerate(zip(self.hidden_sizes, levels, strict=True)):
            layer = self._new_layer(k, n_hidden, level)
            layer._set_fitted(
                {
                    "cost_": "cross_entropy",
                    "output_": "sigmoid",
                    "seed_": draw_seed(layer.random_state),
                    **of_layers[k],
                },
                _of_layer(k + 1, arrays),
            )
            layer.history_ = self._history_of(k + 1)
            self.layers_.append(layer)
        if hasattr(self.layers_[0], "data_min_"):
            self.data_min_, self.data_max_ = self.layers_[0].data_min_, self.layers_[0].data_max_
        self._compiled = CompiledModel()


def check_not_interrupted(layer: DenoisingAutoEncoder) -> None:
    """Do not go on to another part of the model when the user has asked to stop.

    Raises
    ------
    KeyboardInterrupt
        If the layer's training was interrupted.
    """
    if layer.history_[-1].get("interrupted"):
        raise KeyboardInterrupt(
            "the training of a layer was interrupted, and there is no model without those above "
            "it; fit with checkpoint= and resume=True to go on."
        )


def _numbered(of_layers: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Arrays of all layers, from the names within each to those within the stack."""
    return {
        f"layer_{k}.{name}": array
        for k, arrays in enumerate(of_layers, start=1)
        for name, array in arrays.items()
    }


def _of_layer(k: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of one layer, by their names within it."""
    prefix = f"layer_{k}."
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}


def _history_of_all(layers: list[DenoisingAutoEncoder]) -> list[Record]:
    return [
        {"layer": k, **record}
        for k, layer in enumerate(layers, start=1)
        for record in getattr(layer, "history_", [])
    ]


def per_layer(name: str, value: float | Sequence[float], sizes: Sequence[int]) -> list[float]:
    """Give a value for each layer, from one for each or one for all.

    Raises
    ------
    ValueError
        If there are no layers, or not as many values as layers.
    """
    if not isinstance(sizes, Sequence) or len(sizes) == 0:
        raise ValueError(
            f"hidden_sizes is {sizes!r}; expected the units of each layer, such as (500, 250)."
        )
    if not isinstance(value, Sequence):
        return [value] * len(sizes)
    if len(value) != len(sizes):
        raise ValueError(
            f"{name} has {len(value)} values and hidden_sizes {len(sizes)}; expected one for "
            "each layer, or one for all."
        )
    return list(value)


def codes_of(layer: DenoisingAutoEncoder, rows: Rows, folder: Path) -> Array:
    """Codes of all rows, in memory or, where they are large, in a file of `folder`."""
    shape = (len(rows), layer._n_features_out)
    if np.prod(shape) * layer.W_.itemsize <= BYTES_IN_MEMORY:
        return layer._apply("encode", rows)
    path = folder / f"codes_{len(list(folder.iterdir()))}.npy"
    codes = np.lib.format.open_memmap(path, mode="w+", dtype=layer.W_.dtype, shape=shape)
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        codes[part] = layer._apply("encode", rows[part])
    return codes
