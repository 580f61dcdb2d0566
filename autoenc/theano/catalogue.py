"""Theano's modules, the modules that define their names, and reasons for refused names.

If a module is listed without sources, all its names are defined in this package or refused.
"""

from __future__ import annotations

_GRAPH = (
    "pytensor.graph.basic",
    "pytensor.graph.op",
    "pytensor.graph.type",
    "pytensor.graph.fg",
    "pytensor.graph.traversal",
    "pytensor.graph.replace",
    "pytensor.graph.utils",
    "pytensor.graph.features",
    "pytensor.graph.destroyhandler",
    "pytensor.graph.null_type",
)
_REWRITING = (
    "pytensor.graph.rewriting.basic",
    "pytensor.graph.rewriting.db",
    "pytensor.graph.rewriting.utils",
)
_LINKERS = (
    "autoenc.theano.meaning.linkers",
    "pytensor.link.basic",
    "pytensor.link.utils",
    "pytensor.link.vm",
    "pytensor.link.c.basic",
    "pytensor.link.c.interface",
    "pytensor.link.c.op",
    "pytensor.link.c.type",
    "pytensor.link.c.cmodule",
    "pytensor.link.c.params_type",
)
_COMPILE = (
    "autoenc.theano.meaning.from_graph",
    "pytensor.compile",
    "pytensor.compile.aliasing",
    "pytensor.compile.builders",
    "pytensor.compile.executor",
    "pytensor.compile.io",
    "pytensor.compile.maker",
    "pytensor.compile.mode",
    "pytensor.compile.ops",
    "pytensor.compile.rebuild",
    "pytensor.compile.sharedvalue",
)
_TENSOR = (
    "pytensor.tensor",
    "pytensor.tensor.basic",
    "pytensor.tensor.math",
    "pytensor.tensor.type",
    "pytensor.tensor.variable",
    "pytensor.tensor.elemwise",
    "pytensor.tensor.shape",
    "pytensor.tensor.subtensor",
    "pytensor.tensor.extra_ops",
    "pytensor.tensor.exceptions",
    "pytensor.tensor.sharedvar",
    "pytensor.tensor.utils",
    "pytensor.tensor.type_other",
    "pytensor.tensor.sort",
    "pytensor.raise_op",
    "pytensor.gradient",
    "pytensor.scan.utils",
)
_LINALG = (
    "autoenc.theano.meaning.decompositions",
    "autoenc.theano.meaning.constructed",
    "pytensor.tensor.linalg",
    "pytensor.tensor.linalg.summary",
    "pytensor.tensor.linalg.constructors",
    "pytensor.tensor.linalg.inverse",
    "pytensor.tensor.linalg.products",
    "pytensor.tensor.basic",
    "pytensor.tensor.math",
)
_TENSOR_REWRITING = (
    "pytensor.tensor.rewriting.basic",
    "pytensor.tensor.rewriting.math",
    "pytensor.tensor.rewriting.shape",
    "pytensor.tensor.rewriting.subtensor",
    "pytensor.tensor.rewriting.elemwise",
    "pytensor.tensor.rewriting.extra_ops",
    "pytensor.tensor.rewriting.special",
    "pytensor.tensor.rewriting.uncanonicalize",
    "pytensor.tensor.rewriting.blas",
)
_SCALAR = ("pytensor.scalar", "pytensor.scalar.basic", "pytensor.scalar.math")
_SPARSE = (
    "pytensor.sparse",
    "pytensor.sparse.basic",
    "pytensor.sparse.math",
    "pytensor.sparse.type",
    "pytensor.sparse.variable",
    "pytensor.sparse.linalg",
)
_SCAN = (
    "pytensor.scan.basic",
    "pytensor.scan.views",
    "pytensor.scan.checkpoints",
    "pytensor.scan.utils",
    "pytensor.scan.op",
)
_DEBUGGING = ("autoenc.theano.meaning.debugging", "autoenc.theano.meaning.graph_text")
_DEBUG_MODE = ("pytensor.compile.debug.debugmode",)
_SHAPES = (
    "autoenc.theano.meaning.broadcasting",
    "autoenc.theano.meaning.shapes",
    "pytensor.tensor.shape",
)
_NONE: tuple[str, ...] = ()
# Modules of autoenc.
_DEVICES = ("autoenc.theano.meaning.devices",)
_CONV = tuple(
    f"autoenc.theano.ops.{noun}" for noun in ("conv", "conv_ops", "conv_shapes", "upsampling")
)
_NNET = (
    "autoenc.theano.meaning.activations",
    *(
        f"autoenc.theano.ops.{noun}"
        for noun in (
            "softmax",
            "cross_entropy",
            "hierarchical_softmax",
            "batch_normalization",
            "rows",
            "confusion",
            "nnet_ops",
        )
    ),
    *_CONV,
)
_NEIGHBOURS = ("autoenc.theano.ops.neighbours",)
_POOL = ("autoenc.theano.ops.pool", "autoenc.theano.ops.pool_ops")
_DNN = (*_DEVICES, "autoenc.theano.ops.dnn", "autoenc.theano.ops.cudnn")
_GPU_CORR = ("autoenc.theano.ops.gpu_corr",)
_CORR = ("autoenc.theano.ops.corr",)
_VOLUMES = ("autoenc.theano.ops.volumes",)
_SORT = ("autoenc.theano.ops.top_k",)
_ONE_HOT = ("autoenc.theano.ops.one_hot",)
_STREAMS = ("autoenc.theano.random.streams", "autoenc.theano.random.states")
_RAW_RANDOM = ("autoenc.theano.random.raw", "autoenc.theano.random.states")
_OUTCOMES = ("autoenc.theano.random.outcomes",)
_MRG = (
    "autoenc.theano.random.mrg",
    "autoenc.theano.random.mrg31k3p",
    "autoenc.theano.random.mrg_uniform",
)
_CONVENIENCES = ("autoenc.theano.meaning.conveniences",)
_REWRITES = ("autoenc.theano.meaning.rewriting",)
_ARITHMETIC_OF_NUMBERS = ("autoenc.theano.meaning.scalars",)
_MEANING = tuple(
    f"autoenc.theano.meaning.{noun}"
    for noun in (
        "arithmetic",
        "broadcasting",
        "constants",
        "constructed",
        "conversion",
        "creation",
        "defaults",
        "derivatives",
        "division",
        "extremes",
        "flat_indices",
        "kinds",
        "oldest",
        "parts_by_vector",
        "shapes",
    )
)
_SPARSE_TYPES = ("autoenc.theano.meaning.sparse",)
_TESTING = ("autoenc.theano.meaning.testing",)

