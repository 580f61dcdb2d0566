"""Write the source of the kernel for the step of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytensor.graph.fg import FunctionGraph
from pytensor.graph.traversal import ancestors

from autoenc.backends.xla.thin.elements import C_TYPES, Lines, NotThinError, Scalars, c_type
from autoenc.backends.xla.thin.roles import (
    Roles,
    find_roles,
    is_generator,
    probability_of,
    sums_over_rows,
    total_of,
)
from autoenc.graph.types import Expression

FOLDER = Path(__file__).parent
# Maximum numbers of values that a thread can hold in registers: sums of a product, and entries of
# the next minibatch.
MOST_SUMS, MOST_ENTRIES = 64, 64
ROOM_FOR_THE_REST = 512
# The same value as in launch.cpp.
MOST_POINTERS = 64
# Number of buffers for costs, and for data that multiprocessors exchange.
N_BUFFERS = 7


@dataclass(frozen=True)
class Inputs:
    """Inputs of a step's graph by their roles in the kernel; numbers are positions.

    Attributes
    ----------
    weights, visible, hidden : list of int
        Positions among the state of variables with the shape of W, of a data row, of a code.
    visible_constants, hidden_constants : list of int
        Positions among the constants of variables with the shape of a data row, of a code.
    scalars, scalar_constants : list of int
        Single numbers among the state, and among the constants.
    """

    weights: list[int]
    visible: list[int]
    hidden: list[int]
    scalars: list[int]
    visible_constants: list[int]
    hidden_constants: list[int]
    scalar_constants: list[int]


@dataclass(frozen=True)
class Program:
    """The source of a kernel, and the parameters of its launch.

    Attributes
    ----------
    source : str
        Source, without the definitions of the target.
    inputs : Inputs
    sizes : dict
        Constants with which the source is compiled.
    """

    source: str
    inputs: Inputs
    sizes: dict[str, int]

    @property
    def threads(self) -> int:
        """Number of threads of a multiprocessor."""
        return 32 * self.sizes["RG"] * self.sizes["KG"]

    @property
    def words(self) -> int:
        """Number of words of 32 decisions for a minibatch."""
        return max(self.sizes["DRAWS"], 1) * self.sizes["B"] * -(-self.sizes["NV"] // 32)


def write_program(
    graph: FunctionGraph,
    n_state: int,
    shapes: Sequence[tuple[int, ...] | None],
    n_multiprocessors: int,
    shared_bytes: int,
    groups: tuple[int, int] = (4, 4),
) -> Program:
    """Write the kernel that trains on blocks of a step.

    Parameters
    ----------
    graph : FunctionGraph
        ``inputs``: the minibatch, state, generators, constants; ``outputs``: cost, next state,
        next generators. The graph has been rewritten.
    n_state : int
        Number of inputs that are state.
    shapes : sequence of tuple of int
        Shape of every input; None for generators.
    n_multiprocessors, shared_bytes : int
        Properties of the device.
    groups : pair of int
        Groups of warps that share the rows of a minibatch, and that share its columns.

    Raises
    ------
    NotThinError
        If the step has another form, or is too large; the message gives the reason.
    """
    x, state = graph.inputs[0], graph.inputs[1 : 1 + n_state]
    generators = [v for v in graph.inputs if is_generator(v)]
    constants = graph.inputs[1 + n_state + len(generators) :]
    roles = find_roles(graph, x, generators)
    by_variable = {v: s for v, s in zip(graph.inputs, shapes, strict=True) if s is not None}
    batch, of_weights = by_variable[x], by_variable.get(roles.weights, ())
    if len(of_weights) != 2 or of_weights[0] != batch[1]:
        raise NotThinError(f"weights of shape {of_weights} for {batch[1]} columns")
    hidden = _hidden_vectors(roles, graph, state, by_variable, *of_weights)
    inputs = _sort(roles, state, constants, by_variable, hidden, of_weights)
    hooks, sums = _Hooks(graph, roles, inputs, state, constants, by_variable, n_state).write()
    sizes = _count(inputs, batch[0], of_weights, n_multiprocessors, groups)
    sizes |= sums | {"DRAWS": len(generators), "KEEP_DZ": 1}
    if shared_bytes_of(sizes) > shared_bytes:
        sizes["KEEP_DZ"] = 0
    _check_fits(sizes, shared_bytes)
    sizes["N_POINTERS"] = _count_pointers(sizes)
    return Program(hooks, inputs, sizes)


def _count(
    inputs: Inputs,
    n_rows: int,
    of_weights: tuple[int, ...],
    n_multiprocessors: int,
    groups: tuple[int, int],
) -> dict[str, int]:
    """Return the constants with which the kernel is compiled, except those of the hooks."""
    return {
        "NV": of_weights[0],
        "NH": of_weights[1],
        "B": n_rows,
        "G": min(n_multiprocessors, max(of_weights)),
        "RG": groups[0],
        "KG": groups[1],
        "NW": len(inputs.weights),
        "NP": len(inputs.visible),
        "NQ": len(inputs.hidden) + len(inputs.hidden_constants),
        "NC": len(inputs.visible_constants),
        "NS": len(inputs.scalars) + len(inputs.scalar_constants),
    }


def _count_pointers(sizes: dict[str, int]) -> int:
    """Return the number of the kernel's buffers: those read, those written, and its own."""
    in_and_out = sum(sizes[name] for name in ("NW", "NP", "NQ", "NS"))
    n_pointers = 2 + sizes["DRAWS"] + sizes["NC"] + 2 * in_and_out + N_BUFFERS
    if n_pointers > MOST_POINTERS:
        raise NotThinError(f"{n_pointers} arrays")
    return n_pointers


