"""Choice of the engine from the mode of the call, the settings and the machine."""

from __future__ import annotations

import functools
import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytensor
from pytensor.compile.mode import Mode, get_mode
from pytensor.link.basic import PerformLinker
from pytensor.link.vm import VMLinker

from autoenc.backends import Backend, resolve_backend
from autoenc.backends.c.c_backend import CBackend
from autoenc.theano.engines.base import Engine
from autoenc.theano.engines.c import ModeEngine
from autoenc.theano.engines.inlining import with_inlining
from autoenc.theano.flags import config
from autoenc.theano.flags.devices import asks_for_xla, cuda_is_asked_for
from autoenc.theano.ops import allocated, row_classes, row_softmax

if TYPE_CHECKING:
    from autoenc.theano.engines.xla import XlaEngine

logger = logging.getLogger("theano")

# Names of the mode that ``config.linker`` and ``config.optimizer`` define.
_CONFIGURED = {"", "MODE"}
# Names of Theano's modes for the fastest code.
_FASTEST = {*_CONFIGURED, "FAST_RUN", "FAST_RUN_NOGC", "PROFILE_MODE", "PROFILEMODE", "C", "CVM"}
_XLA = {"JAX", "XLA"}
# Tags of the modes whose rewrites, in Theano, made a cross-entropy of the logarithm of a softmax.
_CHECKING = {"fast_run", "fast_compile"}
# Values of config.optimizer that enable all rewrites.
_FULL = {"o4", "fast_run"}
_STABLE = {"STABILIZE": "FAST_RUN"}
# Rewrites that remove operations which fail if arrays have wrong shapes. They speed up FAST_RUN.
# Others hide that 0 * x, x - x and x / x can be nan. Theano's FAST_COMPILE had none of them.
_ONLY_IN_FAST_RUN = (
    "local_second_sink", "local_useless_alloc", "local_read_of_write_same_indices",
    "local_slice_read_of_write", "local_mul_zero", "local_zero_div", "local_mul_canonizer",
    "local_add_canonizer", "local_pow_canonicalize", "local_greedy_distributor",
    "local_mul_switch_sink", "local_div_switch_sink", "softmax_in_product",
)  # fmt: skip
# Rewrites that Theano did not have, and that change results which overflow or underflow:
# log(exp(x)) is x, sqrt(x ** 2) is |x|, and log(1 / x) is -log(x). Others lose errors: those of
# wrong shapes and indices, or of a singular matrix, whose inverse becomes a system of equations.
_NOT_IN_THEANO = (
    "local_exp_log", "local_sqrt_sqr", "local_log_div", "local_0_dot_x", "inv_to_solve",
    "local_subtensor_SpecifyShape_lift", "local_advanced_read_of_write_constant_indices",
    "local_subtensor_of_join", "local_subtensor_of_reduce", "local_join_of_alloc",
)  # fmt: skip


def engine_for(mode: Any = None) -> Engine:
    """Return the engine for a mode.

    Parameters
    ----------
    mode : str or Mode, optional
        Mode passed to ``theano.function``; by default ``theano.config.mode``.

    Raises
    ------
    ValueError
        If the mode does not exist.
    """
    if mode is None:
        return _with_tags(engine_for(config.mode))
    if isinstance(mode, str):
        return _named(mode.upper())
    return _of_mode(mode)


def default_mode() -> Mode:
    """Return the mode in which functions are compiled by default."""
    engine = engine_for()
    mode: Mode = getattr(engine, "mode", None) or get_mode("CVM")
    return mode


@contextmanager
def compiling(mode: Any = None) -> Iterator[Mode]:
    """Yield PyTensor's mode for a mode of Theano, with the flags that compiling in it needs.

    Modes that run on XLA are replaced by C, or by Python if there is no C compiler.
    """
    engine = engine_for(mode)
    if not isinstance(engine, ModeEngine):
        engine = _c_or_python()
    with engine.flags():
        yield engine.mode


def _named(name: str) -> Engine:
    if name in _CONFIGURED and config.linker == "py":
        return _of_mode(Mode("py", _optimizer()).excluding(*_NOT_IN_THEANO))
    if name in _XLA or (name in _FASTEST and default_backend() == "xla"):
        return _xla()
    if name in _FASTEST:
        return _as_configured(_c()) if name in _CONFIGURED else _c()
    if name == "FAST_COMPILE":
        return _of_mode(_fast_compile())
    mode = get_mode(_STABLE.get(name, name))
    # Others that are not named may have settings that a copy would lose.
    return _of_mode(mode if type(mode) is Mode else mode.register(row_classes.REWRITE))


