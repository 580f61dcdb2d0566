"""Deep autoencoders: layers trained alone, then unrolled and trained together."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV

from autoenc import AutoEncoder, DeepAutoEncoder, DenoisingAutoEncoder
from autoenc.estimators import PerceptronClassifier, StackedDenoisingClassifier, base
from autoenc.export import numpy_reader
from autoenc.training import Callback, EpochPatience, Every
from tests import reference

QUIET = {"random_state": 0, "verbose": False}
QUICK = {"n_epochs": 2, "pretraining_epochs": 1, **QUIET}
UNIT = np.random.default_rng(7).uniform(size=(60, 6)).astype("float32")
WIDE = (UNIT * [1, 5, 20, 100, 3, 9] - 4).astype("float32")


def arrays(model):
    return {name: array.tobytes() for name, array in model.model_.all_arrays().items()}


def layers_of(model):
    """The layers as the oracle has them."""
    return [
        reference.DeepLayer(
            layer.W_, layer.hidden_bias_, layer.visible_bias_, None if model.tied else
            layer.W_prime_,
        )
        for layer in model.layers_
    ]  # fmt: skip


# From layers to one network


def test_training_together_starts_from_the_layers_that_were_trained_alone():
    settings = {**QUICK, "optimizer": "sgd", "learning_rate": 1e-9}
    for rows in (UNIT, WIDE):
        for tied in (True, False):
            deep = DeepAutoEncoder((5, 3), tied=tied, **settings).fit(rows)
            for method in ("transform", "reconstruct", "score_samples"):
                found, alone = (getattr(m, method)(rows) for m in (deep, deep.stack_))
                np.testing.assert_allclose(found, alone, rtol=1e-5, atol=1e-5)


def test_training_together_improves_on_the_layers_alone(digits):
    rows = digits.train.images[:1000]
    deep = DeepAutoEncoder((64, 8), n_epochs=10, pretraining_epochs=5, **QUIET).fit(rows)
    others = digits.test.images
    assert deep.score(others) > 1.1 * deep.stack_.score(others)
    costs = [record["cost"] for record in deep.history_]
    assert costs == sorted(costs, reverse=True)
    assert {record["layer"] for record in deep.stack_.history_} == {1, 2}


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("cost", ["cross_entropy", "squared_error"])
def test_a_step_is_that_of_the_oracle(cost, tied):
    activations = ["tanh", "sigmoid"]
    outputs = ["sigmoid" if cost == "cross_entropy" else "linear", "tanh"]
    settings = {
        "cost": cost, "activation": activations, "output": outputs[0], "tied": tied,
        "pretraining_epochs": 0, "optimizer": "sgd", "batch_size": 60, "n_epochs": 1,
        "dtype": "float64", "scale": None, **QUIET,
    }  # fmt: skip
    start = DeepAutoEncoder((4, 2), learning_rate=1e-300, **settings).fit(UNIT)
    found = DeepAutoEncoder((4, 2), learning_rate=0.5, **settings).fit(UNIT)
    x = UNIT.astype("float64")
    how = {"cost": cost, "activations": activations, "outputs": outputs}
    expected = reference.deep_costs(layers_of(start), x, **how).mean()
    assert found.history_[0]["cost"] == pytest.approx(expected, rel=1e-10)
    gradients = reference.deep_gradients(layers_of(start), x, **how)
    for before, gradient, after in zip(layers_of(start), gradients, layers_of(found), strict=True):
        for p, g, new in zip(before, gradient, after, strict=True):
            if p is not None:
                np.testing.assert_allclose(new, p - 0.5 * g, rtol=1e-9, atol=1e-12)


def test_without_epochs_alone_training_starts_from_drawn_weights():
    deep = DeepAutoEncoder((5, 3), **{**QUICK, "pretraining_epochs": 0}).fit(WIDE)
    assert deep.stack_.history_ == []
    W = deep.stack_.layers_[0].W_
    assert np.abs(W).max() <= np.sqrt(6 / (6 + 5))
    assert W.std() > 0.2
    np.testing.assert_allclose(deep.mean_, WIDE.mean(axis=0), rtol=1e-5)


def test_settings_of_layers_can_be_searched_by_their_names():
    deep = DeepAutoEncoder((4, 2), l2=0.1)
    assert deep.set_params(pretraining_learning_rate=0.2, pretraining_epochs=3, l2=0.3) is deep
    assert (deep.layer.learning_rate, deep.pretraining_epochs, deep.l2) == (0.2, 3, 0.3)
    given = DenoisingAutoEncoder(l1=0.5)
    other = DeepAutoEncoder((4, 2), layer=given).set_params(pretraining_rate=0.4)
    assert (other.layer.learning_rate, other.layer.l1) == (0.4, 0.5)
    assert given.learning_rate != 0.4
    softmax = StackedDenoisingClassifier((3,)).set_params(cost="squared_error", n_epochs=2)
    assert (softmax.layer.cost, softmax.n_epochs) == ("squared_error", 2)
    for name in ("pretraining_foo", "pretraining_cost", "foo"):
        with pytest.raises(ValueError, match=f"Invalid parameter '{name}' for estimator Deep"):
            deep.set_params(**{name: 1})
    for name in ("n_hidden", "random_state", "warm_start"):
        with pytest.raises(TypeError, match=f"DeepAutoEncoder has no setting pretraining_{name}"):
            DeepAutoEncoder((4, 2), **{f"pretraining_{name}": 1})
    with pytest.raises(TypeError, match="DeepAutoEncoder has no setting pretraining_foo"):
        DeepAutoEncoder(pretraining_foo=1)
    with pytest.raises(TypeError, match="layer and pretraining_rate were given"):
        DeepAutoEncoder(layer=given, pretraining_rate=0.1)


@pytest.mark.parametrize("init", ["uniform", "gaussian", "principal"])
@pytest.mark.parametrize("pretraining_epochs", [0, 1])
def test_every_start(init, pretraining_epochs):
    settings = {**QUICK, "init": init, "pretraining_epochs": pretraining_epochs}
    deep = DeepAutoEncoder((4, 2), **settings).fit(WIDE)
    assert np.isfinite(deep.reconstruct(WIDE)).all()
    drawn = DeepAutoEncoder((4, 2), **{**settings, "random_state": 1}).fit(WIDE)
    assert not np.array_equal(deep.layers_[1].W_, drawn.layers_[1].W_)


def test_a_loaded_network_has_the_same_parameters(tmp_path):
    deep = DeepAutoEncoder((4, 2), activation=["relu", "softplus"], **QUICK).fit(WIDE)
    deep.save(tmp_path / "deep")
    assert DeepAutoEncoder.load(tmp_path / "deep", verbose=False).get_params() == deep.get_params()


def test_clipped_outputs_keep_within_the_limits_of_columns(tmp_path):
    rows = np.maximum(WIDE, [-3.5, 0, 0, 0, -4, 0]).astype("float32")
    deep = DeepAutoEncoder((5, 2), output="clipped", **{**QUICK, "n_epochs": 9}).fit(rows)
    least, limited = rows.min(axis=0), np.isfinite(deep.lower_)
    assert limited.tolist() == [True, True, True, False, False, True]
    np.testing.assert_allclose(deep.lower_[limited], least[limited], rtol=1e-6)
    assert (deep.reconstruct(rows) >= least - 1e-4)[:, limited].all()
    deep.save(tmp_path / "deep")
    for model in (numpy_reader.load(tmp_path / "deep"), DeepAutoEncoder.load(tmp_path / "deep")):
        np.testing.assert_allclose(model.reconstruct(rows), deep.reconstruct(rows), rtol=1e-3)
    # Where rows pass a limit, there is none.
    deep.partial_fit(rows - 1)
    assert np.isinf(deep.lower_).all()


def test_a_free_decoder_starts_as_the_transpose():
    deep = DeepAutoEncoder(
        (5, 3), tied=False, **{**QUICK, "optimizer": "sgd", "learning_rate": 1e-9}
    ).fit(UNIT)
    for layer in deep.layers_:
        np.testing.assert_allclose(layer.W_prime_, layer.W_.T, atol=1e-6)
    trained = DeepAutoEncoder((5, 3), tied=False, **{**QUICK, "n_epochs": 20}).fit(UNIT)
    assert not np.allclose(trained.layers_[1].W_prime_, trained.layers_[1].W_.T, atol=1e-3)


def test_what_auto_stands_for():
    images, table = (DeepAutoEncoder((5, 4, 3), **QUICK).fit(rows) for rows in (UNIT, WIDE))
    assert images.activation_ == ["sigmoid", "sigmoid", "linear"]
    assert (images.cost_, images.output_) == ("cross_entropy", "sigmoid")
    assert table.activation_ == ["tanh", "tanh", "linear"]
    assert (table.cost_, table.output_) == ("squared_error", "linear")
    # Each decoder has the activation of the codes that it reconstructs.
    assert [layer.model_.choices["output"] for layer in table.layers_] == [
        "linear",
        "tanh",
        "tanh",
    ]
    np.testing.assert_allclose(table.scale_, WIDE.std(axis=0), rtol=1e-4)
    np.testing.assert_array_equal(table.data_min_, WIDE.min(axis=0))


def test_what_is_chosen_is_that_of_all_rows_whatever_is_held_out():
    rows = np.vstack([UNIT, [[2] * 6]])
    for seed in range(5):
        deep = DeepAutoEncoder((4, 2), validation_fraction=0.5, **{**QUICK, "random_state": seed})
        assert deep.fit(rows).cost_ == deep.layers_[0].cost_ == "squared_error"


def test_one_line_says_what_was_chosen(capsys):
    DeepAutoEncoder((4, 2), **{**QUICK, "verbose": True}).fit(WIDE)
    assert capsys.readouterr().err.count("autoenc: ") == 1


# What the shallow one has


@pytest.mark.parametrize(
    "setting", [{"l1": 0.5}, {"l2": 0.5}, {"contraction": 50.0}, {"sparsity": 50.0}], ids=str
)
def test_penalties_are_of_the_whole_network(setting):
    settings = {**QUICK, "n_epochs": 20, "activation": "sigmoid", "learning_rate": 0.02}
    with_it, without = (
        DeepAutoEncoder((5, 3), **settings, **own).fit(UNIT) for own in (setting, {})
    )
    codes = [model.transform(UNIT) for model in (with_it, without)]
    if "sparsity" in setting:
        assert abs(codes[0].mean() - 0.05) < abs(codes[1].mean() - 0.05) / 2
    elif "contraction" in setting:
        assert codes[0].std(axis=0).sum() < codes[1].std(axis=0).sum() / 2
    else:
        for k in range(2):
            assert np.square(with_it.layers_[k].W_).sum() < np.square(without.layers_[k].W_).sum()


@pytest.mark.parametrize(
    "noise", [0.3, ("gaussian", 0.2), ("salt_and_pepper", 0.2), [("gaussian", 0.1), 0.2]], ids=str
)
def test_noise_is_put_on_the_input_of_the_whole_network(noise):
    deep = DeepAutoEncoder((5, 3), corruption=noise, **QUICK).fit(UNIT)
    clean = DeepAutoEncoder((5, 3), **QUICK).fit(UNIT)
    assert arrays(deep.stack_) == arrays(clean.stack_)
    assert arrays(deep) != arrays(clean)


def test_each_layer_may_have_its_own_noise_and_activation():
    levels = [0.0, ("gaussian", 0.2)]
    deep = DeepAutoEncoder(
        (5, 3), pretraining_corruption=levels, activation=["relu", "softplus"], **QUICK
    ).fit(UNIT)
    assert [layer.corruption for layer in deep.stack_.layers_] == levels
    assert [layer.activation for layer in deep.layers_] == ["relu", "softplus"]
    assert (deep.transform(UNIT) > 0).all()


@pytest.mark.parametrize("rows", [UNIT, WIDE], ids=["unit", "wide"])
def test_missing_entries_do_not_count(rows):
    holes = rows.copy()
    holes[::3, 2] = np.nan
    settings = {**QUICK, "missing": "mask", "corruption": ("gaussian", 0.1), "n_epochs": 20}
    deep = DeepAutoEncoder((5, 3), **settings).fit(holes)
    assert np.isfinite(deep.transform(holes)).all()
    assert np.isfinite(deep.score_samples(holes)).all()
    filled = deep.impute(holes)
    np.testing.assert_array_equal(filled[~np.isnan(holes)], holes[~np.isnan(holes)])
    assert np.isfinite(filled).all()
    assert deep.report(holes).missing == pytest.approx(20 / 360)
    # Whatever is missing has no effect on a network of which it is no part.
    entries = deep.model_.entry_errors(holes)
    assert (entries[::3, 2] == 0).all()
    np.testing.assert_allclose(entries.sum(axis=1), deep.score_samples(holes), rtol=1e-4)


def test_missing_entries_may_come_later():
    deep = DeepAutoEncoder((5, 3), **QUICK).fit(WIDE)
    deep.set_params(missing="mask")
    holes = WIDE.copy()
    holes[0, 0] = np.nan
    assert np.isfinite(deep.partial_fit(holes).score_samples(holes)).all()
    assert deep.report(holes).n_rows == 60


def test_weights_are_weights_in_both_parts():
    weights = np.repeat([1.0, 0.0], 30)
    weighted = DeepAutoEncoder((5, 3), **QUICK).fit(WIDE, sample_weight=weights)
    part = DeepAutoEncoder((5, 3), **QUICK).fit(WIDE[:30])
    for found, expected in zip(weighted.layers_, part.layers_, strict=True):
        np.testing.assert_allclose(found.W_, expected.W_, rtol=1e-4, atol=1e-6)


def test_early_stopping_keeps_the_best():
    deep = DeepAutoEncoder(
        (5, 3), early_stopping=EpochPatience(2), validation_fraction=0.3, learning_rate=0.05,
        **{**QUICK, "n_epochs": 200},
    ).fit(WIDE)  # fmt: skip
    assert len(deep.history_) < 200
    assert deep.history_[-1]["stopped_early"]


def test_a_file_is_read_as_rows_in_memory(tmp_path):
    np.save(tmp_path / "rows.npy", WIDE)
    inside = DeepAutoEncoder((5, 3), **QUICK).fit(WIDE)
    outside = DeepAutoEncoder((5, 3), memory="1MB", **QUICK).fit(tmp_path / "rows.npy")
    assert arrays(outside) == arrays(inside)


def test_columns_have_names_and_units():
    frame = pd.DataFrame(WIDE.astype("float64") + 1e7, columns=list("abcdef"))
    deep = DeepAutoEncoder((5, 3), **{**QUICK, "n_epochs": 60}).fit(frame)
    deep.set_output(transform="pandas")
    assert list(deep.reconstruct(frame).columns) == list("abcdef")
    assert list(deep.transform(frame).columns) == [f"deepautoencoder{k}" for k in range(3)]
    assert deep.report(frame).columns == list("abcdef")
    np.testing.assert_allclose(deep.mean_, frame.mean(), rtol=1e-6)
    errors = np.square(deep.reconstruct(frame).to_numpy() - frame.to_numpy())
    assert (errors.mean(axis=0) < frame.var().to_numpy()).all()
    with pytest.raises(ValueError, match="feature names"):
        deep.transform(frame[list("fedcba")])


def test_functions_are_kept_by_name_and_given_again(tmp_path):
    def halved(a):
        return a / 2

    settings = {"activation": ["tanh", halved], "cost": "squared_error", "output": halved}
    for pretraining_epochs in (0, 1):
        own = {**QUICK, **settings, "pretraining_epochs": pretraining_epochs}
        deep = DeepAutoEncoder((5, 3), **own).fit(UNIT)
        deep.save(tmp_path / "deep")
        with pytest.raises(ValueError, match="was saved with activation given as the function"):
            DeepAutoEncoder.load(tmp_path / "deep")
        own = {"activation": ["tanh", halved], "output": halved}
        again = DeepAutoEncoder.load(tmp_path / "deep", **own)
        np.testing.assert_array_equal(again.reconstruct(UNIT), deep.reconstruct(UNIT))
        assert again.activation_ == ["tanh", halved]


def test_an_output_that_is_a_function_is_given_again(tmp_path):
    def squashed(a):
        return 0.5 + 0.4 * a / (1 + abs(a))

    for model in (AutoEncoder(3, output=squashed, n_epochs=1, **QUIET),):
        model.fit(UNIT).save(tmp_path / "model")
        again = type(model).load(tmp_path / "model", output=squashed)
        np.testing.assert_array_equal(again.reconstruct(UNIT), model.reconstruct(UNIT))


def test_functions_of_drawn_layers_are_tried():
    def upcast(a):
        return a.astype("float64")

    with pytest.raises(ValueError, match="activation returns float64 for float32"):
        DeepAutoEncoder(
            (5, 3), activation=["tanh", upcast], **{**QUICK, "pretraining_epochs": 0}
        ).fit(UNIT)


def test_pictures(digits, tmp_path):
    rows = digits.train.images[:100]
    deep = DeepAutoEncoder((16, 4), **QUICK).fit(rows)
    deep.plot_filters(tmp_path / "filters.png")
    deep.plot_reconstructions(rows[:5], tmp_path / "rebuilt.png")
    deep.plot_loss(tmp_path / "loss.png")
    assert len(list(tmp_path.iterdir())) == 3


def test_the_report_shows_the_training_of_all_layers():
    deep = DeepAutoEncoder((5, 3), **QUICK).fit(UNIT)
    text = str(deep.report(UNIT))
    assert "all layers together: 2 epochs in" in text
    assert re.search(r"^layer 2: 3, of which", text, re.MULTILINE)
    assert deep.report(UNIT).to_dict()["history"]["n_epochs"] == 2


def test_a_search_reaches_the_layers():
    deep = DeepAutoEncoder((5, 2), layer=DenoisingAutoEncoder(n_epochs=1), n_epochs=1, **QUIET)
    grid = {"layer__l2": [0.0, 0.1], "hidden_sizes": [(4, 2), (3,)]}
    search = GridSearchCV(deep, grid, cv=2).fit(WIDE)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_wide_row_after_training_widens_the_domain():
    deep = DeepAutoEncoder((5, 2), **QUICK).fit(WIDE)
    deep.partial_fit(3 * WIDE)
    both = np.vstack([WIDE, 3 * WIDE])
    np.testing.assert_array_equal(deep.data_max_, both.max(axis=0))
    # Neither rows nor codes are far from those that were trained on.
    assert deep.report(3 * WIDE).n_rows == 60


# Rates


def test_the_rate_of_gradient_descent_is_stable_and_not_timid():
    settings = {**QUICK, "optimizer": "sgd", "batch_size": 60, "n_epochs": 100}
    own = DeepAutoEncoder((5, 2), **settings).fit(WIDE)
    costs = [record["cost"] for record in own.history_]
    assert costs == sorted(costs, reverse=True)
    assert own.learning_rate_ > 0.05
    assert not any("halved" in record for record in own.history_)


def test_the_rate_is_that_of_one_layer_where_there_is_one():
    one = AutoEncoder(3, activation="tanh", init="glorot", batch_size=60, n_epochs=1, **QUIET)
    settings = {**QUICK, "pretraining_epochs": 0, "batch_size": 60}
    deep = DeepAutoEncoder((3,), activation="tanh", optimizer="sgd", **settings)
    assert 0.5 < deep.fit(WIDE).learning_rate_ / one.fit(WIDE).learning_rate_ < 4


# Interrupted


class PowerCutError(Exception):
    """The process ends."""


class Stop(Callback):
    """Ends the process after so many epochs, of whatever part of the model."""

    def __init__(self, epochs):
        self.left = epochs

    def epoch_end(self, training):
        self.left -= 1
        if self.left == 0:
            raise PowerCutError


@pytest.mark.parametrize("epochs", range(1, 8))
def test_a_fit_that_ends_anywhere_is_resumed_to_the_same_bytes(epochs, tmp_path, monkeypatch):
    def deep():
        return DeepAutoEncoder((5, 3), pretraining_epochs=2, n_epochs=3, corruption=0.2, **QUIET)

    whole, stop, train = deep().fit(WIDE), Stop(epochs), base.train

    def stopped(*arguments, callbacks, **options):
        return train(*arguments, callbacks=[*callbacks, stop], **options)

    path = tmp_path / "run.ckpt"
    with monkeypatch.context() as patch:
        patch.setattr(base, "train", stopped)
        with pytest.raises(PowerCutError):
            deep().fit(WIDE, checkpoint=path, every=Every(blocks=1))
    again = deep().fit(WIDE, checkpoint=path, resume=True)
    assert arrays(again) == arrays(whole)
    assert [r["cost"] for r in again.history_] == [r["cost"] for r in whole.history_]
    names = {file.name for file in tmp_path.iterdir()}
    assert names == {"run.ckpt", "run.layer_1.ckpt", "run.layer_2.ckpt"}


def test_a_refused_fit_leaves_the_model(tmp_path):
    deep = DeepAutoEncoder((5, 3), **QUICK).fit(WIDE)
    before = arrays(deep)
    with pytest.raises(ValueError, match="NaN"):
        deep.fit(np.full((9, 6), np.nan))
    assert arrays(deep) == before
    deep.set_params(warm_start=True, hidden_sizes=(4, 3))
    with pytest.raises(ValueError, match=re.escape("hidden_sizes=(5, 3), but hidden_sizes is")):
        deep.fit(WIDE)
    deep.set_params(hidden_sizes=[5, 3], tied=False)
    with pytest.raises(ValueError, match="fitted with tied=True"):
        deep.partial_fit(WIDE)
    assert arrays(deep) == before


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_sizes": 64}, "hidden_sizes is 64; expected the number of units of each layer"),
        ({"hidden_sizes": ()}, "hidden_sizes is (); expected the number of units of each layer"),
        ({"hidden_sizes": (5, 0)}, "hidden_sizes has 0 in (5, 0); expected an integer of at"),
        ({"hidden_sizes": (5, 2.5)}, "hidden_sizes has 2.5 in (5, 2.5); expected an integer"),
        ({"activation": ["tanh"]}, "activation has 1 values, but hidden_sizes has 2"),
        ({"pretraining_corruption": [0.1] * 3}, "pretraining_corruption has 3 values"),
        ({"pretraining_epochs": -1}, "pretraining_epochs is -1; expected an integer of at least"),
        ({"pretraining_epochs": 0.5}, "pretraining_epochs is 0.5; expected an integer"),
        ({"n_epochs": 0}, "n_epochs is 0; expected an integer of at least 1"),
        ({"layer": 3}, "layer is 3; expected a DenoisingAutoEncoder"),
        ({"cost": "cross_entropy", "output": "tanh"}, "output is 'tanh', but cost"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant(settings, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        DeepAutoEncoder(**{"hidden_sizes": (5, 3), **QUICK, **settings}).fit(UNIT)


def test_settings_of_the_network_are_no_settings_of_its_layers():
    with pytest.raises(TypeError, match="has no setting pretraining_activation"):
        DeepAutoEncoder((5, 3), pretraining_activation="tanh")
    with pytest.raises(TypeError, match="has no setting units"):
        DeepAutoEncoder((5, 3), units=3)
    with pytest.raises(TypeError, match="layer and pretraining_batch_size were given"):
        DeepAutoEncoder((5, 3), layer=DenoisingAutoEncoder(), pretraining_batch_size=3)


@pytest.mark.parametrize("sizes", [[64, 8], (64, 8), np.array([64, 8])], ids=str)
@pytest.mark.parametrize("cls", [AutoEncoder, DenoisingAutoEncoder, PerceptronClassifier])
def test_one_layer_of_several_sizes_says_where_to_go(cls, sizes):
    with pytest.raises(ValueError, match=re.escape("DeepAutoEncoder(hidden_sizes=(64, 8))")):
        cls(sizes, verbose=False).fit(UNIT, np.arange(60) % 2)


def test_the_reader_without_autoenc_computes_the_same(tmp_path):
    holes = WIDE.copy()
    holes[::5, 1] = np.nan
    for tied in (True, False):
        deep = DeepAutoEncoder((5, 3), tied=tied, missing="mask", **QUICK).fit(holes)
        deep.save(tmp_path / "deep")
        reader = numpy_reader.load(tmp_path / "deep")
        for method in ("transform", "reconstruct", "score_samples"):
            found, expected = (getattr(m, method)(holes) for m in (reader, deep))
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
