"""The settings of Theano 0.9 and 1.0.5, and their effects here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OLD_GPU = "it configured Theano's own GPU back-ends, which XLA replaces"
OLD_BUGS = "it controlled warnings about bugs in Theano's first releases, which are fixed"
OLD_COMPILER = "PyTensor's compiler has no such option"
NO_TEST_VALUES = "test values are computed only while a script builds its graph"
ALWAYS = "results are deterministic on every engine"
TRANSLATED = ""
"""Empty reason, for settings that autoenc itself applies."""


@dataclass(frozen=True)
class Key:
    """A setting that PyTensor does not have.

    Attributes
    ----------
    default : any
        Theano's default value.
    ignored : str
        Reason why the setting has no effect; empty if it has an effect.
    words : tuple of str
        The values that the setting may have; empty if it may have others.
    """

    default: Any
    ignored: str
    words: tuple[str, ...] = ()


# Settings that PyTensor has, too. PyTensor's names have "__" in place of the dot.
HONOURED = frozenset(
    [
        "DebugMode.check_c",
        "DebugMode.check_finite",
        "DebugMode.check_preallocated_output",
        "DebugMode.check_preallocated_output_ndim",
        "DebugMode.check_py",
        "DebugMode.check_strides",
        "DebugMode.patience",
        "DebugMode.warn_input_not_reused",
        "NanGuardMode.action",
        "NanGuardMode.big_is_error",
        "NanGuardMode.inf_is_error",
        "NanGuardMode.nan_is_error",
        "allow_gc",
        "base_compiledir",
        "blas.check_openmp",
        "blas.ldflags",
        "cast_policy",
        "check_input",
        "check_stack_trace",
        "cmodule.age_thresh_use",
        "cmodule.compilation_warning",
        "cmodule.debug",
        "cmodule.remove_gxx_opt",
        "cmodule.warn_no_version",
        "compile.timeout",
        "compile.wait",
        "compiledir",
        "compiledir_format",
        "cxx",
        "cycle_detection",
        "exception_verbosity",
        "floatX",
        "gcc.cxxflags",
        "lib.amdlibm",
        "nocleanup",
        "on_opt_error",
        "on_shape_error",
        "on_unused_input",
        "openmp",
        "openmp_elemwise_minsize",
        "optdb.max_use_ratio",
        "optdb.position_cutoff",
        "optimizer_verbose",
        "print_global_stats",
        "profile",
        "profile_memory",
        "profile_optimizer",
        "profiling.debugprint",
        "profiling.destination",
        "profiling.ignore_first_call",
        "profiling.min_memory_size",
        "profiling.min_peak_memory",
        "profiling.n_apply",
        "profiling.n_ops",
        "profiling.output_line_width",
        "profiling.time_thunks",
        "scan.allow_gc",
        "scan.allow_output_prealloc",
        "tensor.insert_inplace_optimizer_validate_nb",
        "traceback.compile_limit",
        "traceback.limit",
        "unpickle_function",
        "vm.lazy",
        "warn_float64",
    ]
)

_TEST_VALUES = ("off", "ignore", "warn", "raise", "pdb")
_OPTIMIZERS = (
    "o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge", "None",
)  # fmt: skip
_LINKERS = ("cvm", "c|py", "py", "c", "c|py_nogc", "vm", "vm_nogc", "cvm_nogc")

OWN = {
    "assert_no_cpu_op": Key("ignore", OLD_GPU),
    "cache_optimizations": Key(False, OLD_COMPILER),
    "compute_test_value": Key("off", TRANSLATED, _TEST_VALUES),
    "compute_test_value_opt": Key("off", NO_TEST_VALUES, _TEST_VALUES),
    "contexts": Key("", OLD_GPU),
    "cmodule.preload_cache": Key(False, OLD_COMPILER),
    "conv.assert_shape": Key(False, OLD_COMPILER),
    "ctc.root": Key("", OLD_GPU),
    "cublas.lib": Key("cublas", OLD_GPU),
    "cuda.enabled": Key(True, OLD_GPU),
    "cuda.include_path": Key("", OLD_GPU),
    "cuda.root": Key("", OLD_GPU),
    "deterministic": Key("default", ALWAYS),
    "device": Key("cpu", TRANSLATED),
    "dnn.base_path": Key("", OLD_GPU),
    "dnn.bin_path": Key("", OLD_GPU),
    "dnn.conv.algo_bwd": Key("", OLD_GPU),
    "dnn.conv.algo_bwd_data": Key("none", OLD_GPU),
    "dnn.conv.algo_bwd_filter": Key("none", OLD_GPU),
    "dnn.conv.algo_fwd": Key("small", OLD_GPU),
    "dnn.conv.precision": Key("as_input_f32", OLD_GPU),
    "dnn.conv.workmem": Key("", OLD_GPU),
    "dnn.conv.workmem_bwd": Key("", OLD_GPU),
    "dnn.enabled": Key("auto", OLD_GPU),
    "dnn.include_path": Key("", OLD_GPU),
    "dnn.library_path": Key("", OLD_GPU),
    "enable_initial_driver_test": Key(True, OLD_GPU),
    "experimental.local_alloc_elemwise": Key(True, OLD_COMPILER),
    "experimental.local_alloc_elemwise_assert": Key(True, OLD_COMPILER),
    "experimental.unpickle_gpu_on_cpu": Key(False, OLD_GPU),
    "force_device": Key(False, TRANSLATED),
    "gpu.local_elemwise_fusion": Key(True, OLD_GPU),
    "gpuarray.cache_path": Key("", OLD_GPU),
    "gpuarray.preallocate": Key(0, OLD_GPU),
    "gpuarray.sched": Key("default", OLD_GPU),
    "gpuarray.single_stream": Key(True, OLD_GPU),
    "gpuarray.sync": Key(False, OLD_GPU),
    "gpuelemwise.sync": Key(True, OLD_GPU),
    "home": Key("", OLD_COMPILER),
    "init_gpu_device": Key("", OLD_GPU),
    "int_division": Key("int", TRANSLATED, ("int", "raise", "floatX")),
    "lib.cnmem": Key(0, OLD_GPU),
    "linker": Key("cvm", TRANSLATED, _LINKERS),
    "magma.enabled": Key(False, OLD_GPU),
    "magma.include_path": Key("", OLD_GPU),
    "magma.library_path": Key("", OLD_GPU),
    "metaopt.optimizer_excluding": Key("", OLD_COMPILER),
    "metaopt.optimizer_including": Key("", OLD_COMPILER),
    "metaopt.verbose": Key(0, OLD_COMPILER),
    "mode": Key("Mode", TRANSLATED),
    "numpy.seterr_all": Key("ignore", TRANSLATED),
    "numpy.seterr_divide": Key("None", TRANSLATED),
    "numpy.seterr_invalid": Key("None", TRANSLATED),
    "numpy.seterr_over": Key("None", TRANSLATED),
    "numpy.seterr_under": Key("None", TRANSLATED),
    "nvcc.compiler_bindir": Key("", OLD_GPU),
    "nvcc.cudafe": Key("always", OLD_GPU),
    "nvcc.fastmath": Key(False, OLD_GPU),
    "nvcc.flags": Key("", OLD_GPU),
    "optimizer": Key("o4", TRANSLATED, _OPTIMIZERS),
    "optimizer_excluding": Key("", TRANSLATED),
    "optimizer_including": Key("", TRANSLATED),
    "optimizer_requiring": Key("", TRANSLATED),
    "pickle_test_value": Key(True, NO_TEST_VALUES),
    "print_active_device": Key(True, OLD_GPU),
    "print_test_value": Key(False, NO_TEST_VALUES),
    "pycuda.init": Key(False, OLD_GPU),
    "reoptimize_unpickled_function": Key(False, OLD_COMPILER),
    "scan.debug": Key(False, OLD_COMPILER),
    "tensor.cmp_sloppy": Key(0, "comparisons have the tolerances of its value 0"),
    "tensor.local_elemwise_fusion": Key(True, OLD_COMPILER),
    "unittests.rseed": Key(666, TRANSLATED),
    "warn.argmax_pushdown_bug": Key(False, OLD_BUGS),
    "warn.gpu_set_subtensor1": Key(False, OLD_BUGS),
    "warn.gpusum_01_011_0111_bug": Key(False, OLD_BUGS),
    "warn.identify_1pexp_bug": Key(False, OLD_BUGS),
    "warn.ignore_bug_before": Key("0.9", OLD_BUGS),
    "warn.inc_set_subtensor1": Key(False, OLD_BUGS),
    "warn.inc_subtensor1_opt": Key(True, OLD_BUGS),
    "warn.reduce_join": Key(False, OLD_BUGS),
    "warn.round": Key(False, OLD_BUGS),
    "warn.signal_conv2d_interface": Key(False, OLD_BUGS),
    "warn.subtensor_merge_bug": Key(False, OLD_BUGS),
    "warn.sum_div_dimshuffle_bug": Key(False, OLD_BUGS),
    "warn.sum_sum_bug": Key(False, OLD_BUGS),
    "warn.vm_gc_bug": Key(False, OLD_BUGS),
}

ALL = frozenset({*HONOURED, *OWN})
