"""Arguments of functions are written to files."""

import pickle

import numpy as np

import autoenc.theano.tensor as T
from autoenc import theano


def test_a_function_is_compiled_from_the_arguments_in_a_file(tmp_path):
    x, w = T.dvector("x"), theano.shared(2.0)
    x.tag.test_value = np.ones(3)
    path = tmp_path / "arguments.pkl"
    arguments = {"updates": [(w, w + 1)], "mode": "FAST_COMPILE", "name": "doubled"}
    theano.function_dump(str(path), [x], x * w, **arguments)
    with path.open("rb") as file:
        read = pickle.load(file)
    assert not hasattr(read["inputs"][0].tag, "test_value")
    f = theano.function(**read)
    np.testing.assert_array_equal(f([1.0, 2.0]), [2, 4])
    np.testing.assert_array_equal(f([1.0, 2.0]), [3, 6])
    assert f.name == "doubled"
