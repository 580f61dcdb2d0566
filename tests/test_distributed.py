"""Rank and number of processes, from the environment variables of launchers."""

import pytest

from autoenc.distributed import Place, initialize, read_place

TORCHRUN = {
    "MASTER_ADDR": "node1", "MASTER_PORT": "29500", "RANK": "3", "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({}, Place()),
        ({"RANK": "1"}, Place()),
        (TORCHRUN, Place("node1:29500", 4, 3, 1)),
        (TORCHRUN | {"MASTER_ADDR": "fd00::1"}, Place("[fd00::1]:29500", 4, 3, 1)),
        (TORCHRUN | {"MASTER_ADDR": "[fd00::1]"}, Place("[fd00::1]:29500", 4, 3, 1)),
        # torchrun listens at its port itself.
        (TORCHRUN | {"TORCHELASTIC_RUN_ID": "none"}, Place("node1:29501", 4, 3, 1)),
        (
            {
                "MASTER_ADDR": "node1", "MASTER_PORT": "1234", "OMPI_COMM_WORLD_RANK": "1",
                "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "0",
            },
            Place("node1:1234", 2, 1, 0),
        ),
        (
            {
                "MASTER_ADDR": "node1", "MASTER_PORT": "1234", "SLURM_PROCID": "1",
                "SLURM_NTASKS": "2", "SLURM_LOCALID": "1",
            },
            Place("node1:1234", 2, 1, 1),
        ),
        (  # an indexed job of Kubernetes, with an address of its service
            {
                "MASTER_ADDR": "train-0.train", "MASTER_PORT": "1234", "WORLD_SIZE": "2",
                "JOB_COMPLETION_INDEX": "1",
            },
            Place("train-0.train:1234", 2, 1),
        ),
    ],
)  # fmt: skip
def test_variables_of_launchers(variables, place):
    assert read_place(variables) == place


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"MASTER_ADDR": "a", "MASTER_PORT": "1"}, "but not RANK and WORLD_SIZE"),
        (TORCHRUN | {"RANK": "first"}, "RANK is 'first'; expected a number"),
        (TORCHRUN | {"MASTER_PORT": ""}, "MASTER_PORT is ''; expected a number"),
    ],
)
def test_variables_that_cannot_be_read(variables, message):
    with pytest.raises(ValueError, match=message):
        read_place(variables)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("node1", 2, 0), "coordinator is 'node1'; expected an address and a port"),
        (("1234", 2, 0), "coordinator is '1234'; expected an address and a port"),
        (("node1:1", 2, "1"), "process is '1'; expected an integer"),
        (("node1:1", 2.5, 0), r"n_processes is 2\.5; expected an integer"),
        (("node1:1", 2, 2), "process is 2, n_processes 2; expected a number from 0 to 1"),
    ],
)
def test_arguments_that_are_not_valid(arguments, message):
    with pytest.raises(ValueError, match=message):
        initialize(*arguments)
