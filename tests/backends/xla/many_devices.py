"""Train on 1, 2, 4 and 8 devices, into which the CPU is divided; print the results as JSON.

It is a program because XLA divides the CPU when it starts.
"""

import json
import os
import re
import sys

DEVICES = (1, 2, 4, 8)
# Each noise with batches of 50, which the devices do not divide; masking also with 1 and 20 rows.
WORKS = (
    *((noise, 50) for noise in ("none", "masking", "salt_and_pepper", "gaussian")),
    ("masking", 1),
    ("masking", 20),
)
N_VISIBLE, N_HIDDEN = 30, 12
# The last has devices that do not divide the units.
GRIDS = (1, "1x2", "2x2", "1x4", "2x4", "1x8")
GRID_WORKS = (("masking", 20), ("none", 50))


def main():
    # The rest of the flags makes XLA compile faster; costs are compared to 1e-6.
    flags = (os.environ.get("XLA_FLAGS", ""), "--xla_force_host_platform_device_count=8")
    os.environ["XLA_FLAGS"] = " ".join(flags).strip()
    found = {
        "costs": {
            f"{noise} {batch}": [costs(noise, batch, devices) for devices in DEVICES]
            for noise, batch in WORKS
        },
        "grids": {
            grid: [costs(noise, batch, grid, rule="adam") for noise, batch in GRID_WORKS]
            for grid in GRIDS
        },
        "estimator": [weights(devices) for devices in (1, "2x2")],
        "exchanged by a grid": sorted(collectives(20, "2x2")),
        "streamed": costs("masking", 20, 4, device_bytes=3_000),
        "momentum": [costs("masking", 20, devices, rule="adam") for devices in (1, 8)],
        "untied": [costs("masking", 20, devices, tied=False) for devices in (1, 8)],
        "collectives": collectives(20) + collectives(50),
        "collectives of parts": collectives(20, parts=True) + collectives(50, parts=True),
        "refused": refused(),
        "description": description(),
    }
    json.dump(found, sys.stdout)


def pieces(noise="masking", rule="sgd", tied=True):
    import numpy as np
    import pytensor.tensor as pt

    from autoenc import graph

    layer = graph.AutoEncoderLayer(N_VISIBLE, N_HIDDEN, rng=np.random.default_rng(1), tied=tied)
    x = pt.matrix("x")
    corrupted = None if noise == "none" else getattr(graph, noise)(x, 0.3, 1)
    cost = layer.cross_entropy(x, corrupted).mean()
    rate = 0.1 if rule == "sgd" else 0.001
    return x, cost, getattr(graph, rule)(cost, layer.params, rate)


def rows(n):
    import numpy as np

    return np.random.default_rng(0).uniform(size=(n, N_VISIBLE)).astype("float32")


def costs(noise, batch, devices, *, rule="sgd", tied=True, **settings):
    from autoenc import train

    x, cost, updates = pieces(noise, rule, tied)
    history = train(
        cost, updates, inputs=[x], data=rows(60 if batch == 1 else 311), batch_size=batch,
        n_epochs=3, backend="xla", device="cpu", devices=devices, progress=False, **settings,
    )  # fmt: skip
    return [record["cost"] for record in history]


def weights(devices):
    from autoenc import DenoisingAutoEncoder

    model = DenoisingAutoEncoder(
        N_HIDDEN, n_epochs=2, random_state=0, backend="xla", device="cpu", devices=devices,
        optimizer="adam", verbose=False,
    ).fit(rows(100))  # fmt: skip
    return model.partial_fit(rows(100)).W_.tolist()


def collectives(batch, devices="all", parts=False):
    """Return what devices exchange within a step: operation and bytes.

    With `parts`, each has its share of the minibatches; otherwise all of the rows.
    """
    import numpy as np

    from autoenc.backends import make_step, resolve_backend
    from autoenc.backends.interface import block_generators
    from autoenc.backends.xla.compiling import jax_precision
    from autoenc.backends.xla.xla_backend import _key

    x, cost, updates = pieces()
    backend = resolve_backend("xla", "cpu", devices)
    runner = backend.compile(make_step(cost, updates, [x]))
    keys = [_key(generator) for generator in block_generators([0], runner._n_generators)]
    if parts:
        owners = np.zeros(10 * batch, int)
        data = backend.put_parts([rows(10 * batch)], owners, batch).minibatches
        of_block = np.arange(10, dtype="int32"), batch
    else:
        data = [backend.put(rows(10 * batch))]
        of_block = np.arange(10 * batch, dtype="int32").reshape(10, batch), None
    with jax_precision("float32"):
        arrays = runner._state.fresh(), keys, runner._constants.fresh(), data, *of_block
        program = runner._block.lower(*arrays).compile().as_text()
    operations = "all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute"
    lines = re.findall(rf"= (.*?) ({operations})(?:-start)?\(", program)
    return [
        [operation, sum(map(n_bytes, re.findall(r"f32\[([\d,]*)\]", of)))]
        for of, operation in lines
    ]


def n_bytes(shape):
    n = 4
    for size in filter(None, shape.split(",")):
        n *= int(size)
    return n


def refused():
    from autoenc.backends import resolve_backend

    messages = []
    for arguments in [
        ("xla", "cpu", 9), ("xla", "cpu", 0), ("xla", "cpu", "many"), ("c", "cpu", 2),
        ("xla", "cpu", "4x4"),
    ]:  # fmt: skip
        try:
            resolve_backend(*arguments)
        except (ValueError, RuntimeError) as error:
            messages.append(f"{type(error).__name__}: {error}")
    return messages


def description():
    from autoenc.backends import resolve_backend

    return resolve_backend("auto", "cpu", 4).description


if __name__ == "__main__":
    main()
