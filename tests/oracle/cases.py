"""Rows computed by hand, one for each sentence of docs/machine.md.

A row's program starts on a fresh machine (scratch all zero) and runs until it stops, pauses or
faults; `resumes` times a pause is passed by running on; never more than `steps` bundles are tried.
A step at or past the end stops the machine and executes nothing. Everything expected is a literal;
memory is expected as it was at the start but for `stored`, the trace to be just `trace`. No program
here needs more than the contract's slot limits, and none uses a scratch address outside scratch.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .shapes import Fault, Key, Reference

Bundles = list[dict[str, list[list[Any]]]]
Words = dict[int, int]

TOP = 0xFFFFFFFF
SIGN = 0x80000000


@dataclass(frozen=True)
class Case:
    """A sentence of the contract, a program that leans on it, and what must come out."""

    id: str
    sentence: str
    bundles: Bundles
    pc: int
    cycle: int
    state: str = "stopped"
    scratch: Mapping[int, int] = field(default_factory=dict)
    memory: Sequence[int] = ()
    stored: Mapping[int, int] = field(default_factory=dict)
    trace: Sequence[int] = ()
    fault: Fault | None = None
    reference: Reference | None = None
    debug: bool = True
    pauses: bool = True
    resumes: int = 0
    steps: int = 1000


# --- words for programs and expectations ----------------------------------------------------------


def const(dest: int, imm: int) -> list[Any]:
    return ["const", dest, imm]


def words(base: int, *values: int) -> Bundles:
    """Bundles that set scratch from `base` on, two words a cycle."""
    slots = [const(base + i, value) for i, value in enumerate(values)]
    return [{"load": slots[i : i + 2]} for i in range(0, len(slots), 2)]


def fill(base: int, value: int) -> Bundles:
    """Two bundles (two cycles) that set a vector to one value."""
    return [{"load": [const(base, value)]}, {"valu": [["vbroadcast", base, base]]}]


def row(base: int, *values: int) -> Words:
    """Consecutive words, as expected."""
    return {base + i: value for i, value in enumerate(values)}


def same(base: int, value: int) -> Words:
    """A vector of eight equal lanes, as expected."""
    return row(base, *[value] * 8)


# --- alu: each row is run as an alu slot and, broadcast, as a valu slot ---------------------------

# fmt: off
ARITHMETIC: tuple[tuple[str, str, str, int, int, int], ...] = (
    # id, sentence, op, a, b, result
    ("add", "`+`", "+", 3, 4, 7),
    ("add-wraps", "wraps modulo 2^32 at the end of each operation", "+", TOP, 1, 0),
    ("add-wraps-twice-top", "wraps modulo 2^32", "+", TOP, TOP, 0xFFFFFFFE),
    ("add-sign-bits", "unsigned words", "+", SIGN, SIGN, 0),
    ("sub", "`-`", "-", 5, 3, 2),
    ("sub-wraps", "wraps modulo 2^32", "-", 3, 5, 0xFFFFFFFE),
    ("sub-from-zero", "wraps modulo 2^32", "-", 0, 1, TOP),
    ("sub-top-from-zero", "wraps modulo 2^32", "-", 0, TOP, 1),
    ("sub-sign-from-zero", "wraps modulo 2^32", "-", 0, SIGN, SIGN),
    ("mul", "`*`", "*", 6, 7, 42),
    ("mul-wraps-to-zero", "wraps modulo 2^32", "*", 0x10000, 0x10000, 0),
    ("mul-top-squared", "wraps modulo 2^32", "*", TOP, TOP, 1),
    ("mul-sign-by-two", "wraps modulo 2^32", "*", SIGN, 2, 0),
    ("mul-top-by-two", "wraps modulo 2^32", "*", TOP, 2, 0xFFFFFFFE),
    ("mul-low-word", "wraps modulo 2^32", "*", 0x12345678, 0x9ABCDEF0, 0x242D2080),
    ("xor", "`^`", "^", 0xF0F0F0F0, 0xFF00FF00, 0x0FF00FF0),
    ("and", "`&`", "&", 0xF0F0F0F0, 0xFF00FF00, 0xF000F000),
    ("or", "`|`", "|", 0xF0F0F0F0, 0xFF00FF00, 0xFFF0FFF0),
    ("div-floors", "`//`: floor of a / b", "//", 7, 2, 3),
    ("div-zero-by", "`//`: floor of a / b", "//", 0, 5, 0),
    ("div-top-by-one", "`//`: floor of a / b", "//", TOP, 1, TOP),
    ("div-top-by-top", "`//`: floor of a / b", "//", TOP, TOP, 1),
    ("div-just-below-one", "`//`: floor of a / b", "//", 0xFFFFFFFE, TOP, 0),
    ("div-unsigned", "`//`, on unsigned words", "//", 0xFFFFFFF9, 2, 0x7FFFFFFC),
    ("div-sign-by-top", "`//`, on unsigned words", "//", SIGN, TOP, 0),
    ("mod", "`%`: a modulo b", "%", 7, 3, 1),
    ("mod-top-by-ten", "`%`: a modulo b", "%", TOP, 10, 5),
    ("mod-top-by-top", "`%`: a modulo b", "%", TOP, TOP, 0),
    ("mod-by-top", "`%`: a modulo b", "%", 5, TOP, 5),
    ("mod-by-one", "`%`: a modulo b", "%", TOP, 1, 0),
    ("mod-sign-by-top", "`%`, on unsigned words", "%", SIGN, TOP, SIGN),
    ("mod-unsigned", "`%`, on unsigned words", "%", 0xFFFFFFF9, 5, 4),
    ("cdiv-rounds-up", "`cdiv`: floor of (a + b - 1) / b", "cdiv", 7, 2, 4),
    ("cdiv-exact", "`cdiv`: floor of (a + b - 1) / b", "cdiv", 8, 2, 4),
    ("cdiv-zero", "`cdiv`: floor of (a + b - 1) / b", "cdiv", 0, 5, 0),
    ("cdiv-zero-by-one", "`cdiv`: floor of (a + b - 1) / b", "cdiv", 0, 1, 0),
    ("cdiv-zero-by-top", "`cdiv`: floor of (a + b - 1) / b", "cdiv", 0, TOP, 0),
    ("cdiv-one-by-top", "`cdiv`: floor of (a + b - 1) / b", "cdiv", 1, TOP, 1),
    ("cdiv-top-by-one", "`cdiv`: floor of (a + b - 1) / b", "cdiv", TOP, 1, TOP),
    ("cdiv-top-by-two", "with a + b - 1 not wrapped", "cdiv", TOP, 2, SIGN),
    ("cdiv-two-by-top", "with a + b - 1 not wrapped", "cdiv", 2, TOP, 1),
    ("cdiv-top-by-top", "with a + b - 1 not wrapped", "cdiv", TOP, TOP, 1),
    ("cdiv-past-sign", "with a + b - 1 not wrapped", "cdiv", 0x80000001, SIGN, 2),
    ("shl-0", "`<<`: shift by b", "<<", TOP, 0, TOP),
    ("shl-4", "`<<`: what passes bit 31 is gone", "<<", TOP, 4, 0xFFFFFFF0),
    ("shl-31", "`<<`: shift by b", "<<", 3, 31, SIGN),
    ("shl-32", "b of 32 or more gives 0", "<<", 1, 32, 0),
    ("shl-33", "b of 32 or more gives 0", "<<", TOP, 33, 0),
    ("shl-64", "b of 32 or more gives 0", "<<", TOP, 64, 0),
    ("shl-sign", "b of 32 or more gives 0", "<<", TOP, SIGN, 0),
    ("shl-top", "b of 32 or more gives 0", "<<", TOP, TOP, 0),
    ("shr-0", "`>>`: shift by b", ">>", TOP, 0, TOP),
    ("shr-1-unsigned", "`>>`, on unsigned words", ">>", SIGN, 1, 0x40000000),
    ("shr-16", "`>>`: shift by b", ">>", 0xDEADBEEF, 16, 0xDEAD),
    ("shr-31", "`>>`: shift by b", ">>", SIGN, 31, 1),
    ("shr-32", "b of 32 or more gives 0", ">>", TOP, 32, 0),
    ("shr-33", "b of 32 or more gives 0", ">>", TOP, 33, 0),
    ("shr-64", "b of 32 or more gives 0", ">>", TOP, 64, 0),
    ("shr-sign", "b of 32 or more gives 0", ">>", TOP, SIGN, 0),
    ("shr-top", "b of 32 or more gives 0", ">>", TOP, TOP, 0),
    ("less", "`<`: 1 or 0", "<", 1, 2, 1),
    ("less-not", "`<`: 1 or 0", "<", 2, 1, 0),
    ("less-equal", "`<`: 1 or 0", "<", 2, 2, 0),
    ("less-top-zero", "`<`: unsigned", "<", TOP, 0, 0),
    ("less-zero-top", "`<`: unsigned", "<", 0, TOP, 1),
    ("less-past-sign", "`<`: unsigned", "<", 0x7FFFFFFF, SIGN, 1),
    ("equal", "`==`: 1 or 0", "==", 5, 5, 1),
    ("equal-not", "`==`: 1 or 0", "==", 5, 6, 0),
    ("equal-zero", "`==`: 1 or 0", "==", 0, 0, 1),
    ("equal-top", "`==`: unsigned", "==", TOP, TOP, 1),
    ("equal-zero-sign", "`==`: unsigned", "==", 0, SIGN, 0),
)
# fmt: on


def _arithmetic_cases() -> Iterator[Case]:
    for id_, sentence, op, a, b, result in ARITHMETIC:
        operands = words(0, a, b)
        scalar: Bundles = [*operands, {"alu": [[op, 2, 0, 1]]}]
        yield Case(f"alu-{id_}", sentence, scalar, 2, 2, scratch={2: result})
        spread: Bundles = [{"valu": [["vbroadcast", 8, 0], ["vbroadcast", 16, 1]]}]
        vector: Bundles = [*operands, *spread, {"valu": [[op, 24, 8, 16]]}]
        yield Case(f"valu-{id_}", sentence, vector, 3, 3, scratch=same(24, result))


# fmt: off
# --- state ----------------------------------------------------------------------------------------

STATE = (
    Case("empty-program", "pc is 0 at start; cycle is 0 at start; scratch is all zero at start",
         [], 0, 0, scratch={0: 0, 1: 0, 767: 0, 1535: 0}),
    Case("scratch-zero-at-start", "1536 words of 32 bits, all zero at start",
         [*words(0, 7), {"alu": [["+", 0, 1535, 1534]]}], 2, 2, scratch={0: 0, 1535: 0}),
    Case("scratch-last-word", "1536 words", words(1535, 9), 1, 1, scratch={1534: 0, 1535: 9}),
    Case("vector-at-the-end", "a vector is 8 consecutive scratch words, named by its first address",
         fill(1528, 6), 2, 2, scratch={1527: 0, **same(1528, 6)}),
    Case("vector-unaligned", "a vector has no alignment",
         [*words(0, 5), {"valu": [["vbroadcast", 13, 0]]}], 2, 2,
         scratch={12: 0, **same(13, 5), 21: 0}),
    Case("memory-as-loaded", "memory: a flat list of 32-bit words", [{"load": [["load", 1, 0]]}],
         1, 1, scratch={1: TOP}, memory=[TOP, 2]),
    Case("trace-grows", "trace buffer: a growing list of words",
         [*words(0, 4), {"flow": [["trace_write", 0]]}, *words(0, TOP),
          {"flow": [["trace_write", 0]]}, {"flow": [["trace_write", 1]]}],
         5, 5, trace=[4, TOP, 0]),
)

# --- bundles --------------------------------------------------------------------------------------

READS = (
    Case("swap", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 1, 2), {"alu": [["+", 0, 1, 9], ["+", 1, 0, 9]]}], 2, 2,
         scratch={0: 2, 1: 1}),
    Case("swap-vectors", "Every slot reads scratch as it was at the start of the cycle",
         [*fill(8, 1), *fill(16, 2), {"valu": [["|", 8, 16, 24], ["|", 16, 8, 24]]}], 5, 5,
         scratch={**same(8, 2), **same(16, 1)}),
    Case("no-forwarding", "All writes land together at the end of the cycle",
         [*words(0, 5), {"alu": [["+", 1, 0, 0], ["+", 2, 1, 1]]}], 2, 2,
         scratch={0: 5, 1: 10, 2: 0}),
    Case("no-forwarding-across-engines", "All writes land together at the end of the cycle",
         [{"load": [const(0, 9)], "alu": [["+", 1, 0, 5]]}], 1, 1, scratch={0: 9, 1: 0}),
    Case("select-reads-old-cond", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 1, 10, 20), {"load": [const(0, 0)], "flow": [["select", 3, 0, 1, 2]]}], 3, 3,
         scratch={0: 0, 3: 10}),
    Case("store-reads-old-source", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 1, 7), {"load": [const(1, 8)], "store": [["store", 0, 1]]}], 2, 2,
         scratch={1: 8}, memory=[0, 0], stored={1: 7}),
    Case("store-reads-old-address", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 1, 7), {"load": [const(0, 0)], "store": [["store", 0, 1]]}], 2, 2,
         scratch={0: 0}, memory=[0, 0], stored={1: 7}),
    Case("load-reads-old-address", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 1), {"load": [const(0, 0), ["load", 1, 0]]}], 2, 2, scratch={0: 0, 1: 6},
         memory=[5, 6]),
    Case("load-beside-store", "Every slot reads memory as it was at the start of the cycle",
         [*words(0, 1, 7), {"load": [["load", 2, 0]], "store": [["store", 0, 1]]}], 2, 2,
         scratch={2: 6}, memory=[5, 6], stored={1: 7}),
    Case("load-after-store-in-order", "Every slot reads memory as it was at the start of the cycle",
         [*words(0, 1, 7), {"store": [["store", 0, 1]], "load": [["load", 2, 0]]}], 2, 2,
         scratch={2: 6}, memory=[5, 6], stored={1: 7}),
    Case("vload-beside-vstore", "Every slot reads memory as it was at the start of the cycle",
         [*fill(8, 3), {"store": [["vstore", 0, 8]], "load": [["vload", 8, 1]]}], 3, 3,
         scratch=row(8, 10, 11, 12, 13, 14, 15, 16, 17),
         memory=[10, 11, 12, 13, 14, 15, 16, 17], stored=same(0, 3)),
    Case("store-is-seen-next-cycle", "All writes land together at the end of the cycle",
         [*words(0, 1, 7), {"store": [["store", 0, 1]]}, {"load": [["load", 2, 0]]}], 3, 3,
         scratch={2: 7}, memory=[5, 6], stored={1: 7}),
    Case("trace-reads-old", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 4), {"load": [const(0, 5)], "flow": [["trace_write", 0]]}], 2, 2,
         scratch={0: 5}, trace=[4]),
    Case("jump-indirect-reads-old", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 3), {"load": [const(0, 0)], "flow": [["jump_indirect", 0]]}, *words(1, 1),
          *words(2, 2)], 4, 3, scratch={0: 0, 1: 0, 2: 2}),
    Case("cond-jump-reads-old", "Every slot reads scratch as it was at the start of the cycle",
         [{"load": [const(0, 1)], "flow": [["cond_jump", 0, 2]]}, *words(1, 1)], 2, 2,
         scratch={0: 1, 1: 1}),
    Case("all-engines-read-old", "Every slot reads scratch as it was at the start of the cycle",
         [*fill(8, 2), *words(0, 1, 5),
          {"load": [const(1, 99)],
           "valu": [["vbroadcast", 8, 1], ["multiply_add", 16, 8, 8, 8], ["+", 24, 8, 8]],
           "alu": [["+", 40, 1, 1]], "store": [["vstore", 0, 8]],
           "flow": [["vselect", 32, 8, 8, 16]]}], 4, 4,
         scratch={0: 1, 1: 99, **same(8, 5), **same(16, 6), **same(24, 4), **same(32, 2), 40: 10},
         memory=[90] * 10, stored=same(1, 2)),
    Case("load-offset-reads-old", "Every slot reads scratch as it was at the start of the cycle",
         [{"load": [const(0, 1), ["load_offset", 8, 0, 0]], "flow": [["add_imm", 9, 0, 5]]}], 1, 1,
         scratch={0: 1, 8: 7, 9: 5}, memory=[7, 8]),
    Case("own-operand", "Every slot reads scratch as it was at the start of the cycle",
         [*words(0, 5), {"alu": [["*", 0, 0, 0]]}], 2, 2, scratch={0: 25}),
)

LATER_WINS = (
    Case("later-slot-load", "the later one wins, in the order in which each engine lists its slots",
         [{"load": [const(0, 1), const(0, 2)]}], 1, 1, scratch={0: 2}),
    Case("later-slot-alu", "the later one wins, in the order in which each engine lists its slots",
         [*words(0, 1, 2), {"alu": [["+", 2, 1, 1], ["+", 2, 0, 0]]}], 2, 2, scratch={2: 2}),
    Case("later-slot-of-twelve", "alu has 12 slots; the later one wins",
         [*words(0, 3, 10, 0),
          {"alu": [*[["*", 5, 0, 1]] * 4, *[["+", 5, 0, 1]] * 4, *[["-", 5, 1, 0]] * 4]}], 3, 3,
         scratch={5: 7}),
    Case("later-slot-valu", "the later one wins, in the order in which each engine lists its slots",
         [*words(0, 1, 2), {"valu": [["vbroadcast", 8, 0], ["vbroadcast", 12, 1]]}], 2, 2,
         scratch=row(8, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2)),
    Case("later-slot-valu-lower", "the later one wins, lane by lane where vectors overlap",
         [*words(0, 1, 2), {"valu": [["vbroadcast", 12, 0], ["vbroadcast", 8, 1]]}], 2, 2,
         scratch=row(8, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1)),
    Case("alu-then-load", "in the order in which the bundle lists its engines",
         [*words(0, 1), {"alu": [["+", 2, 0, 0]], "load": [const(2, 9)]}], 2, 2, scratch={2: 9}),
    Case("load-then-alu", "in the order in which the bundle lists its engines",
         [*words(0, 1), {"load": [const(2, 9)], "alu": [["+", 2, 0, 0]]}], 2, 2, scratch={2: 2}),
    Case("valu-then-alu", "in the order in which the bundle lists its engines",
         [*words(0, 4), {"valu": [["vbroadcast", 8, 0]], "alu": [["+", 10, 0, 0]]}], 2, 2,
         scratch=row(8, 4, 4, 8, 4, 4, 4, 4, 4)),
    Case("alu-then-valu", "in the order in which the bundle lists its engines",
         [*words(0, 4), {"alu": [["+", 10, 0, 0]], "valu": [["vbroadcast", 8, 0]]}], 2, 2,
         scratch=same(8, 4)),
    Case("load-then-flow", "in the order in which the bundle lists its engines",
         [{"load": [const(2, 9)], "flow": [["add_imm", 2, 0, 5]]}], 1, 1, scratch={2: 5}),
    Case("flow-then-load", "in the order in which the bundle lists its engines",
         [{"flow": [["add_imm", 2, 0, 5]], "load": [const(2, 9)]}], 1, 1, scratch={2: 9}),
    Case("load-then-coreid", "in the order in which the bundle lists its engines",
         [{"load": [const(2, 9)], "flow": [["coreid", 2]]}], 1, 1, scratch={2: 0}),
    Case("coreid-then-load", "in the order in which the bundle lists its engines",
         [{"flow": [["coreid", 2]], "load": [const(2, 9)]}], 1, 1, scratch={2: 9}),
    Case("flow-then-alu-then-valu", "in the order in which the bundle lists its engines",
         [*words(0, 3), {"flow": [["add_imm", 8, 0, 5]], "alu": [["+", 8, 0, 0], ["-", 9, 0, 0]],
                         "valu": [["vbroadcast", 1, 0]]}], 2, 2,
         scratch={**same(1, 3), 8: 3, 9: 0}),
    Case("valu-then-flow-then-alu", "in the order in which the bundle lists its engines",
         [*words(0, 3), {"valu": [["vbroadcast", 1, 0]], "flow": [["add_imm", 8, 0, 5]],
                         "alu": [["+", 7, 0, 0]]}], 2, 2,
         scratch=row(1, 3, 3, 3, 3, 3, 3, 6, 8)),
    Case("vload-then-const", "the later one wins, in the order of an engine's slots",
         [{"load": [["vload", 8, 0], const(9, 99)]}], 1, 1,
         scratch=row(8, 1, 99, 3, 4, 5, 6, 7, 8), memory=[1, 2, 3, 4, 5, 6, 7, 8]),
    Case("const-then-vload", "the later one wins, in the order of an engine's slots",
         [{"load": [const(9, 99), ["vload", 8, 0]]}], 1, 1,
         scratch=row(8, 1, 2, 3, 4, 5, 6, 7, 8), memory=[1, 2, 3, 4, 5, 6, 7, 8]),
    Case("vloads-overlap", "the later one wins, lane by lane where vectors overlap",
         [*words(0, 1), {"load": [["vload", 8, 0], ["vload", 9, 30]]}], 2, 2,
         scratch=row(8, 2, 1, 2, 3, 4, 5, 6, 7, 8), memory=[1, 2, 3, 4, 5, 6, 7, 8, 9]),
    Case("vselect-then-load", "in the order in which the bundle lists its engines",
         [*fill(8, 4), {"flow": [["vselect", 16, 8, 8, 24]], "load": [const(16, 1), const(23, 2)]}],
         3, 3, scratch=row(16, 1, 4, 4, 4, 4, 4, 4, 2)),
    Case("load-then-vselect", "in the order in which the bundle lists its engines",
         [*fill(8, 4), {"load": [const(16, 1), const(23, 2)], "flow": [["vselect", 16, 8, 8, 24]]}],
         3, 3, scratch=same(16, 4)),
    Case("later-store", "the later one wins (memory)",
         [*words(0, 1, 7, 8), {"store": [["store", 0, 1], ["store", 0, 2]]}], 3, 3,
         memory=[0, 0, 0], stored={1: 8}),
    Case("vstore-then-store", "the later one wins (memory)",
         [*words(0, 2, 7), *fill(8, 3), {"store": [["vstore", 30, 8], ["store", 0, 1]]}], 4, 4,
         memory=[0] * 8, stored={**same(0, 3), 2: 7}),
    Case("store-then-vstore", "the later one wins (memory)",
         [*words(0, 2, 7), *fill(8, 3), {"store": [["store", 0, 1], ["vstore", 30, 8]]}], 4, 4,
         memory=[0] * 8, stored=same(0, 3)),
    Case("vstores-overlap", "the later one wins (memory)",
         [*words(0, 1), *fill(8, 3), *fill(16, 4),
          {"store": [["vstore", 0, 8], ["vstore", 30, 16]]}], 6, 6,
         memory=[0] * 9, stored=row(0, 4, 4, 4, 4, 4, 4, 4, 4, 3)),
)

CYCLES = (
    Case("empty-bundle-is-free", "A bundle `{}` is free", [{}, {}, {}], 3, 0),
    Case("empty-debug-is-free", "A bundle with `debug` alone is free", [{"debug": []}], 1, 0),
    Case("debug-alone-is-free", "A bundle with `debug` alone is free",
         [{"debug": [["comment", "a"], ["comment", "b"]]}, *words(0, 1)], 2, 1, scratch={0: 1}),
    Case("debug-alone-is-free-debug-off", "A bundle with `debug` alone is free",
         [{"debug": [["comment", "a"]]}, *words(0, 1)], 2, 1, scratch={0: 1}, debug=False),
    Case("empty-alu-costs", "an engine other than `debug`, even one whose slot list is empty",
         [{"alu": []}], 1, 1),
    Case("empty-engines-cost-one", "`cycle` grows by one for each executed bundle",
         [{"alu": [], "valu": [], "load": [], "store": [], "flow": []}], 1, 1),
    Case("each-empty-engine-costs", "even one whose slot list is empty",
         [{"alu": []}, {"valu": []}, {"load": []}, {"store": []}, {"flow": []}, {"debug": []}],
         6, 5),
    Case("debug-with-empty-store-costs", "at least one engine other than `debug` as a key",
         [{"debug": [["comment"]], "store": []}], 1, 1),
    Case("full-bundle-costs-one", "All slots of a bundle execute in one cycle",
         [{"alu": [["==", i, 30, 31] for i in range(12)],
           "valu": [["==", 40 + 8 * i, 100, 108] for i in range(6)],
           "load": [const(12, 2), ["vload", 120, 200]],
           "store": [["store", 200, 201], ["vstore", 200, 202]],
           "flow": [["add_imm", 13, 200, 3]], "debug": [["comment", "full"]]}], 1, 1,
         scratch={**row(0, *[1] * 12), 12: 2, 13: 3, **row(40, *[1] * 48), **same(120, 9)},
         memory=[9] * 8, stored=same(0, 0)),
    Case("skipped-bundles-are-not-counted", "`cycle` grows by one for each executed bundle",
         [{"flow": [["jump", 3]]}, {"alu": []}, {"alu": []}, {"alu": []}], 4, 2),
    Case("loop-counts-each-round", "`cycle` grows by one for each executed bundle",
         [*words(0, 3), {"flow": [["add_imm", 0, 0, -1]]}, {}, {"flow": [["cond_jump", 0, 1]]}],
         4, 7, scratch={0: 0}),
    Case("pc-advances-by-one", "pc advances by one before the slots execute",
         [{"alu": []}, {}, {"debug": []}, {"flow": []}], 4, 2),
    Case("sixty-five-debug-slots", "the debug limit is a warning",
         [{"debug": [["comment", i] for i in range(65)]}, *words(0, 1)], 2, 1, scratch={0: 1}),
)

# --- valu -----------------------------------------------------------------------------------------

VECTORS = (
    Case("valu-lane-by-lane", "dest+i = (a+i) op (b+i), with any alu op",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), *words(16, 10, 20, 30, 40, 50, 60, 70, 80),
          {"valu": [["+", 24, 8, 16], ["-", 32, 8, 16], ["*", 40, 8, 16], ["//", 48, 16, 8],
                    ["%", 56, 16, 8], ["cdiv", 64, 16, 8]]}], 9, 9,
         scratch={**row(24, 11, 22, 33, 44, 55, 66, 77, 88),
                  **row(32, 0xFFFFFFF7, 0xFFFFFFEE, 0xFFFFFFE5, 0xFFFFFFDC,
                        0xFFFFFFD3, 0xFFFFFFCA, 0xFFFFFFC1, 0xFFFFFFB8),
                  **row(40, 10, 40, 90, 160, 250, 360, 490, 640),
                  **same(48, 10), **same(56, 0), **same(64, 10)}),
    Case("valu-bits-lane-by-lane", "dest+i = (a+i) op (b+i), with any alu op",
         [*words(8, 0, 1, 2, 3, 4, 5, 6, 7), *words(16, 7, 6, 5, 4, 3, 2, 1, 0),
          {"valu": [["^", 24, 8, 16], ["&", 32, 8, 16], ["|", 40, 8, 16], ["<", 48, 8, 16],
                    ["==", 56, 8, 16]]}, {"valu": [["==", 56, 8, 8], ["<<", 64, 8, 16]]}], 10, 10,
         scratch={**same(24, 7), **same(32, 0), **same(40, 7), **row(48, 1, 1, 1, 1, 0, 0, 0, 0),
                  **same(56, 1), **row(64, 0, 64, 64, 48, 32, 20, 12, 7)}),
    Case("valu-mod-lane-by-lane", "dest+i = (a+i) op (b+i), with any alu op",
         [*fill(8, 100), *words(16, 1, 3, 7, 9, 11, 99, 100, 101),
          {"valu": [["%", 24, 8, 16], ["//", 32, 8, 16], ["cdiv", 40, 8, 16]]}], 7, 7,
         scratch={**row(24, 0, 1, 2, 1, 1, 1, 0, 100), **row(32, 100, 33, 14, 11, 9, 1, 1, 0),
                  **row(40, 100, 34, 15, 12, 10, 2, 1, 1)}),
    Case("valu-shifts-each-lane-its-own", "b of 32 or more gives 0, lane by lane",
         [*fill(8, TOP), *words(16, 0, 1, 31, 32, 33, 64, SIGN, TOP),
          {"valu": [["<<", 24, 8, 16], [">>", 32, 8, 16]]}], 7, 7,
         scratch={**row(24, TOP, 0xFFFFFFFE, SIGN, 0, 0, 0, 0, 0),
                  **row(32, TOP, 0x7FFFFFFF, 1, 0, 0, 0, 0, 0)}),
    Case("valu-overlap-up", "every lane reads the start of the cycle, dest one above a source",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"valu": [["+", 9, 8, 30]]}], 5, 5,
         scratch=row(8, 1, 1, 2, 3, 4, 5, 6, 7, 8)),
    Case("valu-overlap-down", "every lane reads the start of the cycle, dest one below a source",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"valu": [["+", 7, 8, 30]]}], 5, 5,
         scratch=row(7, 1, 2, 3, 4, 5, 6, 7, 8, 8)),
    Case("valu-overlapping-sources", "a vector is 8 consecutive words with no alignment",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"valu": [["*", 9, 8, 9]]}], 5, 5,
         scratch=row(8, 1, 2, 6, 12, 20, 30, 42, 56, 0)),
    Case("valu-own-operand", "dest+i = (a+i) op (b+i)",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"valu": [["*", 8, 8, 8]]}], 5, 5,
         scratch=row(8, 1, 4, 9, 16, 25, 36, 49, 64)),
    Case("vbroadcast", "`vbroadcast`: dest+i = src (one scalar)",
         [*words(0, 7, 8), {"valu": [["vbroadcast", 8, 0]]}], 2, 2,
         scratch={7: 0, **same(8, 7), 16: 0}),
    Case("vbroadcast-from-inside", "`vbroadcast`: dest+i = src (one scalar)",
         [*words(8, 1, 2, 3, 4), {"valu": [["vbroadcast", 8, 10]]}], 3, 3, scratch=same(8, 3)),
    Case("multiply-add", "`multiply_add`: dest+i = (a+i) * (b+i) + (c+i)",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), *words(16, 9, 8, 7, 6, 5, 4, 3, 2),
          *words(24, 0, 100, 0, 100, 0, 100, 0, 100), {"valu": [["multiply_add", 32, 8, 16, 24]]}],
         13, 13, scratch=row(32, 9, 116, 21, 124, 25, 124, 21, 116)),
    Case("multiply-add-product-wraps", "`multiply_add` wraps modulo 2^32",
         [*fill(8, TOP), *fill(16, 5), {"valu": [["multiply_add", 24, 8, 8, 16]]}], 5, 5,
         scratch=same(24, 6)),
    Case("multiply-add-sum-wraps", "`multiply_add` wraps modulo 2^32",
         [*fill(8, 0x10001), *fill(16, 0xFFFF), *fill(24, 2),
          {"valu": [["multiply_add", 32, 8, 16, 24]]}], 7, 7, scratch=same(32, 1)),
    Case("multiply-add-largest", "`multiply_add` wraps modulo 2^32",
         [*fill(8, TOP), {"valu": [["multiply_add", 8, 8, 8, 8]]}], 3, 3, scratch=same(8, 0)),
    Case("multiply-add-overlap", "every lane reads the start of the cycle",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8, 9), {"valu": [["multiply_add", 10, 8, 9, 10]]}], 6, 6,
         scratch=row(8, 1, 2, 5, 10, 17, 26, 37, 50, 65, 72)),
    Case("six-valu-slots", "valu: 6 slots per bundle",
         [*words(0, 1, 2), {"valu": [["vbroadcast", 8 + 8 * i, i % 2] for i in range(6)]}], 2, 2,
         scratch={**same(8, 1), **same(16, 2), **same(24, 1), **same(32, 2), **same(40, 1),
                  **same(48, 2)}),
)

# --- load and store -------------------------------------------------------------------------------

LOADS = (
    Case("load", "`load`: dest = mem[scratch[addr]]",
         [*words(0, 2), {"load": [["load", 1, 0]]}], 2, 2, scratch={0: 2, 1: 7}, memory=[5, 6, 7]),
    Case("load-over-its-address", "`load`: dest = mem[scratch[addr]]",
         [*words(0, 1), {"load": [["load", 0, 0]]}], 2, 2, scratch={0: 6}, memory=[5, 6]),
    Case("load-last-word", "a memory address outside memory faults, the last one is inside",
         [*words(0, 1), {"load": [["load", 1, 0]]}], 2, 2, scratch={1: 6}, memory=[5, 6]),
    Case("load-past-the-end", "fault: a memory address outside memory",
         [*words(0, 2), {"load": [["load", 1, 0]]}], 1, 1, "faulted", memory=[5, 6],
         fault=Fault("memory-address", 1, 1, "load", 0, None, 1, 2)),
    Case("load-minus-one", "addresses are unsigned words, none is negative",
         [*words(0, -1), {"load": [["load", 1, 0]]}], 1, 1, "faulted", memory=[5, 6],
         fault=Fault("memory-address", 1, 1, "load", 0, None, 1, TOP)),
    Case("load-without-memory", "fault: a memory address outside memory",
         [{"load": [["load", 1, 0]]}], 0, 0, "faulted",
         fault=Fault("memory-address", 0, 0, "load", 0, None, 1, 0)),
    Case("load-offset", "scratch[dest+imm] = mem[scratch[addr+imm]]",
         [*words(0, 3, 2, 1), {"load": [["load_offset", 8, 0, 2]]}], 3, 3,
         scratch={8: 0, 9: 0, 10: 6}, memory=[5, 6, 7, 8]),
    Case("load-offset-zero", "scratch[dest+imm] = mem[scratch[addr+imm]]",
         [*words(0, 3, 2, 1), {"load": [["load_offset", 8, 0, 0]]}], 3, 3, scratch={8: 8},
         memory=[5, 6, 7, 8]),
    Case("load-offset-negative", "imm is any integer; `load_offset` is checked on operand + imm",
         [*words(0, 3, 2, 1), {"load": [["load_offset", 8, 2, -1]]}], 3, 3,
         scratch={7: 7, 8: 0}, memory=[5, 6, 7, 8]),
    Case("load-offset-last-scratch-word", "`load_offset` is checked on operand + imm",
         [*words(5, 1), {"load": [["load_offset", 1530, 0, 5]]}], 2, 2, scratch={1535: 6},
         memory=[5, 6]),
    Case("load-offset-operands-outside", "`load_offset` is checked on operand + imm",
         [*words(5, 1), {"load": [["load_offset", 1540, 1541, -1536]]}], 2, 2, scratch={4: 6},
         memory=[5, 6]),
    Case("load-offset-both-slots", "scratch[dest+imm] = mem[scratch[addr+imm]]",
         [*words(0, 1, 0), {"load": [["load_offset", 8, 0, 0], ["load_offset", 8, 0, 1]]}], 2, 2,
         scratch={8: 6, 9: 5}, memory=[5, 6]),
    Case("load-offset-past-the-end", "fault: a memory address outside memory",
         [*words(0, 0, 2), {"load": [["load_offset", 8, 0, 1]]}], 1, 1, "faulted", memory=[5, 6],
         scratch={8: 0, 9: 0}, fault=Fault("memory-address", 1, 1, "load", 0, None, 1, 2)),
    Case("vload", "`vload`: dest+i = mem[scratch[addr]+i]; addr is one scalar",
         [*words(0, 1, 99), {"load": [["vload", 8, 0]]}], 2, 2,
         scratch={7: 0, **row(8, 6, 7, 8, 9, 10, 11, 12, 13), 16: 0},
         memory=[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
    Case("vload-last-place", "a memory address outside memory faults, the last eight are inside",
         [*words(0, 2), {"load": [["vload", 8, 0]]}], 2, 2,
         scratch=row(8, 7, 8, 9, 10, 11, 12, 13, 14), memory=[5, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
    Case("vload-one-past", "fault: a memory address outside memory, at the lane which it is",
         [*words(0, 3), {"load": [["vload", 8, 0]]}], 1, 1, "faulted", scratch=same(8, 0),
         memory=[5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
         fault=Fault("memory-address", 1, 1, "load", 0, 7, 1, 10)),
    Case("vload-half-past", "the first lane is reported",
         [*words(0, 6), {"load": [["vload", 8, 0]]}], 1, 1, "faulted", scratch=same(8, 0),
         memory=[5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
         fault=Fault("memory-address", 1, 1, "load", 0, 4, 1, 10)),
    Case("vload-far-past", "addresses do not come round to 0",
         [*words(0, -4), {"load": [["vload", 8, 0]]}], 1, 1, "faulted", memory=[1] * 16,
         fault=Fault("memory-address", 1, 1, "load", 0, 0, 1, 0xFFFFFFFC)),
    Case("vload-over-its-address", "`vload`: addr is one scalar, read at the start of the cycle",
         [*words(10, 1), {"load": [["vload", 8, 10]]}], 2, 2,
         scratch=row(8, 6, 7, 8, 9, 10, 11, 12, 13), memory=[5, 6, 7, 8, 9, 10, 11, 12, 13]),
    Case("const", "`const`: dest = imm modulo 2^32", words(0, 7), 1, 1, scratch={0: 7}),
    Case("const-top", "`const`: dest = imm modulo 2^32", words(0, TOP), 1, 1, scratch={0: TOP}),
    Case("const-negative", "any integer, negative too", words(0, -1, -2), 1, 1,
         scratch={0: TOP, 1: 0xFFFFFFFE}),
    Case("const-most-negative", "any integer, negative too", words(0, -(2**31), -(2**32)), 1, 1,
         scratch={0: SIGN, 1: 0}),
    Case("const-past-a-word", "`const`: dest = imm modulo 2^32", words(0, 2**32, 2**32 + 5), 1, 1,
         scratch={0: 0, 1: 5}),
    Case("const-past-two-words", "any integer", words(0, 2**63, 2**64 - 1), 1, 1,
         scratch={0: 0, 1: TOP}),
    Case("const-huge", "any integer, negative too", words(0, 2**100 + 7, -(2**100) - 7), 1, 1,
         scratch={0: 7, 1: 0xFFFFFFF9}),
)

STORES = (
    Case("store", "`store`: mem[scratch[addr]] = src",
         [*words(0, 2, 9), {"store": [["store", 0, 1]]}], 2, 2, memory=[5, 6, 7, 8],
         stored={2: 9}),
    Case("store-first-word", "`store`: mem[scratch[addr]] = src",
         [*words(0, 0, 9), {"store": [["store", 0, 1]]}], 2, 2, memory=[5, 6], stored={0: 9}),
    Case("store-last-word", "a memory address outside memory faults, the last one is inside",
         [*words(0, 1, 9), {"store": [["store", 0, 1]]}], 2, 2, memory=[5, 6], stored={1: 9}),
    Case("store-its-address", "`store`: mem[scratch[addr]] = src",
         [*words(0, 1), {"store": [["store", 0, 0]]}], 2, 2, memory=[5, 6], stored={1: 1}),
    Case("store-past-the-end", "memory's length is fixed when the program is loaded",
         [*words(0, 2, 9), {"store": [["store", 0, 1]]}], 1, 1, "faulted", memory=[5, 6],
         fault=Fault("memory-address", 1, 1, "store", 0, None, 0, 2)),
    Case("store-minus-one", "addresses are unsigned words, none is negative",
         [*words(0, -1, 9), {"store": [["store", 0, 1]]}], 1, 1, "faulted", memory=[5, 6],
         fault=Fault("memory-address", 1, 1, "store", 0, None, 0, TOP)),
    Case("store-without-memory", "fault: a memory address outside memory",
         [{"store": [["store", 0, 1]]}], 0, 0, "faulted",
         fault=Fault("memory-address", 0, 0, "store", 0, None, 0, 0)),
    Case("vstore", "`vstore`: mem[scratch[addr]+i] = src+i; addr is one scalar",
         [*words(0, 1), *words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"store": [["vstore", 0, 8]]}], 6, 6,
         memory=[90] * 10, stored=row(1, 1, 2, 3, 4, 5, 6, 7, 8)),
    Case("vstore-unaligned", "a vector has no alignment",
         [*words(0, 1), *words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"store": [["vstore", 0, 11]]}], 6, 6,
         memory=[90] * 10, stored=row(1, 4, 5, 6, 7, 8, 0, 0, 0)),
    Case("vstore-last-place", "a memory address outside memory faults, the last eight are inside",
         [*words(0, 2, 0), *fill(8, 4), {"store": [["vstore", 0, 8]]}], 4, 4, memory=[90] * 10,
         stored=same(2, 4)),
    Case("vstore-one-past", "a fault leaves memory as it was before the bundle",
         [*words(0, 3, 0), *fill(8, 4), {"store": [["vstore", 0, 8]]}], 3, 3, "faulted",
         memory=[90] * 10, fault=Fault("memory-address", 3, 3, "store", 0, 7, 0, 10)),
    Case("vstore-far-past", "addresses do not come round to 0",
         [*words(0, -4, 0), *fill(8, 4), {"store": [["vstore", 0, 8]]}], 3, 3, "faulted",
         memory=[90] * 16, fault=Fault("memory-address", 3, 3, "store", 0, 0, 0, 0xFFFFFFFC)),
    Case("vstore-its-address", "`vstore`: addr is one scalar, read at the start of the cycle",
         [*words(8, 1, 2, 3, 4, 5, 6, 7, 8), {"store": [["vstore", 9, 8]]}], 5, 5,
         memory=[90] * 10, stored=row(2, 1, 2, 3, 4, 5, 6, 7, 8)),
)

# --- flow -----------------------------------------------------------------------------------------

FLOW = (
    Case("select-first", "`select`: dest = a if cond is not 0",
         [*words(0, 1, 10, 20), {"flow": [["select", 3, 0, 1, 2]]}], 3, 3, scratch={3: 10}),
    Case("select-second", "`select`: else b",
         [*words(0, 0, 10, 20), {"flow": [["select", 3, 0, 1, 2]]}], 3, 3, scratch={3: 20}),
    Case("select-any-bit", "cond is not 0, whatever else it is",
         [*words(0, SIGN, 10, 20), {"flow": [["select", 3, 0, 1, 2]]}], 3, 3, scratch={3: 10}),
    Case("select-own-operand", "`select`: dest = a if cond is not 0 else b",
         [*words(0, 2, 10), {"flow": [["select", 0, 0, 0, 1]]}], 2, 2, scratch={0: 2}),
    Case("vselect", "`vselect`: the same, lane by lane",
         [*words(8, 0, 1, 0, 2, 0, SIGN, TOP, 0), *words(16, 1, 2, 3, 4, 5, 6, 7, 8),
          *words(24, 11, 12, 13, 14, 15, 16, 17, 18), {"flow": [["vselect", 32, 8, 16, 24]]}],
         13, 13, scratch=row(32, 11, 2, 13, 4, 15, 6, 7, 18)),
    Case("vselect-overlap", "every lane reads the start of the cycle",
         [*words(8, 0, 1, 0, 2, 0, 3, 0, 4), {"flow": [["vselect", 9, 8, 8, 10]]}], 5, 5,
         scratch=row(8, 0, 0, 1, 0, 2, 0, 3, 0, 4)),
    Case("add-imm", "`add_imm`: dest = a + imm", [*words(0, 3), {"flow": [["add_imm", 1, 0, 4]]}],
         2, 2, scratch={0: 3, 1: 7}),
    Case("add-imm-negative", "`add_imm`: imm may be negative",
         [*words(0, 3), {"flow": [["add_imm", 1, 0, -1]]}], 2, 2, scratch={1: 2}),
    Case("add-imm-below-zero", "dest = a + imm modulo 2^32",
         [*words(0, 3), {"flow": [["add_imm", 1, 0, -4]]}], 2, 2, scratch={1: TOP}),
    Case("add-imm-wraps", "dest = a + imm modulo 2^32",
         [*words(0, TOP), {"flow": [["add_imm", 0, 0, 1]]}], 2, 2, scratch={0: 0}),
    Case("add-imm-past-a-word", "dest = a + imm modulo 2^32",
         [*words(0, TOP), {"flow": [["add_imm", 0, 0, 2**32 + 2]]}], 2, 2, scratch={0: 1}),
    Case("add-imm-huge", "dest = a + imm modulo 2^32",
         [*words(0, 5), {"flow": [["add_imm", 1, 0, 2**70 + 1]]},
          {"flow": [["add_imm", 2, 0, -(2**70) - 1]]}], 3, 3, scratch={1: 6, 2: 4}),
    Case("trace-write", "`trace_write`: appends scratch[src] to the trace buffer",
         [*words(0, 4, 5), {"flow": [["trace_write", 1]]}, {"flow": [["trace_write", 1]]}], 3, 3,
         trace=[5, 5]),
    Case("coreid", "`coreid`: dest = 0 (there is one core)",
         [*words(0, 4, 5), {"flow": [["coreid", 0]]}], 2, 2, scratch={0: 0, 1: 5}),
)

JUMPS = (
    Case("jump", "`jump`: pc = imm; a taken jump replaces the advanced pc",
         [{"flow": [["jump", 2]]}, *words(0, 1), *words(1, 1)], 3, 2, scratch={0: 0, 1: 1}),
    Case("jump-other-slots", "All slots of a bundle execute in one cycle, a jump beside them",
         [{"flow": [["jump", 2]], "load": [const(0, 5)]}, *words(0, 1), {}], 3, 1,
         scratch={0: 5}),
    Case("jump-to-next", "`jump`: pc = imm", [{"flow": [["jump", 1]]}, *words(0, 1)], 2, 2,
         scratch={0: 1}),
    Case("jump-to-itself", "`jump`: pc = imm", [{"flow": [["jump", 0]]}], 0, 6, "running",
         steps=6),
    Case("jump-to-the-end", "Where pc is at the end of the program the machine stops",
         [{"flow": [["jump", 2]]}, *words(0, 1)], 2, 1, scratch={0: 0}),
    Case("jump-past-the-end", "pc keeps its value", [{"flow": [["jump", 100]]}], 100, 1),
    Case("jump-far-past-the-end", "`jump`: pc = imm, which is no word",
         [{"flow": [["jump", 2**40]]}], 2**40, 1),
    Case("jump-huge", "`jump`: pc = imm, which is no word", [{"flow": [["jump", 2**70]]}],
         2**70, 1),
    Case("jump-negative", "fault: a taken jump to a negative target",
         [{"alu": []}, {"flow": [["jump", -1]]}], 1, 1, "faulted",
         fault=Fault("jump-target", 1, 1, "flow", 0, None, 0, -1)),
    Case("jump-negative-huge", "fault: a taken jump to a negative target",
         [{"flow": [["jump", -(2**70)]]}], 0, 0, "faulted",
         fault=Fault("jump-target", 0, 0, "flow", 0, None, 0, -(2**70))),
    Case("jump-indirect", "`jump_indirect`: pc = scratch[addr]",
         [*words(0, 3), {"flow": [["jump_indirect", 0]]}, *words(1, 1), *words(2, 1)], 4, 3,
         scratch={1: 0, 2: 1}),
    Case("jump-indirect-back", "`jump_indirect`: pc = scratch[addr]",
         [{"flow": [["jump_indirect", 0]]}], 0, 3, "running", steps=3),
    Case("jump-indirect-past-the-end", "pc keeps its value; a word is never negative",
         [*words(0, -1), {"flow": [["jump_indirect", 0]]}], TOP, 2),
    Case("cond-jump-taken", "`cond_jump`: pc = imm if cond is not 0",
         [*words(0, SIGN), {"flow": [["cond_jump", 0, 3]]}, *words(1, 1), {}], 4, 2,
         scratch={1: 0}),
    Case("cond-jump-not-taken", "`cond_jump`: pc = imm if cond is not 0",
         [{"flow": [["cond_jump", 0, 2]]}, *words(1, 1)], 2, 2, scratch={1: 1}),
    Case("cond-jump-past-the-end", "pc keeps its value",
         [*words(0, 1), {"flow": [["cond_jump", 0, 77]]}], 77, 2),
    Case("cond-jump-negative-taken", "fault: a taken jump to a negative target",
         [*words(0, 1), {"flow": [["cond_jump", 0, -5]]}], 1, 1, "faulted",
         fault=Fault("jump-target", 1, 1, "flow", 0, None, 1, -5)),
    Case("cond-jump-negative-not-taken", "fault: a *taken* jump to a negative target",
         [{"flow": [["cond_jump", 0, -5]]}], 1, 1),
    Case("cond-jump-rel-forward", "pc = (this bundle's index + 1) + imm if cond is not 0",
         [*words(0, 1), {"flow": [["cond_jump_rel", 0, 1]]}, *words(1, 1), *words(2, 1)], 4, 3,
         scratch={1: 0, 2: 1}),
    Case("cond-jump-rel-zero", "pc = (this bundle's index + 1) + imm: 0 is the next bundle",
         [*words(0, 1), {"flow": [["cond_jump_rel", 0, 0]]}, *words(1, 1)], 3, 3, scratch={1: 1}),
    Case("cond-jump-rel-itself", "pc = (this bundle's index + 1) + imm: -1 is the bundle itself",
         [*words(0, 1), {"flow": [["cond_jump_rel", 0, -1]]}], 1, 5, "running", steps=5),
    Case("cond-jump-rel-back", "pc = (this bundle's index + 1) + imm if cond is not 0",
         [*words(0, 3), {"flow": [["add_imm", 0, 0, -1]]}, {"flow": [["cond_jump_rel", 0, -2]]}],
         3, 7, scratch={0: 0}),
    Case("cond-jump-rel-not-taken", "pc = … if cond is not 0",
         [{"flow": [["cond_jump_rel", 0, 5]]}, *words(1, 1)], 2, 2, scratch={1: 1}),
    Case("cond-jump-rel-past-the-end", "pc keeps its value",
         [*words(0, 1), {"flow": [["cond_jump_rel", 0, 10]]}], 12, 2),
    Case("cond-jump-rel-to-zero", "target 0 is not negative",
         [*words(0, 1), {}, {"flow": [["cond_jump_rel", 0, -3]]}], 0, 2, "running", steps=3),
    Case("cond-jump-rel-negative", "fault: a taken jump to a negative target",
         [*words(0, 1), {}, {"flow": [["cond_jump_rel", 0, -4]]}], 2, 1, "faulted",
         fault=Fault("jump-target", 1, 2, "flow", 0, None, 1, -1)),
    Case("cond-jump-rel-negative-not-taken", "fault: a *taken* jump to a negative target",
         [{"flow": [["cond_jump_rel", 0, -9]]}], 1, 1),
)

STOPS = (
    Case("halt", "`halt`: state becomes stopped",
         [{"flow": [["halt"]]}, *words(0, 1)], 1, 1, scratch={0: 0}),
    Case("halt-other-slots", "the bundle's other slots still take effect",
         [*words(0, 1, 9), {"load": [const(2, 5)], "flow": [["halt"]], "alu": [["+", 3, 1, 1]],
                            "store": [["store", 0, 1]]}, *words(4, 1)], 2, 2,
         scratch={2: 5, 3: 18, 4: 0}, memory=[0, 0], stored={1: 9}),
    Case("halt-before-other-engines", "the bundle's other slots still take effect",
         [{"flow": [["halt"]], "load": [const(0, 5), const(1, 6)]}], 1, 1, scratch={0: 5, 1: 6}),
    Case("halt-is-final", "running on resumes after a pause, not after a halt",
         [{"flow": [["halt"]]}, *words(0, 1)], 1, 1, scratch={0: 0}, resumes=3),
    Case("halt-passed-by", "a machine told to pass pauses over still halts",
         [{"flow": [["halt"]]}, *words(0, 1)], 1, 1, scratch={0: 0}, pauses=False),
    Case("pause", "`pause`: state becomes paused; it costs its cycle",
         [{"flow": [["pause"]]}, *words(0, 1)], 1, 1, "paused", scratch={0: 0}),
    Case("pause-other-slots", "`pause`: the bundle's other slots still take effect, likewise",
         [*words(0, 1, 9), {"load": [const(2, 5)], "flow": [["pause"]], "alu": [["+", 3, 1, 1]],
                            "store": [["store", 0, 1]]}, *words(4, 1)], 2, 2, "paused",
         scratch={2: 5, 3: 18, 4: 0}, memory=[0, 0], stored={1: 9}),
    Case("pause-resumed", "running on resumes at the next bundle",
         [{"flow": [["pause"]]}, *words(0, 1), *words(1, 1)], 3, 3, scratch={0: 1, 1: 1},
         resumes=1),
    Case("pause-twice", "running on resumes at the next bundle",
         [{"flow": [["pause"]]}, *words(0, 1), {"flow": [["pause"]]}, *words(1, 1)], 3, 3,
         "paused", scratch={0: 1, 1: 0}, resumes=1),
    Case("pause-last", "`pause`: state becomes paused", [{"alu": []}, {"flow": [["pause"]]}],
         2, 2, "paused"),
    Case("pause-last-resumed", "Where pc is at the end of the program the machine stops",
         [{"alu": []}, {"flow": [["pause"]]}], 2, 2, resumes=1),
    Case("pause-passed-over", "treats it as nothing (it still costs its cycle)",
         [{"flow": [["pause"]]}, *words(0, 1), {"flow": [["pause"]], "load": [const(1, 2)]}],
         3, 3, scratch={0: 1, 1: 2}, pauses=False),
    Case("free-bundles-after-pause", "running on resumes at the next bundle, free or not",
         [{"flow": [["pause"]]}, {}, {"debug": []}], 3, 1, resumes=1),
)

# --- debug ----------------------------------------------------------------------------------------

SEVEN: dict[Key, int] = {(0, 0, "val"): 7}
EIGHT: dict[Key, int] = {(0, i, "idx"): 10 + i for i in range(8)}
EIGHT_KEYS = [[0, i, "idx"] for i in range(8)]
SEVEN_OF_EIGHT = {key: value for key, value in EIGHT.items() if key != (0, 2, "idx")}
TENS = words(8, 10, 11, 12, 13, 14, 15, 16, 17)

DEBUG = (
    Case("compare-same", "`compare`: fault if scratch[loc] differs",
         [*words(0, 7), {"debug": [["compare", 0, [0, 0, "val"]]]}], 2, 1, reference=SEVEN),
    Case("compare-differs", "`compare`: fault if scratch[loc] differs from the reference value",
         [*words(0, 8), {"debug": [["compare", 0, [0, 0, "val"]]]}], 1, 1, "faulted",
         reference=SEVEN, fault=Fault("compare-differs", 1, 1, "debug", 0, None, 0, 8)),
    Case("compare-unrecorded", "fault: a compare whose key nobody recorded",
         [*words(0, 7), {"debug": [["compare", 0, [0, 1, "val"]]]}], 1, 1, "faulted",
         reference=SEVEN,
         fault=Fault("compare-unrecorded", 1, 1, "debug", 0, None, 1, (0, 1, "val"))),
    Case("compare-nothing-recorded", "fault: a compare whose key nobody recorded",
         [{"debug": [["compare", 0, [0, 0, "val"]]]}], 0, 0, "faulted", reference={},
         fault=Fault("compare-unrecorded", 0, 0, "debug", 0, None, 1, (0, 0, "val"))),
    Case("compare-zero", "a recorded 0 is a value like others",
         [{"debug": [["compare", 0, [0, 0, "idx"]]]}], 1, 0, reference={(0, 0, "idx"): 0}),
    Case("compare-long-key", 'A key is a tuple, such as (round, i, "hash_stage", stage)',
         [*words(0, TOP), {"debug": [["compare", 0, [3, 200, "hash_stage", 5]]]}], 2, 1,
         reference={(3, 200, "hash_stage", 5): TOP, (3, 200, "hash_stage", 4): 1}),
    Case("compare-debug-off", "they are passed over where debug is off",
         [*words(0, 8), {"debug": [["compare", 0, [0, 0, "val"]], ["compare", 0, [9]]]}], 2, 1,
         reference=SEVEN, debug=False),
    Case("compare-without-reference", "nothing to compare with: passed over",
         [*words(0, 8), {"debug": [["compare", 0, [0, 0, "val"]]]}], 2, 1),
    Case("compare-reads-start", "Debug slots read, like all others, the cycle's start",
         [*words(0, 7), {"load": [const(0, 8)], "debug": [["compare", 0, [0, 0, "val"]]]}], 2, 2,
         scratch={0: 8}, reference=SEVEN),
    Case("compare-reads-start-differs", "Debug slots read the values of the cycle's start",
         [*words(0, 8), {"load": [const(0, 7)], "debug": [["compare", 0, [0, 0, "val"]]]}], 1, 1,
         "faulted", scratch={0: 8}, reference=SEVEN,
         fault=Fault("compare-differs", 1, 1, "debug", 0, None, 0, 8)),
    Case("compare-second-slot", "the slot's place is its index within its engine",
         [*words(0, 7, 8), {"debug": [["compare", 0, [0, 0, "val"]], ["comment"],
                                      ["compare", 1, [0, 0, "val"]]]}], 1, 1, "faulted",
         reference=SEVEN, fault=Fault("compare-differs", 1, 1, "debug", 2, None, 0, 8)),
    Case("vcompare-same", "`vcompare`: the same for 8 lanes",
         [*TENS, {"debug": [["vcompare", 8, EIGHT_KEYS]]}], 5, 4, reference=EIGHT),
    Case("vcompare-differs", "`vcompare`: the same for 8 lanes",
         [*TENS, *words(11, 99), {"debug": [["vcompare", 8, EIGHT_KEYS]]}], 5, 5, "faulted",
         reference=EIGHT, fault=Fault("compare-differs", 5, 5, "debug", 0, 3, 0, 99)),
    Case("vcompare-last-lane", "`vcompare`: the same for 8 lanes",
         [*TENS, *words(15, 0), {"debug": [["vcompare", 8, EIGHT_KEYS]]}], 5, 5, "faulted",
         reference=EIGHT, fault=Fault("compare-differs", 5, 5, "debug", 0, 7, 0, 0)),
    Case("vcompare-unrecorded", "fault: a compare whose key nobody recorded",
         [*TENS, {"debug": [["vcompare", 8, EIGHT_KEYS]]}], 4, 4, "faulted",
         reference=SEVEN_OF_EIGHT,
         fault=Fault("compare-unrecorded", 4, 4, "debug", 0, 2, 1, (0, 2, "idx"))),
    Case("vcompare-differs-before-unrecorded", "the first is reported, in the order of lanes",
         [*TENS, *words(9, 99), {"debug": [["vcompare", 8, EIGHT_KEYS]]}], 5, 5, "faulted",
         reference=SEVEN_OF_EIGHT, fault=Fault("compare-differs", 5, 5, "debug", 0, 1, 0, 99)),
    Case("vcompare-unrecorded-before-differs", "the first is reported, in the order of lanes",
         [*TENS, *words(11, 99), {"debug": [["vcompare", 8, EIGHT_KEYS]]}], 5, 5, "faulted",
         reference=SEVEN_OF_EIGHT,
         fault=Fault("compare-unrecorded", 5, 5, "debug", 0, 2, 1, (0, 2, "idx"))),
    Case("vcompare-reads-start", "Debug slots read the values of the cycle's start",
         [*TENS, {"valu": [["vbroadcast", 8, 0]], "debug": [["vcompare", 8, EIGHT_KEYS]]}], 5, 5,
         scratch=same(8, 0), reference=EIGHT),
    Case("vcompare-debug-off", "they are passed over where debug is off",
         [{"debug": [["vcompare", 8, EIGHT_KEYS]]}], 1, 0, reference={}, debug=False),
    Case("vcompare-without-reference", "nothing to compare with: passed over",
         [{"debug": [["vcompare", 8, EIGHT_KEYS]]}], 1, 0),
    Case("comment", '`["comment", …]`: nothing',
         [{"debug": [["comment"], ["comment", "text"], ["comment", 1, [2, 3], "four"]]}], 1, 0,
         reference=SEVEN),
    Case("debug-unknown", "and any other: nothing",
         [{"debug": [["watch", 0], ["load", 1, 2], ["vcompared", -1, 9999]],
           "load": [const(0, 1)]}], 1, 1, scratch={0: 1}, reference=SEVEN),
    Case("debug-unknown-debug-off", "they are passed over where debug is off",
         [{"debug": [["watch", 0]], "load": [const(0, 1)]}], 1, 1, scratch={0: 1}, debug=False),
)

# --- faults ---------------------------------------------------------------------------------------

DIVIDED = "fault: division by zero (`//`, `%`, `cdiv`)"
FIRST = "the first is reported, in the bundle's order of engines, slots and lanes"
AS_BEFORE = "A fault leaves the machine as it was before the bundle (pc, trace, memory too)"

FAULTS = (
    Case("div-by-zero", DIVIDED, [*words(0, 5), {"alu": [["//", 2, 0, 1]]}], 1, 1, "faulted",
         fault=Fault("division-by-zero", 1, 1, "alu", 0, None, 2, 0)),
    Case("mod-by-zero", DIVIDED, [*words(0, 5), {"alu": [["%", 2, 0, 1]]}], 1, 1, "faulted",
         fault=Fault("division-by-zero", 1, 1, "alu", 0, None, 2, 0)),
    Case("cdiv-by-zero", DIVIDED, [*words(0, 5), {"alu": [["cdiv", 2, 0, 1]]}], 1, 1, "faulted",
         fault=Fault("division-by-zero", 1, 1, "alu", 0, None, 2, 0)),
    Case("div-zero-by-zero", DIVIDED, [{"alu": [["//", 2, 0, 0]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("mod-zero-by-zero", DIVIDED, [{"alu": [["%", 2, 0, 0]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("cdiv-zero-by-zero", DIVIDED, [{"alu": [["cdiv", 2, 0, 0]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("valu-div-by-zero", DIVIDED,
         [*words(8, 1, 1, 1, 0, 1, 0, 1, 1), {"valu": [["//", 16, 8, 8]]}], 4, 4, "faulted",
         scratch=same(16, 0), fault=Fault("division-by-zero", 4, 4, "valu", 0, 3, 2, 0)),
    Case("valu-mod-by-zero", DIVIDED,
         [*words(8, 1, 1, 1, 1, 1, 1, 1, 0), {"valu": [["%", 16, 8, 8]]}], 4, 4, "faulted",
         fault=Fault("division-by-zero", 4, 4, "valu", 0, 7, 2, 0)),
    Case("valu-cdiv-by-zero", DIVIDED, [{"valu": [["cdiv", 16, 8, 8]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "valu", 0, 0, 2, 0)),
    Case("first-slot", FIRST,
         [*words(0, 5), {"alu": [["+", 2, 0, 0], ["%", 3, 0, 0], ["//", 4, 0, 1],
                                 ["cdiv", 5, 0, 1]]}], 1, 1, "faulted", scratch={2: 0, 3: 0},
         fault=Fault("division-by-zero", 1, 1, "alu", 2, None, 2, 0)),
    Case("slots-before-lanes", FIRST,
         [*words(8, 1, 1, 1, 1, 1, 1, 1, 0), {"valu": [["//", 16, 8, 8], ["//", 16, 8, 24]]}],
         4, 4, "faulted", fault=Fault("division-by-zero", 4, 4, "valu", 0, 7, 2, 0)),
    Case("first-engine-load", FIRST,
         [{"load": [["load", 0, 1]], "alu": [["//", 2, 0, 1]]}], 0, 0, "faulted",
         fault=Fault("memory-address", 0, 0, "load", 0, None, 1, 0)),
    Case("first-engine-alu", FIRST,
         [{"alu": [["//", 2, 0, 1]], "load": [["load", 0, 1]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("engines-before-slots", FIRST,
         [*words(0, 5), {"alu": [["+", 2, 0, 0], ["//", 2, 0, 1]], "load": [["load", 0, 1]]}],
         1, 1, "faulted", fault=Fault("division-by-zero", 1, 1, "alu", 1, None, 2, 0)),
    Case("store-before-load", FIRST,
         [*words(0, 3), {"store": [["store", 0, 1]], "load": [["load", 0, 0]]}], 1, 1, "faulted",
         memory=[0], fault=Fault("memory-address", 1, 1, "store", 0, None, 0, 3)),
    Case("load-before-store", FIRST,
         [*words(0, 3), {"load": [["load", 0, 0]], "store": [["store", 0, 1]]}], 1, 1, "faulted",
         memory=[0], fault=Fault("memory-address", 1, 1, "load", 0, None, 1, 3)),
    Case("second-store", FIRST,
         [*words(0, 3), {"store": [["store", 1, 0], ["store", 0, 1]]}], 1, 1, "faulted",
         memory=[7], fault=Fault("memory-address", 1, 1, "store", 1, None, 0, 3)),
    Case("jump-before-valu", FIRST,
         [{"flow": [["jump", -2]], "valu": [["%", 0, 8, 8]]}], 0, 0, "faulted",
         fault=Fault("jump-target", 0, 0, "flow", 0, None, 0, -2)),
    Case("valu-before-jump", FIRST,
         [{"valu": [["%", 0, 8, 8]], "flow": [["jump", -2]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "valu", 0, 0, 2, 0)),
    Case("compare-before-alu", FIRST,
         [{"debug": [["compare", 0, [0, 0, "val"]]], "alu": [["%", 0, 0, 0]]}], 0, 0, "faulted",
         reference=SEVEN, fault=Fault("compare-differs", 0, 0, "debug", 0, None, 0, 0)),
    Case("alu-before-compare", FIRST,
         [{"alu": [["%", 0, 0, 0]], "debug": [["compare", 0, [0, 0, "val"]]]}], 0, 0, "faulted",
         reference=SEVEN, fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("compare-passed-over-before-alu", "they are passed over where debug is off",
         [{"debug": [["compare", 0, [0, 0, "val"]]], "alu": [["%", 0, 0, 0]]}], 0, 0, "faulted",
         reference=SEVEN, debug=False,
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("fault-undoes-scratch", AS_BEFORE,
         [*words(0, 5, 9), {"alu": [["+", 0, 1, 1], ["//", 3, 0, 2]], "load": [const(1, 1)]}],
         1, 1, "faulted", scratch={0: 5, 1: 9, 3: 0},
         fault=Fault("division-by-zero", 1, 1, "alu", 1, None, 2, 0)),
    Case("fault-undoes-store", AS_BEFORE,
         [*words(0, 1, 9), {"store": [["store", 0, 1]], "alu": [["//", 3, 0, 2]]}], 1, 1,
         "faulted", memory=[5, 6], fault=Fault("division-by-zero", 1, 1, "alu", 0, None, 2, 0)),
    Case("fault-undoes-trace", AS_BEFORE,
         [*words(0, 4), {"flow": [["trace_write", 0]]},
          {"flow": [["trace_write", 0]], "alu": [["//", 3, 0, 2]]}], 2, 2, "faulted", trace=[4],
         fault=Fault("division-by-zero", 2, 2, "alu", 0, None, 2, 0)),
    Case("fault-undoes-jump", AS_BEFORE,
         [{"alu": []}, {"flow": [["jump", 0]], "alu": [["//", 3, 0, 2]]}], 1, 1, "faulted",
         fault=Fault("division-by-zero", 1, 1, "alu", 0, None, 2, 0)),
    Case("fault-undoes-halt", AS_BEFORE,
         [{"flow": [["halt"]], "alu": [["//", 3, 0, 2]]}], 0, 0, "faulted",
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("fault-undoes-pause", AS_BEFORE,
         [{"flow": [["pause"]], "alu": [["//", 3, 0, 2]]}], 0, 0, "faulted", resumes=2,
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("fault-after-free-bundles", "names cycle and pc",
         [{}, {"debug": []}, {"alu": []}, {}, {"alu": [["%", 3, 0, 2]]}], 4, 1, "faulted",
         fault=Fault("division-by-zero", 1, 4, "alu", 0, None, 2, 0)),
    Case("fault-in-debug-only-bundle", "names cycle and pc",
         [{"alu": []}, {}, {"debug": [["compare", 0, [0, 0, "val"]]]}], 2, 1, "faulted",
         reference=SEVEN, fault=Fault("compare-differs", 1, 2, "debug", 0, None, 0, 0)),
    Case("fault-after-pause", "names cycle and pc",
         [{"flow": [["pause"]]}, {"alu": [["%", 3, 0, 2]]}], 1, 1, "faulted", resumes=1,
         fault=Fault("division-by-zero", 1, 1, "alu", 0, None, 2, 0)),
    Case("fault-in-second-round", "names cycle and pc",
         [*words(0, 2), {"alu": [["//", 1, 2, 0]], "flow": [["add_imm", 0, 0, -1]]},
          {"flow": [["jump", 1]]}], 1, 5, "faulted", scratch={0: 0},
         fault=Fault("division-by-zero", 5, 1, "alu", 0, None, 2, 0)),
    Case("overwritten-slot-faults", "a slot faults though a later one writes the same word",
         [{"load": [["load", 0, 1], const(0, 5)]}], 0, 0, "faulted", scratch={0: 0},
         fault=Fault("memory-address", 0, 0, "load", 0, None, 1, 0)),
    Case("later-divisor-does-not-help", "Every slot reads scratch as it was at the cycle's start",
         [{"load": [const(0, 5)], "alu": [["//", 1, 2, 0]]}], 0, 0, "faulted", scratch={0: 0},
         fault=Fault("division-by-zero", 0, 0, "alu", 0, None, 2, 0)),
    Case("never-reached", "a bundle that is not reached does not fault",
         [{"flow": [["jump", 2]]}, {"alu": [["//", 0, 0, 0]]}], 2, 1),
)

# fmt: on
# --- the problem ----------------------------------------------------------------------------------

HASH_CONSTANTS = (0x7ED55D16, 0xC761C23C, 0x165667B1, 0xD3A2646C, 0xFD7046C5, 0xB55A4F09)
HASH_SHIFTS = (12, 19, 5, 9, 3, 16)
HASH_OPERATORS = (
    ("+", "+", "<<"), ("^", "^", ">>"), ("+", "+", "<<"),
    ("+", "^", "<<"), ("+", "+", "<<"), ("^", "^", ">>"),
)  # fmt: skip

# input, then the value after each stage
HASHES = (
    (0x00000000, 0x7ED55D16, 0xB9B490F0, 0x069D16A1, 0xE012390D, 0xDE14483A, 0x6B4ED927),
    (0x00000001, 0x7ED56D17, 0xB9B4A0F1, 0x069F26C2, 0xE40C0F2E, 0x01DCCF63, 0xB48681B6),
    (0xFFFFFFFF, 0x7ED54D15, 0xB9B480F3, 0x069B0704, 0xEC336370, 0x4B3EC5B5, 0xFE64C182),
    (0x80000000, 0xFED55D16, 0x39B480F0, 0x869B06A1, 0x6C30290D, 0xCB21B83A, 0x7E7B3C12),
    (0x075BCD15, 0x43027A2B, 0x8463B077, 0x27302708, 0x9A9C9B74, 0x6CF1BDD9, 0xD9AB9E21),
    (0x3FFFFFFF, 0xBED54D15, 0x79B498F3, 0xC69E1F04, 0xA67E8B70, 0xD7E32DB5, 0x62B9B55F),
)

Image = tuple[int, int, int, int, list[int]]
IMAGES: tuple[Image, ...] = (
    # seed, height, rounds, batch_size, memory
    (0, 1, 5, 2, [5, 3, 2, 1, 7, 10, 12, 827307999, 903170602, 86939546, 0, 0,
                  556019485, 1043521778]),
    (7, 2, 1, 3, [1, 7, 3, 2, 7, 14, 17, 695425564, 323946139, 847876999, 103694312, 155555737,
                  202142728, 785310972, 0, 0, 0, 124551738, 461060838, 80521324]),
)  # fmt: skip

HASH_SETUP = words(20, *HASH_CONSTANTS, *HASH_SHIFTS)  # c at 20 … 25, s at 26 … 31: 6 cycles


def hash_stage(stage: int, src: int, dest: int) -> Bundles:
    """Two bundles (two cycles) for `a = (a op1 c) op2 (a op3 s)`, after HASH_SETUP."""
    op1, op2, op3 = HASH_OPERATORS[stage]
    halves = [[op1, 18, src, 20 + stage], [op3, 19, src, 26 + stage]]
    return [{"alu": halves}, {"alu": [[op2, dest, 18, 19]]}]


def _hash_cases() -> Iterator[Case]:
    for values in HASHES:
        stages = [bundle for i in range(6) for bundle in hash_stage(i, 40 + i, 41 + i)]
        bundles = [*HASH_SETUP, *words(40, values[0]), *stages]
        sentence = "The hash is six stages over 32-bit words, `a = (a op1 c) op2 (a op3 s)`"
        yield Case(f"hash-{values[0]:08x}", sentence, bundles, 19, 19, scratch=row(40, *values))


# Two rounds for one element on a tree of three nodes; the second leaves the tree and comes back.
WALK: dict[Key, int] = {
    (0, 0, "idx"): 0, (0, 0, "val"): 5, (0, 0, "node_val"): 0x11111111,
    (0, 0, "hash_stage", 0): 0xA0F7AE2A, (0, 0, "hash_stage", 1): 0x67967808,
    (0, 0, "hash_stage", 2): 0x70BBE0B9, (0, 0, "hash_stage", 3): 0x339F3725,
    (0, 0, "hash_stage", 4): 0xCE093712, (0, 0, "hash_stage", 5): 0x7B53B612,
    (0, 0, "hashed_val"): 0x7B53B612, (0, 0, "next_idx"): 1, (0, 0, "wrapped_idx"): 1,
    (1, 0, "idx"): 1, (1, 0, "val"): 0x7B53B612, (1, 0, "node_val"): 0x22222222,
    (1, 0, "hash_stage", 0): 0xF189F146, (1, 0, "hash_stage", 1): 0x36E82D4B,
    (1, 0, "hash_stage", 2): 0x2A443E5C, (1, 0, "hash_stage", 3): 0x759A1AC8,
    (1, 0, "hash_stage", 4): 0x1FDB37CD, (1, 0, "hash_stage", 5): 0xAA81671F,
    (1, 0, "hashed_val"): 0xAA81671F, (1, 0, "next_idx"): 4, (1, 0, "wrapped_idx"): 0,
}  # fmt: skip
WALK_MEMORY = [2, 3, 1, 1, 7, 10, 11, 0x11111111, 0x22222222, 0x33333333, 0, 5]


def check(loc: int, *key: int | str) -> dict[str, list[list[Any]]]:
    return {"debug": [["compare", loc, list(key)]]}


def walk_round(r: int) -> Bundles:
    """20 cycles; 1 = nodes, 4 = n_nodes, 5 = two, 6 = one, 10 = value, 11 = index."""
    return [
        {"alu": [["+", 12, 1, 11]], **check(11, r, 0, "idx")},
        {"load": [["load", 13, 12]], **check(10, r, 0, "val")},
        {"alu": [["^", 10, 10, 13]], **check(13, r, 0, "node_val")},
        *[bundle for i in range(6)
          for bundle in [*hash_stage(i, 10, 10), check(10, r, 0, "hash_stage", i)]],
        {"alu": [["%", 14, 10, 5], ["*", 11, 11, 5]], **check(10, r, 0, "hashed_val")},
        {"flow": [["select", 14, 14, 5, 6]]},
        {"alu": [["+", 11, 11, 14]]},
        {"alu": [["<", 15, 11, 4]], **check(11, r, 0, "next_idx")},
        {"alu": [["*", 11, 11, 15]]},
        check(11, r, 0, "wrapped_idx"),
    ]  # fmt: skip


def _walk_case() -> Case:
    header: Bundles = [
        *words(1, 4, 5, 6, 1),
        {"load": [["load", 1, 1], ["load", 2, 2]]},
        {"load": [["load", 3, 3], ["load", 4, 4]]},
        {"load": [["load", 11, 2], ["load", 10, 3]]},
        *words(5, 2, 1),
    ]
    write_back: Bundles = [{"store": [["store", 2, 11], ["store", 3, 10]]}]
    return Case(
        "walk-two-rounds",
        "val = hash(val ^ node[idx]); idx = 2*idx + (1 if even else 2); 0 if idx >= n_nodes",
        [*header, *HASH_SETUP, *walk_round(0), *walk_round(1), *write_back],
        67,
        53,
        memory=WALK_MEMORY,
        stored={10: 0, 11: 0xAA81671F},
        reference=WALK,
    )


CASES: tuple[Case, ...] = (
    *STATE, *READS, *LATER_WINS, *CYCLES, *_arithmetic_cases(), *VECTORS, *LOADS, *STORES, *FLOW,
    *JUMPS, *STOPS, *DEBUG, *FAULTS, *_hash_cases(), _walk_case(),
)  # fmt: skip
