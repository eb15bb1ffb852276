"""The instruction set: one row per opcode, from which everything else derives.

Validation, what a slot reads and writes (`machine.access`), disassembly, the manual's tables and
the numbering of a compiled core come from the rows of `OPCODES`. The contract they hold is
`docs/machine.md`.

    row.engine, row.name      how a program says it: {"alu": [["+", 8, 0, 1]]}
    row.operands              what each operand means (its role) and how many words it spans
    row.form                  how a person reads it: `{dest} = {a} + {b}`
    row.glyph                 one character for it, where a whole bundle is one line
    row.code                  its number in a Program's columns and in a core
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

VLEN = 8
"""Lanes of a vector, which is that many consecutive scratch words."""
SCRATCH_SIZE = 1536
MOST_SCRATCH = 2**16 - 1
"""Words of scratch that a program may be given to see what more than the machine's is worth."""
"""Words of scratch."""
WORD_MASK = 0xFFFF_FFFF
"""All arithmetic is modulo this plus one."""
SLOT_LIMITS = {"alu": 12, "valu": 6, "load": 2, "store": 2, "flow": 1, "debug": 64}
"""Slots of each engine a bundle can hold; the one of debug is a warning, the others are law."""
ENGINES = tuple(SLOT_LIMITS)
ENGINE_CODES = {engine: code for code, engine in enumerate(ENGINES)}


class Role(Enum):
    """What an operand means."""

    DEF = "written scratch"
    USE = "read scratch"
    ADDRESS = "scratch word that holds a memory address"
    IMMEDIATE = "integer, taken modulo 2^32"
    OFFSET = "integer added to the other operands"
    TARGET = "bundle index"
    RELATIVE = "distance from the next bundle"
    KEY = "key of a reference value"
    KEYS = "8 keys of reference values"
    ANYTHING = "anything"


TARGET_ROLES = frozenset({Role.TARGET, Role.RELATIVE})


class Operand(NamedTuple):
    """One operand of an opcode: its name, role, and the scratch words it spans from its address,
    which are none where its role says so.

    `lanes` is how many memory words an ADDRESS operand reaches, 0 for any other role.
    """

    name: str
    role: Role
    width: int
    lanes: int = 0

    @property
    def in_scratch(self) -> bool:
        return self.width > 0


Arithmetic = Callable[[int, int], int]
Ternary = Callable[[int, int, int], int]


class Opcode(NamedTuple):
    """One row of the instruction set.

    `arithmetic` is the function of two unsigned words, for the opcodes that compute one; it
    raises ZeroDivisionError where the machine faults. `ternary` is that of three, which never
    faults. Both are taken lane by lane. `code` is the row's index in `OPCODES`.
    """

    engine: str
    name: str
    glyph: str
    operands: tuple[Operand, ...]
    form: str
    help: str
    arithmetic: Arithmetic | None = None
    ternary: Ternary | None = None
    code: int = -1

    def __reduce__(self) -> tuple[Any, ...]:
        # A row has functions, which do not travel to another process; its name does.
        return opcode, (self.engine, self.name)

    @property
    def arity(self) -> int:
        return len(self.operands)

    @property
    def vector(self) -> bool:
        """Whether it works lane by lane."""
        return any(max(operand.width, operand.lanes) == VLEN for operand in self.operands)

    @property
    def jumps(self) -> bool:
        """Whether it may set pc."""
        return self.name in JUMPS and self.engine == "flow"


JUMPS = frozenset({"jump", "jump_indirect", "cond_jump", "cond_jump_rel"})


def _shift_left(a: int, b: int) -> int:
    # Tested before shifting: a left shift by a whole word would build a number of 2^32 bits.
    return a << b & WORD_MASK if b < 32 else 0


