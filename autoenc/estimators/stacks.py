"""Stacks of denoising autoencoders, trained greedily, a layer at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, final

import numpy as np

from autoenc.estimators import choices, settings
from autoenc.estimators.base import Saving, draw_seed, widened
from autoenc.estimators.coder import Coder
from autoenc.estimators.denoising import DenoisingAutoEncoder
from autoenc.models.fitted import FittedCoder, FittedModel, FittedStack, of_layer
from autoenc.rows.blocks import ROWS_AT_A_TIME, Array, Rows, original, take
from autoenc.rows.columns import columns_of
from autoenc.rows.domain import Domain, check_unit_interval
from autoenc.rows.held_out import check_validation, hold_out
from autoenc.rows.weights import check_weights
from autoenc.training import EarlyStopping, Every, Record
from autoenc.training.callbacks import CallbackLike

# Codes of a layer that take more than this are kept in a file, mapped into memory.
BYTES_IN_MEMORY = 1 << 30


@final
class StackedDenoisingAutoEncoder(Coder):
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
            Called during the training of every layer.
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
        start = self.model_ if self.warm_start and self.__sklearn_is_fitted__() else None
        check_validation(validation, self.validation_fraction, self.early_stopping)
        known, rows, weights = self._begin(X, sample_weight, start)
        if validation is not None:
            validation = known.validation_rows(validation, self._float_type())
        elif self.validation_fraction is not None:
            own, others = hold_out(len(rows), self.validation_fraction, known.seed)
            rows, validation = take(rows, own), take(rows, others)
            weights = None if weights is None else weights[own]
        self._remember(X)
        saving = Saving(checkpoint, every, resume)

        def learn(layer: DenoisingAutoEncoder, k: int, rows: Rows, validation: Any) -> None:
            own = saving.of_part(f"layer_{k + 1}")
            layer.fit(
                original(rows),
                sample_weight=weights,
                validation=None if validation is None else original(validation),
                callbacks=callbacks,
                checkpoint=own.checkpoint,
                every=own.every,
                resume=own.resume,
            )

        return self._learn_upwards(known, start, rows, validation, learn)

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
        start = self.model_ if self.__sklearn_is_fitted__() else None
        known, rows, weights = self._begin(X, sample_weight, start)
        self._remember(None)

        def learn(layer: DenoisingAutoEncoder, k: int, rows: Rows, _: Any) -> None:
            layer.partial_fit(original(rows), sample_weight=weights, callbacks=callbacks)

        return self._learn_upwards(known, start, rows, None, learn)

    def _begin(
        self, X: Any, sample_weight: Any, start: FittedCoder | None
    ) -> tuple[FittedStack, Rows, Array | None]:
        """Check settings and data; rows of weight 0 are left out."""
        self._check_settings()
        rows, domain, columns = self._read(X, start)
        weights = check_weights(sample_weight, len(rows))
        if weights is not None and not weights.all():
            rows, weights = take(rows, np.flatnonzero(weights)), weights[weights > 0]
        if start is not None:
            self._check_goes_on(start)
        elif self._layer_cost(0) == "cross_entropy":
            check_unit_interval(rows, domain, names=columns.names)
        known = FittedStack(
            type(self).__name__, {}, {}, columns, widened(start, domain), self._seed(start),
            machine=self._machine,
        )  # fmt: skip
        return known, rows, weights

    def _learn_upwards(
        self,
        known: FittedStack,
        start: FittedCoder | None,
        rows: Rows,
        validation: Rows | None,
        learn: Callable[[DenoisingAutoEncoder, int, Rows, Rows | None], None],
    ) -> Self:
        layers: list[FittedModel] = [] if start is None else list(start.layers)
        levels = per_layer("corruption", self.corruption, self.hidden_sizes)
        with tempfile.TemporaryDirectory() as folder:
            for k, (n_hidden, level) in enumerate(zip(self.hidden_sizes, levels, strict=True)):
                if k:
                    rows = codes_of(layers[k - 1], rows, Path(folder))
                    if validation is not None:
                        validation = codes_of(layers[k - 1], validation, Path(folder))
                layer = self._new_layer(k, n_hidden, level, known.seed)
                if start is not None:
                    layer.model_ = start.coders[k]
                try:
                    learn(layer, k, rows, validation)
                finally:
                    if layer.__sklearn_is_fitted__():
                        layers[k : k + 1] = [layer.model_]
                        self.model_ = self._stacked(known, layers)
                if k + 1 < len(self.hidden_sizes):
                    check_not_interrupted(layers[k])
        return self

    def _stacked(self, known: FittedStack, layers: list[FittedModel]) -> FittedStack:
        engine = layers[0].engine
        return known.replaced(layers=tuple(layers), history=_history_of_all(layers), engine=engine)

    @property
    def layers_(self) -> list[DenoisingAutoEncoder]:
        """Fitted layers, from the input upwards.

        Raises
        ------
        AttributeError
            If the stack is not fitted.
        """
        model = vars(self).get("model_")
        if model is None:
            raise AttributeError(f"{type(self).__name__!r} has no attribute 'layers_'")
        sizes = [layer.n_codes for layer in model.layers]
        levels = per_layer("corruption", self.corruption, sizes)
        layers = []
        for k, own in enumerate(model.layers):
            layer = self._new_layer(k, sizes[k], levels[k], model.seed)
            layer.model_ = own
            layers.append(layer)
        return layers

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are layers, all of them."""
        model = vars(self).get("model_")
        sizes = self.hidden_sizes if isinstance(self.hidden_sizes, Sequence) else ()
        return model is not None and len(model.layers) == len(sizes)

    def _check_settings(self) -> None:
        self._check_common_settings()
        per_layer("corruption", self.corruption, self.hidden_sizes)
        for n_hidden in self.hidden_sizes:
            settings.check_integer("hidden_sizes", n_hidden)
        choices.check_choices(self.cost, "auto", self.scale)
        settings.check_switches(self, ("tied",))

    def _check_goes_on(self, start: FittedCoder) -> None:
        fitted = tuple(layer.arrays["W"].shape[1] for layer in start.layers)
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

    def _new_layer(
        self, k: int, n_hidden: int, corruption: float, seed: int
    ) -> DenoisingAutoEncoder:
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
            random_state=seed + k,
            backend=self.backend,
            device=self.device,
            dtype=self.dtype,
            verbose=self.verbose,
        )

    def _from_file(self, arrays: dict[str, Array], fitted: dict[str, Any]) -> FittedStack:
        """Make the fitted stack. Older files lack what layers have chosen."""
        of_layers = fitted.get("layers", [{}] * len(self.hidden_sizes))
        levels = per_layer("corruption", self.corruption, self.hidden_sizes)
        seed, history = fitted.get("seed_", 0), fitted.get("history_", [])
        layers: list[FittedModel] = []
        for k, (n_hidden, level) in enumerate(zip(self.hidden_sizes, levels, strict=True)):
            layer = self._new_layer(k, n_hidden, level, seed)
            earlier = {
                "cost_": "cross_entropy",
                "output_": "sigmoid",
                "seed_": draw_seed(layer.random_state),
                "history_": _history_of(k + 1, history),
            }
            found = layer._from_file(of_layer(k + 1, arrays), {**earlier, **of_layers[k]})
            layers.append(found)
        bottom = layers[0]
        domain = bottom.domain
        if domain is not None:
            domain = Domain(
                domain.minimum, domain.maximum, fitted.get("data_dtype_", domain.dtype)
            )
        kind = type(self).__name__
        n_columns = fitted.get("n_features_in_", bottom.columns.n_features_in_)
        return FittedStack(
            kind, {}, {}, columns_of(kind, n_columns, fitted.get("feature_names_in_")), domain,
            seed, fitted.get("backend_", ""), history, layers=tuple(layers),
            machine=self._machine,
        )  # fmt: skip


