"""The small handwritten digits of scikit-learn, which need no download.

>>> images, labels = load_digits()
>>> images.shape, labels[:5]
((1797, 64), array([0, 1, 2, 3, 4]))
"""

import numpy as np

from autoenc.datasets.splits import Split


def load_digits() -> Split:
    """Load the 1,797 digits of 8×8 pixels that come with scikit-learn.

    Returns
    -------
    Split
        Images float32 of shape (1797, 64), each pixel a count from 0 to 16 divided by 16;
        labels int64 of shape (1797,), 0 to 9. The order is that of scikit-learn.

    References
    ----------
    E. Alpaydin, C. Kaynak (1998). Optical recognition of handwritten digits. UCI Machine
    Learning Repository. These are the images of its test set.

    Examples
    --------
    >>> float(load_digits().images.max())
    1.0
    """
    from sklearn import datasets

    digits = datasets.load_digits()
    images = digits.data.astype(np.float32, order="C")
    # The quotient is exact, as 16 is a power of two.
    images /= 16
    return Split(images, digits.target.astype(np.int64))
