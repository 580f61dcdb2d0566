"""Stacks of denoising autoencoders: pre-trained greedily, then fine-tuned."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, final

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from autoenc.estimators.base import ROWS_AT_A_TIME, Array, GraphEstimator
from autoenc.estimators.classifying import ClassifierBase
from autoenc.estimators.denoising import DenoisingAutoEncoder
from autoenc.training import EarlyStopping, Record

# Codes of a layer that take more than this are kept in a file, mapped into memory.
BYTES_IN_MEMORY = 1 << 30


@final
class StackedDenoisingAutoEncoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, GraphEstimator
):
    """Denoising autoencoders on top of each other, each trained on the codes below.

    Layers are trained greedily, from the input upwards. The codes that a layer learns
    from are computed once, and kept in a file if they are large.

    Parameters
    ----------
    hidden_sizes : sequence of int
        Units of each layer, from the input upwards.
    corruption : float or sequence of float
        Of each layer, or of all of them.
    activation, tied, learning_rate, momentum, batch_size, n_epochs, shuffle, random_state, \
backend, device, dtype, verbose
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

    _fitted_names: ClassVar[tuple[str, ...]] = ("n_features_in_", "seed_", "history_", "backend_")

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        corruption: float | Sequence[float] = 0.3,
        activation: Any = "sigmoid",
        tied: bool = True,
        learning_rate: float = 0.1,
        momentum: float = 0.0,
        batch_size: int = 20,
        n_epochs: int = 15,
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
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn a layer at a time.

        Parameters
        ----------
        X : array-like, (rows, columns)
            Numbers in [0, 1].
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If data or a setting does not fit; says what was found and what to do.
        """
        levels = per_layer("corruption", self.corruption, self.hidden_sizes)
        rows = self._checked(X, unit_interval=True, reset=True)
        self._start()
        self.layers_: list[DenoisingAutoEncoder] = []
        self.history_: list[Record] = []
        with tempfile.TemporaryDirectory() as folder:
            for k, (n_hidden, level) in enumerate(zip(self.hidden_sizes, levels, strict=True)):
                if k:
                    rows = codes_of(self.layers_[-1], rows, Path(folder))
                layer = self._new_layer(n_hidden, level, self.seed_ + k).fit(rows)
                self.layers_.append(layer)
                self.history_ += [{"layer": k + 1, **record} for record in layer.history_]
        return self

    def transform(self, X: Any) -> Array:
        """Codes of the highest layer.

        Parameters
        ----------
        X : array-like, (rows, n_features_in_)

        Returns
        -------
        array, (rows, hidden_sizes[-1])
        """
        check_is_fitted(self)
        values = self._checked(X, unit_interval=True)
        for layer in self.layers_:
            values = layer.transform(values)
        return values

    def inverse_transform(self, codes: Any) -> Array:
        """Reconstructions from codes of the highest layer.

        Parameters
        ----------
        codes : array-like, (rows, hidden_sizes[-1])

        Returns
        -------
        array, (rows, n_features_in_)
        """
        check_is_fitted(self)
        for layer in reversed(self.layers_):
            codes = layer.inverse_transform(codes)
        return np.asarray(codes)

    def reconstruct(self, X: Any) -> Array:
        """Reconstructions of X through all layers, up and down again."""
        return self.inverse_transform(self.transform(X))

    def __sklearn_is_fitted__(self) -> bool:
        """Whether there are layers."""
        return bool(getattr(self, "layers_", None))

    @property
    def _n_features_out(self) -> int:
        return self.layers_[-1]._n_features_out

    def _new_layer(self, n_hidden: int, corruption: float, seed: int) -> DenoisingAutoEncoder:
        return DenoisingAutoEncoder(
            n_hidden,
            corruption=corruption,
            activation=self.activation,
            tied=self.tied,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            batch_size=self.batch_size,
            n_epochs=self.n_epochs,
            shuffle=self.shuffle,
            random_state=seed,
            backend=self.backend,
            device=self.device,
            dtype=self.dtype,
            verbose=self.verbose,
        )

    def _history_of(self, k: int) -> list[Record]:
        own = [record for record in self.history_ if record["layer"] == k]
        return [{name: v for name, v in record.items() if name != "layer"} for record in own]

    def _arrays(self) -> dict[str, Array]:
        return {
            f"layer_{k}.{name}": array
            for k, layer in enumerate(self.layers_, start=1)
            for name, array in layer._arrays().items()
        }

    def _set_arrays(self, arrays: dict[str, Array]) -> None:
        self.layers_ = []
        levels = per_layer("corruption", self.corruption, self.hidden_sizes)
        for k, (n_hidden, level) in enumerate(zip(self.hidden_sizes, levels, strict=True), 1):
            layer = self._new_layer(n_hidden, level, self.seed_ + k - 1)
            prefix = f"layer_{k}."
            own = {n.removeprefix(prefix): a for n, a in arrays.items() if n.startswith(prefix)}
            layer.n_features_in_ = own["W"].shape[0]
            layer._set_arrays(own)
            layer.history_ = self._history_of(k)
            self.layers_.append(layer)


@final
class StackedDenoisingClassifier(ClassifierBase):
    """A stack of denoising autoencoders, fine-tuned under a softmax layer.

    The weights that the stack has learned without labels are where the network starts
    from.

    Parameters
    ----------
    hidden_sizes, corruption, activation
        Of the stack; see `StackedDenoisingAutoEncoder`.
    pretraining_rate, pretraining_momentum, pretraining_epochs, pretraining_batch_size
        How each layer of the stack is trained.
    dropout : float or sequence of float
        Fine-tuning: probability that a value of the input, and of each hidden layer, is set
        to zero.
    l1, l2, learning_rate, learning_rate_decay, momentum, early_stopping, batch_size, n_epochs, \
