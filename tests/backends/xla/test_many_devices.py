"""Devices share the rows of every minibatch, with the results of one device up to rounding."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.backends.xla.many_devices import DEVICES, N_HIDDEN, N_VISIBLE, WORKS

PARAMETERS = N_VISIBLE * N_HIDDEN + N_HIDDEN + N_VISIBLE


@pytest.fixture(scope="module")
def found():
    program = [sys.executable, "-m", "tests.backends.xla.many_devices"]
    environment = {**os.environ, "AUTOENC_BACKEND": "auto"}
    run = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize(("noise", "batch"), WORKS)
def test_costs_do_not_depend_on_the_number_of_devices(found, noise, batch):
    """Also of batches that the devices do not divide: 50, 1, 20, and the rest of 311 rows."""
    one, *others = found["costs"][f"{noise} {batch}"]
    assert len(others) == len(DEVICES) - 1
    for costs in others:
        np.testing.assert_allclose(costs, one, rtol=1e-6)


@pytest.mark.parametrize("what", ["momentum", "untied"])
def test_other_rules_and_weights(found, what):
    np.testing.assert_allclose(*found[what], rtol=1e-6)


def test_devices_that_share_the_units_too(found):
    one, *others = (np.array(costs) for costs in found["grids"].values())
    assert len(others) == 5
    for costs in others:
        np.testing.assert_allclose(costs, one, rtol=1e-6)


def test_an_estimator_whose_units_are_shared_trains_on(found):
    np.testing.assert_allclose(*found["estimator"], rtol=1e-4, atol=1e-6)


def test_a_grid_exchanges_halves_of_the_gradient_and_sums_over_units(found):
    sums = 4 * 10 * N_VISIBLE  # of the 10 rows that two of the four devices share
    halves = 4 * ((N_VISIBLE + 1) * N_HIDDEN // 2 + N_VISIBLE + 1)
    assert found["exchanged by a grid"] == [
        ["all-gather", 4 * N_HIDDEN],  # the hidden bias
        ["all-reduce", 0],  # whether all is finite, once a block
        ["all-reduce", halves],
        ["all-reduce", sums],
    ]


def test_blocks_that_are_moved_when_their_turn_comes(found):
    np.testing.assert_allclose(found["streamed"], found["costs"]["masking 20"][0], rtol=1e-6)


@pytest.mark.parametrize("data", ["collectives", "collectives of parts"])
def test_a_step_has_one_exchange_of_each_parameter_and_the_cost(found, data):
    """The tied weight's two products are summed as one.

    Also where devices have shares of minibatches that they do not divide.
    """
    assert found[data] == [["all-reduce", 4 * (PARAMETERS + 1)]] * 2


def test_what_cannot_be_had_is_refused(found):
    messages = [
        "BackendError: 9 devices were requested, but JAX finds 8 of cpu; set XLA_FLAGS",
        "ValueError: devices is 0; expected 'all', an integer of at least 1, or a grid such as",
        "ValueError: devices is 'many'; expected 'all', an integer of at least 1, or a grid",
        "ValueError: devices is 2, but backend 'c' has only one; use backend='xla'",
        "BackendError: 16 devices were requested, but JAX finds 8 of cpu",
    ]
    for message, expected in zip(found["refused"], messages, strict=True):
        assert message.startswith(expected)


def test_the_description_has_their_number(found):
    assert found["description"].startswith("XLA on 4 devices of the CPU (JAX ")