def _fast_compile() -> Mode:
    mode = get_mode("FAST_COMPILE").excluding(*_ONLY_IN_FAST_RUN, *_NOT_IN_THEANO)
    # In Theano, this mode made log(softmax(x)) numerically stable; in PyTensor, it does not.
    return mode.register(*row_softmax.STABLE_LOGARITHM)


def _as_configured(engine: ModeEngine) -> ModeEngine:
    """Return an engine that applies ``config.optimizer``."""
    if config.optimizer in _FULL:
        return engine
    mode = _checked(Mode(engine.mode.linker, config.optimizer))
    return ModeEngine(with_inlining(mode), engine.flags)


def _optimizer() -> str | None:
    """Return PyTensor's name for ``config.optimizer``."""
    return "fast_run" if config.optimizer in _FULL else config.optimizer


def _with_tags(engine: Engine) -> Engine:
    """Return an engine that applies ``config.optimizer_including`` and its kin."""
    if not isinstance(engine, ModeEngine):
        return engine
    mode = engine.mode
    for name in ("including", "excluding", "requiring"):
        tags = getattr(config, f"optimizer_{name}")
        if tags:
            mode = getattr(mode, name)(*tags.split(":"))
    return engine if mode is engine.mode else ModeEngine(mode, engine.flags)


def _of_mode(mode: Mode) -> Engine:
    has_xla = _xla.cache_info().currsize
    if has_xla and isinstance(mode.linker, type(_xla().mode.linker)):
        return _xla_engine(mode)  # such as get_default_mode().excluding("fusion")
    mode = _checked(mode)
    # Only if the C backend exists can the mode contain autoenc's C code, which needs its flags.
    has_c = default_backend() == "c" or _c_backend.cache_info().currsize
    return ModeEngine(mode, _c_backend().flags if has_c else nullcontext)


def _checked(mode: Mode) -> Mode:
    """Return a mode that checks classes as Theano did, and fuses only where this saves time."""
    if type(mode) is not Mode:
        return mode
    _, rewrites = mode.get_linker_optimizer(mode.provided_linker, mode.provided_optimizer)
    if not hasattr(rewrites, "excluding"):  # a rewriter that a script defines has no parts
        return mode
    if not pytensor.config.cxx and isinstance(mode.linker, PerformLinker | VMLinker):
        # Without a compiler, fusion saves nothing, and warns of more than 31 operands.
        mode = mode.excluding("fusion")
    # "stabilize" has the tag of "fast_run", but ends before the rewrites that specialize.
    checks = _CHECKING & set(rewrites.include) and rewrites.position_cutoff == math.inf
    return mode.register(row_classes.REWRITE) if checks else mode


@functools.cache
def default_backend() -> str:
    """Return the name of the backend for functions: C if available and no GPU is requested."""
    if asks_for_xla():
        return "xla"
    try:
        _c_backend()
    except RuntimeError as error:
        logger.warning("functions run on XLA: %s", error)
        return "xla"
    return "c"


@functools.cache
def _c_backend() -> CBackend:
    backend = resolve_backend("c", device="cpu")
    assert isinstance(backend, CBackend)
    # PyTensor compiles inner graphs with its default linker, which is Numba if not set.
    if pytensor.config.linker == "auto":
        pytensor.config.linker = "cvm"
    return backend


@functools.cache
def _c() -> ModeEngine:
    backend = _c_backend()
    rewrites = allocated.REWRITE, row_classes.REWRITE, row_softmax.REWRITE
    mode = backend.mode.register(*rewrites).excluding(*_NOT_IN_THEANO)
    return ModeEngine(with_inlining(mode), backend.flags)


@functools.cache
def _xla() -> XlaEngine:
    from autoenc.theano.engines.xla_linker import XLA

    mode = XLA.register(allocated.REWRITE, row_classes.REWRITE)
    # XLA fuses operations itself. Those that PyTensor fuses have no checks.
    return _xla_engine(mode.excluding("fusion", *_NOT_IN_THEANO))


def _xla_engine(mode: Mode) -> XlaEngine:
    from autoenc.theano.engines.xla import XlaEngine

    return XlaEngine(mode, _xla_backend().put, fallback=_c_or_python)


def _xla_backend() -> Backend:
    return resolve_backend("xla", None if cuda_is_asked_for() else "cpu")


def _c_or_python() -> ModeEngine:
    try:
        return _c()
    except RuntimeError:
        return ModeEngine(_checked(_fast_compile()), nullcontext)