def check_not_interrupted(layer: FittedModel) -> None:
    """Stop before the next part of the model if the user has interrupted training.

    Raises
    ------
    KeyboardInterrupt
        If the layer's training was interrupted.
    """
    if layer.history[-1].get("interrupted"):
        raise KeyboardInterrupt(
            "the training of a layer was interrupted, and there is no model without the layers "
            "above it; fit with checkpoint= and resume=True to continue."
        )


def _history_of(k: int, history: list[Record]) -> list[Record]:
    own = [record for record in history if record["layer"] == k]
    return [{name: v for name, v in record.items() if name != "layer"} for record in own]


def _history_of_all(layers: list[FittedModel]) -> list[Record]:
    return [
        {"layer": k, **record}
        for k, layer in enumerate(layers, start=1)
        for record in layer.history
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


def codes_of(layer: FittedModel, rows: Rows, folder: Path) -> Array:
    """Compute codes of all rows, in memory or, where they are large, in a file of `folder`."""
    assert isinstance(layer, FittedCoder)
    shape = (len(rows), layer.n_codes)
    dtype = np.dtype(layer.dtype)
    if np.prod(shape) * dtype.itemsize <= BYTES_IN_MEMORY:
        return layer.apply("encode", rows)
    path = folder / f"codes_{len(list(folder.iterdir()))}.npy"
    codes = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        codes[part] = layer.apply("encode", rows[part])
    return codes