def whole_source(program: Program, target: str) -> str:
    """Return the source to compile for a target, ``"cuda"`` or ``"emulated"``."""
    numbers = program.sizes | {"SHARED_BYTES": shared_bytes_of(program.sizes)}
    sizes = "".join(f"#define {name} {value}\n" for name, value in numbers.items())
    kernel = (FOLDER / "thin_block.cu").read_text(encoding="utf-8")
    structure, _, hooks = program.source.partition("//--\n")
    kernel = kernel.replace("SCALARS_STRUCT\n", structure).replace("HOOKS\n", hooks)
    # PyTensor's C code uses NumPy's names of dtypes.
    types = "".join(f"using npy_{name} = {c};\n" for name, c in C_TYPES.items())
    return sizes + types + (FOLDER / f"{target}.h").read_text(encoding="utf-8") + kernel


def shared_bytes_of(sizes: dict[str, int]) -> int:
    """Return an upper bound on the memory that a multiprocessor needs."""
    n_visible, n_hidden, n_rows, grid = (sizes[name] for name in ("NV", "NH", "B", "G"))
    own_hidden, own_visible = -(-n_hidden // grid), -(-n_visible // grid)
    group = -(-n_rows // sizes["RG"])
    rounds = max(-(-group * own_hidden // 32), -(-group * own_visible // 32))
    numbers = (
        n_rows * ((1 + sizes["KEEP_DZ"]) * n_visible + n_hidden)
        + sizes["NW"] * (n_visible * own_hidden + own_visible * n_hidden)
        + max(sizes["NC"], 1) * n_visible
        + sizes["RG"] * sizes["KG"] * rounds * 32
        + n_rows * own_hidden * (3 + max(sizes["NGH"], 1))
        + n_rows * own_visible * (1 + max(sizes["NGV"], 1))
        + n_rows * 2 * (own_visible + 3)
        + (sizes["NP"] + 1) * own_visible
        + (sizes["NQ"] + 1) * own_hidden
        + max(sizes["DRAWS"], 1) * n_rows * -(-n_visible // 32)
    )
    return 4 * numbers + ROOM_FOR_THE_REST


def _check_fits(sizes: dict[str, int], shared_bytes: int) -> None:
    group = -(-sizes["B"] // sizes["RG"])
    own = max(-(-sizes["NH"] // sizes["G"]), -(-sizes["NV"] // sizes["G"]))
    entries = group * -(-sizes["NV"] // (32 * sizes["KG"]))
    needed = shared_bytes_of(sizes)
    if group * own > MOST_SUMS or entries > MOST_ENTRIES or needed > shared_bytes:
        raise NotThinError(
            f"{sizes['B']} rows of {sizes['NV']} columns and {sizes['NH']} units need "
            f"{needed} bytes of a multiprocessor that has {shared_bytes}"
        )


def _hidden_vectors(
    roles: Roles,
    graph: FunctionGraph,
    state: Sequence[Expression],
    shapes: dict[Any, tuple[int, ...]],
    n_visible: int,
    n_hidden: int,
) -> set[Any]:
    """Find vectors with the size of a code, by their use if sizes are ambiguous."""
    vectors = {v for v, shape in shapes.items() if len(shape) == 1}
    if n_visible != n_hidden:
        return {v for v in vectors if shapes[v] == (n_hidden,)}
    between = _between([roles.code], [roles.a]) | _between([roles.da], [roles.dh, roles.a])
    hidden = vectors & between
    # The optimizer's state for a bias is used together with the sum over the same rows.
    for variable, following in zip(state, graph.outputs[1:], strict=False):
        if variable in vectors and set(sums_over_rows([following])) & {
            total
            for other, after in zip(state, graph.outputs[1:], strict=False)
            if other in hidden
            for total in sums_over_rows([after])
        }:
            hidden.add(variable)
    return hidden


def _between(outputs: list[Expression], until: list[Expression]) -> set[Any]:
    return set(ancestors(outputs, blockers=set(until)))


def _sort(
    roles: Roles,
    state: Sequence[Expression],
    constants: Sequence[Expression],
    shapes: dict[Any, tuple[int, ...]],
    hidden: set[Any],
    of_weights: tuple[int, ...],
) -> Inputs:
    def places(variables: Sequence[Expression], test: Any) -> list[int]:
        return [i for i, v in enumerate(variables) if test(v)]

    def is_vector(variable: Expression) -> bool:
        return len(shapes[variable]) == 1 and variable not in hidden

    weights = places(state, lambda v: shapes[v] == of_weights)
    found = Inputs(
        # W itself comes first.
        weights=sorted(weights, key=lambda i: state[i] is not roles.weights),
        visible=places(state, is_vector),
        hidden=places(state, lambda v: v in hidden),
        scalars=places(state, lambda v: shapes[v] == ()),
        visible_constants=places(constants, is_vector),
        hidden_constants=places(constants, lambda v: v in hidden),
        scalar_constants=places(constants, lambda v: shapes[v] == ()),
    )
    n_found = sum(map(len, vars(found).values()))
    wrong = [i for i in found.visible if shapes[state[i]] != of_weights[:1]]
    wrong += [i for i in found.visible_constants if shapes[constants[i]] != of_weights[:1]]
    if n_found != len(state) + len(constants) or wrong or roles.weights not in state:
        raise NotThinError("an input has a shape that the kernel does not support")
    return found


class _Hooks:
    """Writes the functions that the kernel calls for each element."""

    def __init__(
        self,
        graph: FunctionGraph,
        roles: Roles,
        inputs: Inputs,
        state: Sequence[Expression],
        constants: Sequence[Expression],
        shapes: dict[Any, tuple[int, ...]],
        n_state: int,
    ) -> None:
        self.roles = roles
        self.inputs = inputs
        self.cost = graph.outputs[0]
        self.after = graph.outputs[1 : 1 + n_state]
        self.weights = [state[i] for i in inputs.weights]
        self.visible = [state[i] for i in inputs.visible]
        self.hidden = [state[i] for i in inputs.hidden]
        self.hidden_constants = [constants[i] for i in inputs.hidden_constants]
        self.wholes = [constants[i] for i in inputs.visible_constants]
        self.scalar_state = [state[i] for i in inputs.scalars]
        self.scalar_inputs = [*self.scalar_state, *(constants[i] for i in inputs.scalar_constants)]
        names = {v: f"c.s{i}" for i, v in enumerate(self.scalar_inputs)}
        self.scalars = Scalars(names, shapes)

    def write(self) -> tuple[str, dict[str, int]]:
        """Return the source of the functions (scalars before ``//--``), and the number of sums."""
        r = self.roles
        q = self._named(self.hidden + self.hidden_constants, "q")
        u = self._named(self.visible, "u")
        total, summed = total_of(self.cost)
        visible_sums, hidden_sums = self._sums()
        hooks = [
            self._decide(),
            self._corrupted(),
            self._function(
                "float code(float a, const float* q, const Scalars& c)",
                {r.a: "a", **q},
                [r.code],
                lambda code: f"return {code};",
            ),
            self._output(u, summed, visible_sums),
            self._function(
                "void backward(float dh, float a, float h, const float* q, const Scalars& c, "
                "float& da, float* sums)",
                {r.dh: "dh", r.a: "a", r.code: "h", **q},
                [r.da, *(v.owner.inputs[0] for v in hidden_sums)],
                lambda da, *sums: "\n  ".join([f"da = {da};", *_assigned("sums", sums)]),
            ),
            self._update(
                "update_weight(float* w, float g1, float g2, const Scalars& c)",
                "w",
                self.inputs.weights,
                self.weights,
                {r.by_input: "g1", r.by_code: "g2"},
            ),
            self._update(
                "update_visible(float* u, const float* sums, const Scalars& c)",
                "u",
                self.inputs.visible,
                self.visible,
                {v: f"sums[{i}]" for i, v in enumerate(visible_sums)},
            ),
            self._update(
                "update_hidden(float* q, const float* sums, const Scalars& c)",
                "q",
                self.inputs.hidden,
                self.hidden,
                {v: f"sums[{i}]" for i, v in enumerate(hidden_sums)},
            ),
            self._total_cost(total),
        ]
        scalars = self._scalar_functions()
        text = "\n".join([*hooks, *scalars])
        return f"{self._structure()}//--\n{text}\n", {
            "NGV": len(visible_sums),
            "NGH": len(hidden_sums),
        }

    @staticmethod
    def _named(variables: Sequence[Expression], name: str) -> dict[Any, str]:
        return {v: f"{name}[{i}]" for i, v in enumerate(variables)}

    def _function(
        self, head: str, leaves: dict[Any, str], outputs: Sequence[Expression], end: Any
    ) -> str:
        lines = Lines(self.scalars, leaves)
        elements = [lines.element(v) for v in outputs]
        return "\n  ".join([f"DEVICE {head} {{", *lines.text, end(*elements)]) + "\n}"

    def _decide(self) -> str:
        cases = []
        for i, draw in enumerate(self.roles.draws):
            probability = probability_of(draw)
            if not self.scalars.depends_on_these_only(probability) or set(self.scalar_state) & set(
                ancestors([probability])
            ):
                raise NotThinError("the probability of a mask changes")
            cases.append(f"if (draw == {i}) return happens(bits, {self._number(probability)});")
        body = "\n  ".join([*cases, "return false;"])
        return f"DEVICE bool decide(int draw, unsigned bits, const Scalars& c) {{\n  {body}\n}}"

    def _number(self, variable: Expression) -> str:
        return Lines(self.scalars, {}).element(variable)

    def _corrupted(self) -> str:
        leaves = {self.roles.x: "x", **self._whole_at("k")}
        for i, draw in enumerate(self.roles.draws):
            word = f"s.bits[({i} * B + b) * WORDS_A_ROW + k / 32]"
            leaves[draw] = f"(({word} >> k % 32 & 1) != 0)"
        return self._function(
            "float corrupted(float x, int b, int k, const Shared& s)",
            leaves,
            [self.roles.corrupted],
            lambda value: f"return {value};",
        ).replace("{\n", "{\n  const Scalars& c = s.scalars; (void)c;\n", 1)

    def _whole_at(self, column: str) -> dict[Any, str]:
        return {v: f"s.whole[{i}][{column}]" for i, v in enumerate(self.wholes)}

    def _output(self, u: dict[Any, str], summed: Expression, sums: Sequence[Expression]) -> str:
        r = self.roles
        leaves = {r.z: "z", r.corrupted: "x", r.x: "raw", **u, **self._whole_at("column")}
        return self._function(
            "void output(float z, float raw, float x, int column, const float* u, "
            "const Shared& s, float& dz, float& cost, float* sums)",
            leaves,
            [r.dz, summed, *(v.owner.inputs[0] for v in sums)],
            lambda dz, cost, *each: "\n  ".join(
                [f"dz = {dz};", f"cost = {cost};", *_assigned("sums", each)]
            ),
        ).replace("{\n", "{\n  const Scalars& c = s.scalars; (void)c;\n", 1)

    def _sums(self) -> tuple[list[Expression], list[Expression]]:
        """List the sums over rows that visible vectors need, and those that hidden ones need."""
        after = {
            name: [self.after[i] for i in getattr(self.inputs, name)]
            for name in ("visible", "hidden")
        }
        return sums_over_rows(after["visible"]), sums_over_rows(after["hidden"])

    def _update(
        self,
        head: str,
        name: str,
        places: Sequence[int],
        variables: Sequence[Expression],
        others: dict[Any, str],
    ) -> str:
        leaves = {v: f"old{i}" for i, v in enumerate(variables)} | others
        lines = Lines(self.scalars, leaves)
        new = [lines.element(self.after[i]) for i in places]
        old = [f"const float old{i} = {name}[{i}];" for i in range(len(variables))]
        return (
            "\n  ".join([f"DEVICE void {head} {{", *old, *lines.text, *_assigned(name, new)])
            + "\n}"
        )

    def _total_cost(self, total: Expression) -> str:
        if set(self.scalar_state) & set(ancestors([self.cost], blockers={total})):
            raise NotThinError("the cost depends on a number that changes")
        return self._function(
            "float total_cost(float total, const Scalars& c)",
            {total: "total"},
            [self.cost],
            lambda cost: f"return {cost};",
        )

    def _structure(self) -> str:
        given = [f"{c_type(v)} s{i};" for i, v in enumerate(self.scalar_inputs)]
        fields = " ".join([*given, *self.scalars.declarations, "char none;"])
        return f"struct Scalars {{ {fields} }};\n"

    def _scalar_functions(self) -> list[str]:
        n = len(self.scalar_inputs)
        types = [c_type(v) for v in self.scalar_inputs]
        load = [f"c.s{i} = *pointer<const {types[i]}>(p, SCALARS + {i});" for i in range(n)]
        store = [f"*pointer<{types[i]}>(p, SCALARS_AFTER + {i}) = c.s{i};" for i in range(n)]
        lines = Lines(self.scalars, self.scalars.leaves, prefix="c.")
        new = [lines.element(self.after[i]) for i in self.inputs.scalars]
        kept = [f"const {types[i]} new{i} = {value};" for i, value in enumerate(new)]
        put = [f"c.s{i} = new{i};" for i in range(len(new))]
        update = [*lines.text, *kept, *put]
        return [
            _plain("void load_scalars(const Arguments& p, Scalars& c)", load),
            _plain("void store_scalars(const Arguments& p, const Scalars& c)", store),
            _plain("void update_scalars(Scalars& c)", update),
            _plain("void derive_scalars(Scalars& c)", [self.scalars.text]),
        ]


def _plain(head: str, lines: Sequence[str]) -> str:
    return "\n  ".join([f"DEVICE {head} {{", *lines]) + "\n}"


def _assigned(name: str, values: Sequence[str]) -> list[str]:
    return [f"{name}[{i}] = {value};" for i, value in enumerate(values)]
