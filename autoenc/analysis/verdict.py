"""Evaluation of a model in a sentence."""

from __future__ import annotations

from autoenc.analysis.yardsticks import Yardsticks
from autoenc.tables.text import counted


def verdict(found: Yardsticks) -> str:
    """Compare the squared error of a model with that of the mean row and of PCA.

    PCA is omitted if it was not fitted on the rows that the model was fitted on, or if it has as
    many components as there are columns, so that its error is 0.

    Parameters
    ----------
    found : Yardsticks

    Returns
    -------
    str

    Examples
    --------
    >>> from autoenc.analysis.yardsticks import Errors
    >>> model, mean, pca, untrained = (Errors(e, e) for e in (0.02, 0.08, 0.01, 0.3))
    >>> verdict(Yardsticks("squared_error", 10, 3, model, mean, pca, untrained, is_fair=True))
    'The squared error is 75 % below that of the mean row, and 2.0 times that of PCA ...'
    """
    own, mean, pca = (found.squared(errors) for errors in (found.model, found.mean, found.pca))
    text = f"The squared error is {_compared(own, mean)} that of the mean row"
    if found.is_fair and found.n_components < found.n_columns:
        text += (
            f", and {_compared(own, pca)} that of PCA with "
            f"{counted(found.n_components, 'component')}"
        )
    return text + "."


def _compared(own: float, other: float) -> str:
    """Return "12 % below", "as large as" or "2.0 times", after which "that of" follows."""
    if other <= 0:
        return "above" if own > 0 else "as large as"
    ratio = own / other
    if ratio >= 1.1:
        return f"{ratio:.1f} times"
    difference = round(100 * (ratio - 1))
    if difference == 0:
        return "as large as"
    return f"{abs(difference)} % {'below' if difference < 0 else 'above'}"