SOURCES: dict[str, tuple[str, ...]] = {
    "": (
        "autoenc.theano.meaning.constants",
        "autoenc.theano.meaning.logs",
        *_CONVENIENCES,
        *_GRAPH,
        "pytensor.compile",
        "pytensor.gradient",
        "pytensor.printing",
        *_LINKERS,
    ),
    "compat": _NONE,
    "compat.collections": _NONE,
    "compat.python2x": _NONE,
    "compat.six": ("six",),
    "compat.six.moves": ("six.moves",),
    "compat.six.moves.cPickle": ("autoenc.theano.modernise.pickles",),
    "compile": (
        *_DEBUGGING,
        *_COMPILE,
        "pytensor.compile.debug.profiling",
        *_DEBUG_MODE,
        *_SHAPES,
    ),
    "compile.builders": _COMPILE,
    "compile.debugmode": _DEBUG_MODE,
    "compile.function": ("autoenc.theano.functions.dumping", *_COMPILE),
    "compile.function_module": _COMPILE,
    "compile.io": _COMPILE,
    "compile.mode": ("pytensor.compile.mode", *_LINKERS),
    "compile.monitormode": (
        *_DEBUGGING,
        "pytensor.compile.debug.monitormode",
    ),
    "compile.nanguardmode": ("pytensor.compile.debug.nanguardmode",),
    "compile.ops": ("autoenc.theano.meaning.wrapped", "pytensor.compile.ops", *_SHAPES),
    "compile.pfunc": _COMPILE,
    "compile.profiling": ("pytensor.compile.debug.profiling",),
    "compile.sharedvalue": _COMPILE,
    "configdefaults": (
        "autoenc.theano.flags.parameters",
        *_CONVENIENCES,
        "pytensor.configdefaults",
        "pytensor.configparser",
    ),
    "configparser": (
        "autoenc.theano.flags.parameters",
        "autoenc.theano.meaning.conveniences",
        "pytensor.configparser",
        "pytensor.configdefaults",
    ),
    "gof": (
        *_REWRITES,
        *_CONVENIENCES,
        *_GRAPH,
        *_REWRITING,
        *_LINKERS,
        "pytensor.compile.compilelock",
    ),
    "gof.callcache": _NONE,
    "gof.cc": _LINKERS,
    "gof.cmodule": ("pytensor.link.c.cmodule", "pytensor.link.c.exceptions"),
    "gof.compiledir": ("pytensor.compile.compiledir", "pytensor.configdefaults"),
    "gof.compilelock": ("pytensor.compile.compilelock",),
    "gof.cutils": ("pytensor.link.c.cutils",),
    "gof.destroyhandler": ("pytensor.graph.destroyhandler", "pytensor.graph.features"),
    "gof.fg": _GRAPH,
    "gof.graph": _GRAPH,
    "gof.lazylinker_c": ("pytensor.link.c.lazylinker_c",),
    "gof.link": _LINKERS,
    "gof.null_type": ("pytensor.graph.null_type",),
    "gof.op": (*_GRAPH, "pytensor.link.c.op", "pytensor.link.c.interface"),
    "gof.opt": (*_REWRITES, *_REWRITING),
    "gof.optdb": (*_REWRITES, *_REWRITING),
    "gof.params_type": ("pytensor.link.c.params_type",),
    "gof.sched": _NONE,
    "gof.toolbox": ("pytensor.graph.features", *_GRAPH),
    "gof.type": ("pytensor.link.c.type", *_GRAPH, "pytensor.link.c.interface"),
    "gof.unify": ("pytensor.graph.rewriting.unify",),
    "gof.utils": ("autoenc.theano.meaning.utilities", *_CONVENIENCES, *_GRAPH),
    "gof.vm": (*_LINKERS, "pytensor.link.vm"),
    "gpuarray": _DEVICES,
    "gpuarray.basic_ops": _DEVICES,
    "gpuarray.blas": _GPU_CORR,
    "gpuarray.dnn": _DNN,
    "gpuarray.elemwise": _NONE,
    "gpuarray.fp16_help": _NONE,
    "gpuarray.opt": ("autoenc.theano.meaning.gpu_rewrites",),
    "gpuarray.pool": _NONE,
    "gpuarray.rng_mrg": _MRG,
    "gpuarray.subtensor": _NONE,
    "gpuarray.type": _DEVICES,
    "graph": (*_GRAPH, *_REWRITING),
    "graph.basic": _GRAPH,
    "graph.fg": _GRAPH,
    "graph.op": _GRAPH,
    "graph.opt": (*_REWRITES, *_REWRITING),
    "graph.type": _GRAPH,
    "graph.utils": _GRAPH,
    "gradient": ("autoenc.theano.meaning.derivatives", "pytensor.gradient", *_GRAPH),
    "ifelse": ("pytensor.conditional.op", "pytensor.ifelse"),
    "lazycond": _NONE,
    "misc": _NONE,
    "misc.frozendict": ("pytensor.misc.frozendict",),
    "misc.may_share_memory": ("pytensor.misc.may_share_memory",),
    "misc.ordered_set": ("pytensor.misc.ordered_set",),
    "misc.pkl_utils": ("autoenc.theano.meaning.archives",),
    "misc.pycuda_init": _NONE,
    "misc.pycuda_utils": _NONE,
    "misc.safe_asarray": _NONE,
    "misc.strutil": _NONE,
    "printing": (*_DEBUGGING, "pytensor.printing", *_GRAPH),
    "raise_op": ("pytensor.raise_op",),
    "sandbox": _NONE,
    "sandbox.blocksparse": _NONE,
    "sandbox.conv": _NONE,
    "sandbox.cuda": _DEVICES,
    "sandbox.cuda.basic_ops": _DEVICES,
    "sandbox.cuda.blas": _GPU_CORR,
    "sandbox.cuda.cuda_ndarray": _DEVICES,
    "sandbox.cuda.dnn": _DNN,
    "sandbox.cuda.elemwise": _NONE,
    "sandbox.cuda.extra_ops": _NONE,
    "sandbox.cuda.fftconv": _NONE,
    "sandbox.cuda.nnet": _NONE,
    "sandbox.cuda.nvcc_compiler": _NONE,
    "sandbox.cuda.opt": _NONE,
    "sandbox.cuda.rng_curand": _NONE,
    "sandbox.cuda.type": _DEVICES,
    "sandbox.cuda.var": _DEVICES,
    "sandbox.fftconv": _NONE,
    "sandbox.fourier": _NONE,
    "sandbox.gpuarray": _DEVICES,
    "sandbox.linalg": _LINALG,
    "sandbox.linalg.kron": _LINALG,
    "sandbox.linalg.ops": (*_LINALG, *_TENSOR),
    "sandbox.minimal": _NONE,
    "sandbox.multinomial": _OUTCOMES,
    "sandbox.neighbours": _NEIGHBOURS,
    "sandbox.rng_mrg": _MRG,
    "sandbox.scan": _SCAN,
    "sandbox.softsign": _NNET,
    "sandbox.solve": _LINALG,
    "scalar": (*_ARITHMETIC_OF_NUMBERS, *_SCALAR),
    "scalar.basic": (*_ARITHMETIC_OF_NUMBERS, *_SCALAR),
    "scalar.basic_scipy": _SCALAR,
    "scalar.sharedvar": ("pytensor.scalar.sharedvar",),
    "scan_module": _SCAN,
    "scan_module.scan": _SCAN,
    "scan_module.scan_checkpoints": _SCAN,
    "scan_module.scan_op": _SCAN,
    "scan_module.scan_opt": (
        "pytensor.scan.rewriting.io",
        "pytensor.scan.rewriting.merge",
        "pytensor.scan.rewriting.inplace",
        "pytensor.scan.rewriting.push_out",
        "pytensor.scan.rewriting.trace",
        "pytensor.scan.rewriting.utils",
    ),
    "scan_module.scan_utils": (*_SCAN, *_GRAPH),
    "scan_module.scan_views": _SCAN,
    "sparse": (*_SPARSE_TYPES, *_SPARSE),
    "sparse.basic": (*_SPARSE_TYPES, *_SPARSE),
    "sparse.opt": ("pytensor.sparse.rewriting",),
    "sparse.sandbox": _NONE,
    "sparse.sandbox.sp": _NONE,
    "sparse.sandbox.sp2": _SPARSE,
    "sparse.sharedvar": ("pytensor.sparse.sharedvar",),
    "sparse.type": (*_SPARSE_TYPES, *_SPARSE),
    "sparse.utils": ("pytensor.sparse.utils",),
    "tensor": (*_MEANING, *_TENSOR, *_SORT, *_ONE_HOT, *_CONVENIENCES, "autoenc.theano.flags"),
    "tensor.basic": (*_MEANING, *_TENSOR, *_CONVENIENCES),
    "tensor.blas": ("pytensor.tensor.blas", "pytensor.tensor.rewriting.blas"),
    "tensor.blas_c": ("pytensor.tensor.blas_c",),
    "tensor.blas_headers": ("pytensor.tensor.blas_headers",),
    "tensor.blas_scipy": _NONE,
    "tensor.deprecated": _NONE,
    "tensor.deprecated.rmodule": _NONE,
    "tensor.elemwise": (*_MEANING, "autoenc.theano.meaning.reductions", *_TENSOR),
    "tensor.elemwise_cgen": ("pytensor.tensor.elemwise_cgen",),
    "tensor.extra_ops": (*_ONE_HOT, *_MEANING, *_TENSOR),
    "tensor.fft": ("pytensor.tensor.fft",),
    "tensor.fourier": ("pytensor.tensor.fourier",),
    "tensor.inplace": ("autoenc.theano.meaning.inplace",),
    "tensor.io": _NONE,
    "tensor.nlinalg": _LINALG,
    "tensor.nnet": _NNET,
    "tensor.nnet.Conv3D": _VOLUMES,
    "tensor.nnet.ConvGrad3D": _VOLUMES,
    "tensor.nnet.ConvTransp3D": _VOLUMES,
    "tensor.nnet.abstract_conv": _CONV,
    "tensor.nnet.blocksparse": ("autoenc.theano.ops.blocksparse",),
    "tensor.nnet.bn": ("autoenc.theano.ops.batch_normalization",),
    "tensor.nnet.conv": ("autoenc.theano.ops.old_conv",),
    "tensor.nnet.conv3d2d": (*_VOLUMES, "autoenc.theano.ops.diagonals"),
    "tensor.nnet.corr": _CORR,
    "tensor.nnet.corr3d": _CORR,
    "tensor.nnet.ctc": _DEVICES,
    "tensor.nnet.neighbours": _NEIGHBOURS,
    "tensor.nnet.nnet": _NNET,
    "tensor.nnet.opt": _NONE,
    "tensor.nnet.sigm": _NNET,
    "tensor.opt": (*_TENSOR_REWRITING, "pytensor.tensor.basic", "pytensor.raise_op"),
    "tensor.opt_uncanonicalize": ("pytensor.tensor.rewriting.uncanonicalize",),
    "tensor.raw_random": _RAW_RANDOM,
    "tensor.shared_randomstreams": _STREAMS,
    "tensor.sharedvar": ("pytensor.tensor.sharedvar", "pytensor.compile.sharedvalue"),
    "tensor.signal": _NONE,
    "tensor.signal.conv": ("autoenc.theano.ops.signal_conv",),
    "tensor.signal.downsample": _POOL,
    "tensor.signal.pool": _POOL,
    "tensor.slinalg": ("autoenc.theano.meaning.solving", *_LINALG),
    "tensor.sort": (
        *_SORT,
        "autoenc.theano.meaning.arithmetic",
        "autoenc.theano.meaning.constructed",
        "pytensor.tensor.sort",
    ),
    "tensor.subtensor": (*_MEANING, "pytensor.tensor.subtensor", *_TENSOR),
    "tensor.type": ("autoenc.theano.meaning.tensor_types", "pytensor.tensor.type"),
    "tensor.type_other": ("pytensor.tensor.type_other",),
    "tensor.utils": ("pytensor.tensor.utils", *_TENSOR),
    "tensor.var": (
        "autoenc.theano.meaning.kinds",
        "autoenc.theano.meaning.conversion",
        "pytensor.tensor.variable",
        *_TENSOR,
    ),
    "tensor.xlogx": ("pytensor.tensor.xlogx",),
    "tests": _NONE,
    "tests.disturb_mem": _TESTING,
    "tests.record": ("autoenc.theano.meaning.recording",),
    "tests.unittest_tools": _TESTING,
    "typed_list": ("pytensor.typed_list", "pytensor.typed_list.basic"),
    "typed_list.basic": ("pytensor.typed_list.basic",),
    "typed_list.type": ("pytensor.typed_list.type",),
    "updates": _NONE,
    "version": _NONE,
}