# In the order of docs/machine.md. (name, glyph, function, meaning)
_ARITHMETIC: tuple[tuple[str, str, Arithmetic, str], ...] = (
    ("+", "+", lambda a, b: a + b & WORD_MASK, "sum"),
    ("-", "-", lambda a, b: a - b & WORD_MASK, "difference"),
    ("*", "*", lambda a, b: a * b & WORD_MASK, "product"),
    ("//", "/", lambda a, b: a // b, "floor of a / b"),
    ("cdiv", "d", lambda a, b: (a + b - 1) // b, "a / b rounded up; a + b - 1 does not wrap"),
    ("^", "^", lambda a, b: a ^ b, "exclusive or"),
    ("&", "&", lambda a, b: a & b, "and"),
    ("|", "|", lambda a, b: a | b, "or"),
    ("<<", "<", _shift_left, "shift left; 0 from 32 on"),
    (">>", ">", lambda a, b: a >> b, "shift right; 0 from 32 on"),
    ("%", "%", lambda a, b: a % b, "a modulo b"),
    ("<", "l", lambda a, b: int(a < b), "1 if a is less, unsigned, else 0"),
    ("==", "=", lambda a, b: int(a == b), "1 if equal, else 0"),
)


def _def(name: str = "dest", width: int = 1) -> Operand:
    return Operand(name, Role.DEF, width)


def _use(name: str, width: int = 1) -> Operand:
    return Operand(name, Role.USE, width)


def _address(name: str, lanes: int = 1) -> Operand:
    return Operand(name, Role.ADDRESS, 1, lanes)


def _imm(name: str = "imm", role: Role = Role.IMMEDIATE) -> Operand:
    return Operand(name, role, 0)


def _arithmetic_rows(engine: str, width: int) -> Iterator[Opcode]:
    operands = (_def(width=width), _use("a", width), _use("b", width))
    for name, glyph, function, meaning in _ARITHMETIC:
        form = "{dest} = {a} " + name + " {b}"
        yield Opcode(engine, name, glyph, operands, form, meaning, function)


def _multiply_add(a: int, b: int, c: int) -> int:
    return a * b + c & WORD_MASK


def _select(cond: int, a: int, b: int) -> int:
    return a if cond else b


_V = VLEN
_ROWS: tuple[Opcode, ...] = (
    *_arithmetic_rows("alu", 1),
    *_arithmetic_rows("valu", _V),
    Opcode(
        "valu",
        "vbroadcast",
        "b",
        (_def(width=_V), _use("src")),
        "{dest} = vbroadcast({src})",
        "one scalar to all lanes",
    ),
    Opcode(
        "valu",
        "multiply_add",
        "m",
        (_def(width=_V), _use("a", _V), _use("b", _V), _use("c", _V)),
        "{dest} = {a} * {b} + {c}",
        "a * b + c",
        ternary=_multiply_add,
    ),
    Opcode(
        "load",
        "load",
        "l",
        (_def(), _address("addr")),
        "{dest} = mem[{addr}]",
        "one word of memory",
    ),
    Opcode(
        "load",
        "load_offset",
        "o",
        (_def(), _address("addr"), _imm(role=Role.OFFSET)),
        "{dest} = mem[{addr}] (+{imm})",
        "load with dest + imm for dest and addr + imm for addr",
    ),
    Opcode(
        "load",
        "vload",
        "L",
        (_def(width=_V), _address("addr", _V)),
        "{dest} = vload mem[{addr}]",
        "8 consecutive words of memory",
    ),
    Opcode("load", "const", "#", (_def(), _imm()), "{dest} = {imm}", "imm modulo 2^32"),
    Opcode(
        "store",
        "store",
        "s",
        (_address("addr"), _use("src")),
        "mem[{addr}] = {src}",
        "one word to memory",
    ),
    Opcode(
        "store",
        "vstore",
        "S",
        (_address("addr", _V), _use("src", _V)),
        "vstore mem[{addr}] = {src}",
        "8 words to consecutive memory",
    ),
    Opcode(
        "flow",
        "select",
        "?",
        (_def(), _use("cond"), _use("a"), _use("b")),
        "{dest} = {cond} ? {a} : {b}",
        "a if cond is not 0, else b",
        ternary=_select,
    ),
    Opcode(
        "flow",
        "vselect",
        "v",
        (_def(width=_V), _use("cond", _V), _use("a", _V), _use("b", _V)),
        "{dest} = {cond} ? {a} : {b}",
        "a if cond is not 0, else b, lane by lane",
        ternary=_select,
    ),
    Opcode(
        "flow",
        "add_imm",
        "i",
        (_def(), _use("a"), _imm()),
        "{dest} = {a} + {imm}",
        "a + imm modulo 2^32",
    ),
    Opcode("flow", "jump", "j", (_imm(role=Role.TARGET),), "jump {imm}", "pc = imm"),
    Opcode(
        "flow", "jump_indirect", "J", (_use("addr"),), "jump_indirect {addr}", "pc = addr's word"
    ),
    Opcode(
        "flow",
        "cond_jump",
        "c",
        (_use("cond"), _imm(role=Role.TARGET)),
        "cond_jump {cond}, {imm}",
        "pc = imm if cond is not 0",
    ),
    Opcode(
        "flow",
        "cond_jump_rel",
        "C",
        (_use("cond"), _imm(role=Role.RELATIVE)),
        "cond_jump_rel {cond}, {imm}",
        "pc = this bundle's index + 1 + imm if cond is not 0",
    ),
    Opcode("flow", "halt", "H", (), "halt", "stop after this bundle"),
    Opcode("flow", "pause", "P", (), "pause", "pause after this bundle; run resumes at the next"),
    Opcode(
        "flow",
        "trace_write",
        "t",
        (_use("src"),),
        "trace_write {src}",
        "append to the trace buffer",
    ),
    Opcode("flow", "coreid", "n", (_def(),), "{dest} = coreid", "0: there is one core"),
    Opcode(
        "debug",
        "compare",
        "=",
        (_use("loc"), _imm("key", Role.KEY)),
        "compare {loc}, {key}",
        "fault if the word differs from the reference value",
    ),
    Opcode(
        "debug",
        "vcompare",
        "≡",
        (_use("loc", _V), _imm("keys", Role.KEYS)),
        "vcompare {loc}, {keys}",
        "the same for 8 lanes",
    ),
    Opcode(
        "debug",
        "comment",
        "'",
        (_imm("text", Role.ANYTHING),),
        "{text}",
        "nothing; so is any opcode of debug not named here",
    ),
)

OPCODES = tuple(row._replace(code=code) for code, row in enumerate(_ROWS))
_BY_NAME = {(row.engine, row.name): row for row in OPCODES}
COMMENT = _BY_NAME["debug", "comment"]


def opcode(engine: str, name: str) -> Opcode:
    """The row of an opcode of an engine; any unknown name of debug is a comment.

    Raises KeyError where there is none.
    """
    unknown = COMMENT if engine == "debug" else None
    row = _BY_NAME.get((engine, name), unknown)
    if row is None:
        raise KeyError(f"{engine} has no opcode {name!r}")
    return row


def opcodes_of(engine: str) -> tuple[Opcode, ...]:
    """The rows of an engine, in the order of the manual."""
    return tuple(row for row in OPCODES if row.engine == engine)