shuffle, random_state, backend, device, dtype, verbose
        Of fine-tuning; see `SoftmaxClassifier`.

    Attributes
    ----------
    stack_ : StackedDenoisingAutoEncoder
        As it was before fine-tuning; not in model files.
    weights_, biases_ : lists of array
        Of all layers, the softmax last, fine-tuned.
    classes_, history_
        As for `SoftmaxClassifier`.

    References
    ----------
    P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol (2010). Stacked
    denoising autoencoders. JMLR 11.

    Examples
    --------
    >>> from autoenc import load_mnist
    >>> from autoenc.estimators import StackedDenoisingClassifier
    >>> train, _, test = load_mnist(sample=True)
    >>> model = StackedDenoisingClassifier(
    ...     (60, 30), pretraining_epochs=1, n_epochs=8, random_state=0, verbose=False)
    >>> model.fit(train.images, train.labels).score(test.images, test.labels) > 0.8
    True
    """

    def __init__(
        self,
        hidden_sizes: Sequence[int] = (500, 250),
        *,
        corruption: float | Sequence[float] = 0.3,
        activation: Any = "sigmoid",
        pretraining_rate: float = 0.1,
        pretraining_momentum: float = 0.0,
        pretraining_epochs: int = 15,
        pretraining_batch_size: int = 20,
        dropout: float | Sequence[float] = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        learning_rate: float = 0.1,
        learning_rate_decay: float = 1.0,
        momentum: float = 0.0,
        early_stopping: EarlyStopping | None = None,
        batch_size: int = 20,
        n_epochs: int = 30,
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
        self.pretraining_rate = pretraining_rate
        self.pretraining_momentum = pretraining_momentum
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_batch_size = pretraining_batch_size
        self.dropout = dropout
        self.l1 = l1
        self.l2 = l2
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.batch_size = batch_size
        self.n_epochs = n_epochs
        self.shuffle = shuffle
        self.random_state = random_state
        self.backend = backend
        self.device = device
        self.dtype = dtype
        self.verbose = verbose

    def _initial_hidden(self, X: Array, rng: np.random.Generator) -> list[tuple[Array, Array]]:
        self.stack_ = StackedDenoisingAutoEncoder(
            self.hidden_sizes,
            corruption=self.corruption,
            activation=self.activation,
            learning_rate=self.pretraining_rate,
            momentum=self.pretraining_momentum,
            batch_size=self.pretraining_batch_size,
            n_epochs=self.pretraining_epochs,
            shuffle=self.shuffle,
            random_state=self.seed_,
            backend=self.backend,
            device=self.device,
            dtype=self.dtype,
            verbose=self.verbose,
        ).fit(X)
        return [(layer.W_, layer.hidden_bias_) for layer in self.stack_.layers_]


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


def codes_of(layer: DenoisingAutoEncoder, rows: Array, folder: Path) -> Array:
    """Codes of all rows, in memory or, where they are large, in a file of `folder`."""
    shape = (len(rows), layer._n_features_out)
    if np.prod(shape) * layer.W_.itemsize <= BYTES_IN_MEMORY:
        return layer.transform(rows)
    path = folder / f"codes_{len(list(folder.iterdir()))}.npy"
    codes = np.lib.format.open_memmap(path, mode="w+", dtype=layer.W_.dtype, shape=shape)
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        part = slice(first, first + ROWS_AT_A_TIME)
        codes[part] = layer.transform(rows[part])
    return codes