# Reasons for refusing names, and alternatives, by the beginning of the full name.
_REASONS = {
    "gpuarray": (
        "libgpuarray is no longer developed; XLA runs whole graphs on the GPU",
        "Use the operation's name in theano.tensor and run with device=cuda.",
    ),
    "sandbox.cuda": (
        "Theano 0.10 removed the old CUDA back-end; XLA runs whole graphs on the GPU",
        "Use the operation's name in theano.tensor and run with device=cuda.",
    ),
    "sandbox.gpuarray": (
        "libgpuarray is no longer developed; XLA runs whole graphs on the GPU",
        "Use the operation's name in theano.tensor and run with device=cuda.",
    ),
    "misc.pycuda": (
        "PyCUDA worked on the arrays of Theano's old CUDA back-end",
        "Write the operation with theano.tensor and run with device=cuda.",
    ),
    "tensor.nnet.ctc": (
        "Theano's operation called Baidu's library warp-ctc, which is no longer developed",
        "Write the cost with theano.scan over the logarithms of probabilities.",
    ),
    "tensor.io": (
        "graphs do not read files or send messages here",
        "Load arrays with numpy.load and pass them to the function.",
    ),
    "tensor.opt": (
        "PyTensor's rewrites are divided differently",
        "See pytensor.tensor.rewriting for what replaced it.",
    ),
    "gof": (
        "PyTensor's compiler is built differently inside",
        "See pytensor.graph and pytensor.link for what replaced it.",
    ),
}
_OTHERWISE = (
    "neither PyTensor nor autoenc has it",
    "Please report the script that needs it.",
)


def refusal(module: str, name: str) -> tuple[str, str]:
    """Return why a name is refused and the closest thing that works."""
    full = f"{module}.{name}".strip(".")
    beginnings = [begin for begin in _REASONS if full.startswith(begin)]
    return _REASONS[max(beginnings, key=len)] if beginnings else _OTHERWISE
