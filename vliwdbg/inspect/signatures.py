"""What lanes compute, in a form that can be compared: across a run, and between two programs.

A program is run on several inputs of our choosing. The *value* of a node stands for the words that
it makes on all of them, its *computation* for what it does to which values. Equal numbers mean
equal words, whatever the order, the registers and the engine:

    v[3] ^ node      and      node ^ v[3]        one computation, by alu or by valu
    x + 7            and      add_imm x, 7       one computation
    a load of a word that was stored, a store and a broadcast only move a value
    a load of an input word                      its address is a part of the computation

On *class inputs* all elements of a class have one value at the start, so right elements of a class
compute the very same values, and one that goes astray is the one that does not. Numbers are hashes
of 64 bits: two of a hundred thousand are equal by chance once in a billion times.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress, count, repeat
from random import Random
from typing import NamedTuple

from machine.core.inputs import memory_of, with_room
from machine.core.tracing import IMMEDIATES, MOST_NODES, NODE_COUNTS, Trace, Tracer, Why
from machine.isa import OPCODES, VLEN, WORD_MASK
from machine.machine import NO_LIMIT
from machine.patterns import Inputs
from machine.problem import Layout, Problem
from machine.program import Program
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import parts_of

CLASSES = 8
"""Of elements that start with one value; neighbours in a vector and in lanes are of different
ones."""

_SAME_AS = {"add_imm": "+", "vselect": "select", "load_offset": "load", "vload": "load"}
_MOVES = frozenset({"vbroadcast", "store", "vstore", "const"})
_ANY_ORDER = frozenset({"+", "*", "^", "&", "|", "==", "multiply_add"})
MOVE, LOAD, ANY_ORDER, IN_ORDER = range(4)
"""How the values of operands go into a computation."""


def _form(name: str) -> int:
    if name in _MOVES:
        return MOVE
    if name == "load":
        return LOAD
    return ANY_ORDER if name in _ANY_ORDER else IN_ORDER


KINDS = tuple(_SAME_AS.get(row.name, row.name) for row in OPCODES)
"""By opcode what is done, by one name on all engines."""
FORMS = bytes(map(_form, KINDS))
"""By opcode how its operands count."""
_MOVE, _LOAD = 254, 255
"""Keys of what is done whatever the opcode: a word is passed on, an input word is loaded."""
_KEYS = bytes(
    {MOVE: _MOVE, LOAD: _LOAD}.get(form, KINDS.index(kind))
    for form, kind in zip(FORMS, KINDS, strict=True)
).ljust(256, b"\0")
"""By opcode the key of its kind, in a form for `bytes.translate`."""
_NO_VALUE = hash(("operand", 0))
"""Of an operand that a node does not read."""
_CODES_OF_SLOT = tuple(bytes([row.code]) * NODE_COUNTS[row.code] for row in OPCODES)


def _marks(marked: Iterable[bool]) -> bytes:
    """By opcode 1 where it is so, in a form for `bytes.translate`."""
    return bytes(marked).ljust(256, b"\0")


_IMMEDIATE = _marks(row.name == "add_imm" for row in OPCODES)
_UNORDERED, _MOVING, _LOADING = (
    _marks(form == one for one in FORMS) for form in (ANY_ORDER, MOVE, LOAD)
)


class Signatures(NamedTuple):
    """Of a program on some inputs; `flow` is the run on the first of them.

    `values` and `computations` are by node; of `values` there are four more, so that the codes of
    producers that are no nodes have theirs from the end. By input, `traces` are the runs and `left`
    the words of memory that they leave. Of `inputs` those are kept of which most go one
    way, and `strays` counts the others.
    """

    flow: Flow
    codes: bytes
    values: list[int]
    computations: list[int]
    traces: tuple[Trace, ...]
    left: tuple[array[int], ...]
    inputs: tuple[array[int], ...]
    strays: int


def sign(
    program: Program,
    inputs: Sequence[array[int]],
    *,
    core: str | None = None,
    most: int = MOST_NODES,
    max_cycles: int = NO_LIMIT,
) -> Signatures:
    """Run a program on some inputs, which stay as they are, and tell what its lanes compute."""
    tracer = Tracer(program, core)
    runs: dict[bytes, list[tuple[Trace, array[int], array[int]]]] = {}
    for given in parts_of("inputs", inputs, 1):
        image = with_room(program, given)
        memory = image[:]
        trace = tracer(memory, most=most, max_cycles=max_cycles)
        runs.setdefault(trace.pcs.tobytes(), []).append((trace, memory, image))
    together = max(runs.values(), key=lambda run: (len(run), run[0][0].why is not Why.FAULT))
    traces, left, taken = zip(*together, strict=True)
    flow = Flow(program, taken[0], traces[0])
    codes = codes_of_nodes(flow)
    words = zip(*(trace.values for trace in traces), strict=True)
    unknown = [hash(("before", 0)), _NO_VALUE, hash(("input", 0))]
    values = [*map(hash, words), *unknown, hash((0,) * len(traces))]
    computations = _computations(flow, codes, values, traces)
    strays = len(inputs) - len(taken)
    return Signatures(flow, codes, values, computations, traces, left, taken, strays)


def codes_of_nodes(flow: Flow) -> bytes:
    """By node the number of its opcode."""
    once = b"".join(map(_CODES_OF_SLOT.__getitem__, flow.columns.opcodes))
    return spread_by_step(flow, once)


def spread_by_step(flow: Flow, once: bytes) -> bytes:
    """A byte for each node of each executed bundle, given those of the program's slots in order."""
    before = [flow.nodes_before_bundle(pc) for pc in range(len(flow.program) + 1)]
    return b"".join(once[before[pc] : before[pc + 1]] for pc in parts_of("bundles", flow.pcs))


