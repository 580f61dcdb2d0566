"""Count the launches of a compiled XLA program, from the text that XLA dumps.

>>> text = '''
... %body (p: (s32[], f32[2])) -> (s32[], f32[2]) {
...   %p = (s32[], f32[2]) parameter(0)
...   %a = f32[2]{0} get-tuple-element(%p), index=1
...   %b = f32[2]{0} fusion(%a), kind=kLoop, calls=%fused
...   ROOT %t = (s32[], f32[2]) tuple(%c, %b)
... }
... ENTRY %main (x: f32[2]) -> f32[2] {
...   %w = (s32[], f32[2]) while(%t), condition=%cond, body=%body
... }
... '''
>>> count_launches(text)
1
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Instructions that neither compute nor move anything.
FREE = {
    "after-all",
    "bitcast",
    "constant",
    "get-tuple-element",
    "opt-barrier",
    "parameter",
    "partition-id",
    "tuple",
}
HEAD = re.compile(r"^(ENTRY )?%?([\w.-]+) .*\{$")
INSTRUCTION = re.compile(r"^\s+(?:ROOT )?%?[\w.-]+ = (?:\(.*?\)|\S+) ([a-z][\w-]*)\((.*)$")
CALLED = re.compile(r"(?:body|to_apply|called_computations=\{)=?%?([\w.-]+)")

Computations = dict[str, list[tuple[str, str]]]


def dump_to(folder: str) -> dict[str, str]:
    """Return environment variables with which XLA writes its programs to ``folder``."""
    flags = f"--xla_dump_to={folder} --xla_dump_hlo_as_text"
    return {"XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()}


def count_in_folder(folder: Path) -> int:
    """Return the number of launches in an iteration of the longest loop of programs in a folder.

    Raises
    ------
    FileNotFoundError
        If XLA has written no program.
    """
    programs = list(folder.glob("*after_optimizations.txt"))
    if not programs:
        raise FileNotFoundError(f"XLA has dumped no program to {folder}")
    texts = [path.read_text(encoding="utf-8") for path in programs]
    # XLA unrolls a loop of one iteration. In this case, the largest program is counted.
    return max(map(count_launches, texts)) or max(count("ENTRY", parse(t)) for t in texts)


def count_launches(text: str) -> int:
    """Return the number of launches in one iteration of the longest loop; 0 without a loop."""
    computations = parse(text)
    bodies = [
        called(rest)
        for instructions in computations.values()
        for opcode, rest in instructions
        if opcode == "while"
    ]
    return max((count(name, computations) for name in bodies), default=0)


def kinds(text: str) -> dict[str, int]:
    """Return the numbers of products, pads, copies and others in the longest loop's iteration."""
    computations = parse(text)
    bodies = [
        called(rest)
        for instructions in computations.values()
        for opcode, rest in instructions
        if opcode == "while"
    ]
    found = {"product": 0, "pad": 0, "copy": 0, "other": 0}
    if bodies:
        longest = max(bodies, key=lambda name: count(name, computations))
        for opcode, rest in computations[longest]:
            if opcode not in FREE and not opcode.endswith("-done"):
                found[kind(opcode, rest)] += 1
    return found


def kind(opcode: str, rest: str) -> str:
    """Return the kind of a launch, from the name that XLA gives to the fusion."""
    if opcode == "copy":
        return "copy"
    if opcode == "dot" or "calls=%gemm" in rest or 'custom_call_target="__cublas' in rest:
        return "product"
    return "pad" if "calls=%fused_pad" in rest else "other"


def parse(text: str) -> Computations:
    """Return the opcode and arguments of all instructions, by the name of their computation."""
    computations: Computations = {}
    instructions: list[tuple[str, str]] = []
    for line in text.splitlines():
        if head := HEAD.match(line):
            instructions = computations.setdefault("ENTRY" if head[1] else head[2], [])
        elif found := INSTRUCTION.match(line):
            instructions.append((found[1], found[2]))
    return computations


def count(name: str, computations: Computations) -> int:
    """Return the number of launches of a computation, including the computations that it calls."""
    total = 0
    for opcode, rest in computations.get(name, []):
        if opcode in ("call", "while"):
            total += count(called(rest), computations)
        elif opcode not in FREE and not opcode.endswith("-done"):
            total += 1
    return total


def called(rest: str) -> str:
    """Return the computation that a call or a loop names."""
    found = CALLED.search(rest)
    return found[1] if found else ""