def slots_of_nodes(flow: Flow) -> array[int]:
    """By node its slot, by number in the program."""
    counts = flow.columns.opcodes.tobytes().translate(NODE_COUNTS)
    once = array("I", chain.from_iterable(map(repeat, range(len(counts)), counts)))
    before = [flow.nodes_before_bundle(pc) for pc in range(len(flow.program) + 1)]
    view = memoryview(once)
    return array(
        "I", b"".join(view[before[pc] : before[pc + 1]] for pc in parts_of("bundles", flow.pcs))
    )


def computation(code: int, a: int, b: int, c: int) -> int:
    """Of an opcode that is neither a move nor a load, and the values of its operands."""
    if FORMS[code] == ANY_ORDER and a > b:
        a, b = b, a
    return hash((_KEYS[code], a, b, c))


def moved(value: int) -> int:
    """The computation that passes a value on."""
    return hash((_MOVE, value, _NO_VALUE, _NO_VALUE))


def loaded(address: int, value: int) -> int:
    """The computation of a load of an input word, by the hash of its addresses on all inputs."""
    return hash((_LOAD, address, value, _NO_VALUE))


def _computations(
    flow: Flow, codes: bytes, values: Sequence[int], traces: Sequence[Trace]
) -> list[int]:
    """By node what the functions above make of it, all in one go."""
    a, b, c = (list(map(values.__getitem__, column)) for column in flow.sources)
    keys = bytearray(codes.translate(_KEYS))
    for node in _nodes_with(codes, _IMMEDIATE):
        b[node] = _immediate(flow, codes, node, len(traces))
    for node in _nodes_with(codes, _UNORDERED):
        if a[node] > b[node]:
            a[node], b[node] = b[node], a[node]
    for node in _nodes_with(codes, _MOVING):
        a[node], b[node] = values[node], _NO_VALUE
    loading = codes.translate(_LOADING)
    addresses = zip(*(compress(trace.addresses, loading) for trace in traces), strict=True)
    for node, address in zip(_nodes_with(codes, _LOADING), map(hash, addresses), strict=True):
        if flow.stored[node] >= 0:
            keys[node], a[node] = _MOVE, values[node]
        else:
            a[node], b[node] = address, values[node]
    return list(map(hash, zip(parts_of("computations", keys), a, b, c, strict=True)))


def _nodes_with(codes: bytes, marks: bytes) -> Iterator[int]:
    """The nodes whose opcodes are marked, in order."""
    return compress(count(), codes.translate(marks))


def _immediate(flow: Flow, codes: bytes, node: int, inputs: int) -> int:
    """The value of the immediate that a node adds."""
    at = IMMEDIATES[codes[node]]
    assert at is not None
    word = flow.operands(flow.place(node).slot)[at] & WORD_MASK
    return hash((word,) * inputs)


# --- inputs ---------------------------------------------------------------------------------------


def full_inputs(problem: Problem, count: int) -> list[array[int]]:
    """Inputs with random nodes and values of 32 bits."""
    inputs = Inputs(problem, ("full",))
    images = []
    for seed in range(problem.seed, problem.seed + count):
        image = memory_of(problem)
        inputs.change(seed, image)
        images.append(image)
    return images


def class_of(element: int) -> int:
    """The class of an element."""
    vector, lane = divmod(element, VLEN)
    return (lane + 3 * vector + vector // VLEN) % CLASSES


def class_inputs(problem: Problem, count: int) -> list[array[int]]:
    """Inputs with random nodes of 32 bits, and one random value for each class of elements."""
    layout = problem.layout
    return [_class_input(layout, Random(f"{problem.seed} class {k}")) for k in range(count)]


def _class_input(layout: Layout, random: Random) -> array[int]:
    nodes = (random.getrandbits(32) for _ in range(layout.n_nodes))
    words = [random.getrandbits(32) for _ in range(CLASSES)]
    values = (words[class_of(element)] for element in range(layout.batch_size))
    return array("I", (*layout.header, *nodes, *repeat(0, layout.batch_size), *values))
