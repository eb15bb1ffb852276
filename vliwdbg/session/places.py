"""Places and expressions: what a user writes to name words and to compute with them.

    s[64]  s[64:72]  s[64]@8  v_val  v_val[3]  'v node 3'  tmp@12      scratch
    mem[2310:2318]  mem[s[12]]                                         memory
    $cycle  $pc  $step  $  $1                                          where we are; value history
    s[3] + 1 << 2    v_val == 3    all(v_val == 3) && $cycle > 10      32-bit unsigned, as in C

`places.lark` is the grammar; nothing is ever given to Python's own `eval`. An operator takes
words one by one and ranges lane by lane, as valu does. Where one word is wanted (a condition, an
address) a range is an error that names `all` and `any`. Everything wrong is a DebuggerError with
the text and the column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from machine.disassembly import ScratchNames
from machine.isa import SCRATCH_SIZE, WORD_MASK, opcodes_of
from machine.machine import Timeline
from machine.program import Program
from vliwdbg.session.errors import DebuggerError

if TYPE_CHECKING:
    from lark import Lark

Node = Any
"""A lark Tree, whose children are trees, tokens and, where something optional is absent, None."""
Value = int | tuple[int, ...]
"""One word, or the words of a range."""
Getter = Callable[[], Value]


class Place(NamedTuple):
    """A run of words of scratch or memory, half-open."""

    memory: bool
    start: int
    stop: int

    @property
    def width(self) -> int:
        return self.stop - self.start

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and self.start <= address < self.stop

    def words_in(self, core: Timeline) -> Sequence[int]:
        """The words there now."""
        return (core.memory if self.memory else core.scratch)[self.start : self.stop]

    def text(self, names: ScratchNames) -> str:
        """As a user would write it."""
        if not self.memory:
            return names.text(self.start, self.width)
        return f"mem[{self.start}]" if self.width == 1 else f"mem[{self.start}:{self.stop}]"


@dataclass(slots=True)
class Scope:
    """What expressions can see: a program's names and tags, a core's words, earlier values."""

    program: Program
    core: Timeline
    names: ScratchNames = field(init=False)
    values: list[Value] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = ScratchNames(self.program.scratch_map)


STARTS = {
    "expression": "an expression is like s[3] + 1, v_val[0] == 7 or all(v_val == 3)",
    "place": "a place is like s[64], s[64:72], v_val, v_val[3] or mem[2310:2318]",
    "range": "a range is like s[64:72], v_val, scratch 64:72 or mem 2310:2318",
    "location": (
        "a location is like 120, cycle 120, pc 30, v_val, scratch 64:72, engine valu, "
        "valu:multiply_add or mem 2310:2318"
    ),
    "stop": "write LOC [if EXPR], like 120, pc 30, v_val if v_val[0] == 7, or engine valu",
    "watch": "write RANGE [if EXPR], like v_val, s[64:72] or mem 2310:2318 if $cycle > 100",
    "print_at": 'write LOC, "text with %d", EXPR, …',
    "assignment": "write PLACE = EXPR, like s[3] = 42 or v_val[0] = 0x10",
    "listing": "write LOC[,N], like 120, pc 30,20 or v_val",
}
"""The ways into the grammar, each with the sentence that helps whoever missed it."""


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = files(__package__).joinpath("places.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=list(STARTS),
        propagate_positions=True,
        maybe_placeholders=True,
    )


@lru_cache(maxsize=1000)
def parse(text: str, start: str) -> Node:
    """The syntax tree of a text. Raises DebuggerError with a caret where it goes wrong."""
    from lark.exceptions import UnexpectedInput

    try:
        tree = _parser().parse(text, start=start)
    except UnexpectedInput as unexpected:
        raise _misread(text, start, unexpected) from None
    _verify_depth(tree, text)
    return tree


def _verify_depth(tree: Node, text: str) -> None:
    """Whatever walks the tree may call itself for each node."""
    nodes = [(tree, 0)]
    while nodes:
        node, depth = nodes.pop()
        depth += node.data in _VALUES or node.data in PLACES
        if depth > DEEPEST + 1:
            message = f"this is nested more than {DEEPEST} deep."
            raise DebuggerError(message, text, node.meta.start_pos)
        nodes += [(child, depth) for child in node.children if hasattr(child, "children")]


def _misread(text: str, start: str, unexpected: Any) -> DebuggerError:
    at = unexpected.pos_in_stream
    at = len(text) if at is None or at < 0 or _at_end(unexpected) else at
    rest = text[at:].split()
    what = f"{rest[0]!r} is not understood here" if rest else "something is missing at the end"
    return DebuggerError(f"{what}; {STARTS[start]}.", text, at)


def _at_end(unexpected: Any) -> bool:
    token = getattr(unexpected, "token", None)
    return token is not None and token.type == "$END"


@dataclass
class Expression:
    """A parsed expression with its own text, to be evaluated as often as one likes."""

    text: str
    source: str
    tree: Node
    _evaluator: Evaluator | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Raises DebuggerError."""
        return cls(text.strip(), text, parse(text, "expression"))

    @classmethod
    def part(cls, source: str, tree: Node | None) -> Expression | None:
        """The expression that is part of a longer text; None for none."""
        if tree is None:
            return None
        return cls(source[tree.meta.start_pos : tree.meta.end_pos], source, tree)

    def value(self, scope: Scope) -> Value:
        """Its value now. Raises DebuggerError."""
        return self._in(scope).value(self.tree)

    def word(self, scope: Scope) -> int:
        """Its value now, which must be one word. Raises DebuggerError."""
        return self._in(scope).word(self.tree)

    def verify(self, scope: Scope) -> None:
        """Raises DebuggerError for what is wrong with it whatever the words are.

        Names that nobody has are, and a range for a condition; a division by a word that is 0
        today is not.
        """
        getter = self._in(scope).getter(self.tree)
        try:
            value = getter()
        except DebuggerError:
            return
        self._in(scope).one(self.tree, value)

    def place(self, scope: Scope) -> Place | None:
        """The words it names; None where it computes instead. Raises DebuggerError."""
        if self.tree.data not in PLACES:
            return None
        return self._in(scope).place(self.tree)

    def places(self, scope: Scope) -> Iterator[Place]:
        """All words that it is computed from, as far as they can be had now."""
        for node in self.tree.iter_subtrees():
            if node.data in PLACES:
                with suppress(DebuggerError):
                    yield self._in(scope).place(node)

    def _in(self, scope: Scope) -> Evaluator:
        # A condition is asked at each of its candidates: what was worked out once is kept.
        if self._evaluator is None or self._evaluator.scope is not scope:
            self._evaluator = Evaluator(scope, self.source)
        return self._evaluator


def find_place(text: str, scope: Scope, start: str = "place") -> Place:
    """The words that a place, or a range, names now. Raises DebuggerError."""
    return Evaluator(scope, text).place(parse(text, start))


DEEPEST = 100
"""How deep an expression may be nested, well within Python's own limit."""
PLACES = frozenset({"scratch", "memory", "named", "scratch_range", "memory_range"})
_C_SPELLINGS: dict[str, Callable[[int, int], int]] = {
    "!=": lambda a, b: int(a != b),
    "<=": lambda a, b: int(a <= b),
    ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b),
    "/": lambda a, b: a // b,
}
BINARY = {row.name: row.arithmetic for row in opcodes_of("alu") if row.arithmetic} | _C_SPELLINGS
"""Operators of two words: what alu computes, and C's other spellings."""
UNARY: Mapping[str, Callable[[int], int]] = {
    "-": lambda a: -a & WORD_MASK,
    "~": lambda a: a ^ WORD_MASK,
    "!": lambda a: int(not a),
}


class Evaluator:
    """Evaluates the trees of one text in a scope.

    Each tree becomes a function, once: names are looked up then, words are read when it is called.
    """

    def __init__(self, scope: Scope, text: str, tags: Sequence[str] = ()) -> None:
        self.scope = scope
        self.text = text
        self._tags = tags
        """Other names that may stand where one of scratch does."""
        self._getters: dict[int, Getter] = {}

    def wrong(self, node: Any, message: str) -> DebuggerError:
        meta = getattr(node, "meta", node)
        return DebuggerError(message, self.text, getattr(meta, "start_pos", 0))

    def value(self, tree: Node) -> Value:
        return self.getter(tree)()

    def word(self, tree: Node) -> int:
        return self.one(tree, self.getter(tree)())

    def one(self, tree: Node, value: Value) -> int:
        """The value of a tree, which has to be one word."""
        if isinstance(value, int):
            return value
        hint = "take one of them, like [0], or use all(…) or any(…)"
        raise self.wrong(tree, f"one word is wanted here, this is {len(value)}; {hint}.")

    def getter(self, tree: Node) -> Getter:
        """The function that a tree is."""
        getter = self._getters.get(id(tree))
        if getter is None:
            getter = self._getters[id(tree)] = self._make_getter(tree)
        return getter

    def _make_getter(self, tree: Node) -> Getter:
        make = Evaluator.words if tree.data in PLACES else _VALUES[tree.data]
        return make(self, tree)

    # values

    @staticmethod
    def is_computed(tree: Node) -> bool:
        """Whether a place may be another one each time."""
        return any(node is not tree and node.data in _COMPUTED for node in tree.iter_subtrees())

    def words(self, tree: Node) -> Getter:
        if self.is_computed(tree):
            return lambda: self._words_at(tree, self.place(tree))()
        return self._words_at(tree, self.place(tree))

    def _words_at(self, tree: Node, place: Place) -> Getter:
        words = self.scope.core.memory if place.memory else self.scope.core.scratch
        _, start, stop = place
        if self.is_one(tree, place):
            return lambda: words[start]
        return lambda: tuple(words[start:stop])

    @staticmethod
    def is_one(tree: Node, place: Place) -> bool:
        """Whether a place is one word, not a range of one."""
        # s[3:4] is a range of one word; v_val[3] and a name of one word are words.
        bounds = next((child for child in tree.children if _is(child, "bounds")), None)
        ranged = bounds is not None and bounds.children[1] is not None
        return place.width == 1 and not ranged

    def number(self, tree: Node) -> Getter:
        word = self.parse_number(tree.children[0])
        if word > WORD_MASK:
            raise self.wrong(tree, f"this number is no word: a word is at most {WORD_MASK}.")
        return lambda: word

    def parse_number(self, token: Any) -> int:
        digits = str(token)
        if len(digits) > 20:
            raise self.wrong(token, "this number is far too large.")
        return int(digits, 16 if digits[:2] in ("0x", "0X") else 10)

    def special(self, tree: Node) -> Getter:
        core, name = self.scope.core, str(tree.children[0])[1:]
        known: Mapping[str, Getter] = {
            "cycle": lambda: core.cycle,
            "pc": lambda: core.pc,
            "step": lambda: core.position,
        }
        if name in known:
            return known[name]
        if name and not name.isdecimal():
            raise self.wrong(tree, f"no ${name} is known; there are $cycle, $pc, $step, $ and $1.")
        return lambda: self._earlier_value(tree, name)

    def _earlier_value(self, tree: Node, name: str) -> Value:
        values = self.scope.values
        number = int(name) if name else len(values)
        if not 1 <= number <= len(values):
            has = f"it has {len(values)}" if values else "it is empty"
            raise self.wrong(tree, f"the value history has no ${name}; {has}.")
        return values[number - 1]

    def binary(self, tree: Node) -> Getter:
        left, token, right = tree.children
        first, second = self.getter(left), self.getter(right)
        operation = BINARY[str(token)]

        def compute() -> Value:
            a, b = first(), second()
            try:
                if isinstance(a, int) and isinstance(b, int):
                    return operation(a, b)
                return self._lanes(tree, operation, a, b)
            except ZeroDivisionError:
                raise self.wrong(right, "division by zero.") from None

        return compute

    def _lanes(
        self, tree: Node, operation: Callable[[int, int], int], a: Value, b: Value
    ) -> tuple[int, ...]:
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) != len(b):
            raise self.wrong(tree, f"{len(a)} words and {len(b)} words do not go together.")
        # One word goes with each lane of the other.
        lanes = repeat(a) if isinstance(a, int) else a
        others = repeat(b) if isinstance(b, int) else b
        return tuple(map(operation, lanes, others))

    def unary(self, tree: Node) -> Getter:
        token, operand = tree.children
        operation, operated = UNARY[str(token)], self.getter(operand)

        def compute() -> Value:
            value = operated()
            return operation(value) if isinstance(value, int) else tuple(map(operation, value))

        return compute

    def logical(self, tree: Node) -> Getter:
        left, token, right = tree.children
        first, second = self.getter(left), self.getter(right)
        either = str(token) == "||"

        def compute() -> int:
            if bool(self.one(left, first())) == either:
                return int(either)
            return int(bool(self.one(right, second())))

        return compute

    def quantified(self, tree: Node) -> Getter:
        token, operand = tree.children
        quantified = self.getter(operand)
        hold = all if str(token) == "all" else any

        def compute() -> int:
            value = quantified()
            return int(hold((value,) if isinstance(value, int) else value))

        return compute

    # places

    def place(self, tree: Node) -> Place:
        return _PLACES[tree.data](self, tree)

    def scratch(self, tree: Node) -> Place:
        return self._indexed(tree, memory=False)

    def memory(self, tree: Node) -> Place:
        return self._indexed(tree, memory=True)

    def _indexed(self, tree: Node, *, memory: bool) -> Place:
        bounds, count = tree.children
        start, stop = self.bounds(bounds, None)
        if count is not None:
            stop = start + self.parse_number(count)
        return self.within(tree, Place(memory, start, stop))

    def bounds(self, tree: Any, whole: int | None) -> tuple[int, int]:
        if tree is None:
            assert whole is not None
            return 0, whole
        first, last = tree.children
        start = self.word(first)
        return start, start + 1 if last is None else self.word(last)

    def within(self, tree: Any, place: Place) -> Place:
        """The place, if all of it exists."""
        words = len(self.scope.core.memory) if place.memory else SCRATCH_SIZE
        room = "memory" if place.memory else "scratch"
        if place.start >= place.stop:
            message = f"{place.start}:{place.stop} holds no words; ranges are half-open."
            raise self.wrong(tree, message)
        if place.stop > words:
            raise self.wrong(tree, f"{room} has {words} words, 0:{words}.")
        return place

    def named(self, tree: Node) -> Place:
        quoted, _, bounds = tree.children
        name = unquoted(str(quoted.children[0]))
        address, width = self.whole(tree)
        start, stop = self.bounds(bounds, width)
        if start >= stop or stop > width:
            words = "1 word" if width == 1 else f"{width} words"
            raise self.wrong(bounds, f"{name} has {words}, 0:{width}.")
        return Place(False, address + start, address + stop)

    def whole(self, tree: Node) -> tuple[int, int]:
        """The first word and the width of what a name names, without its index."""
        quoted, at, _ = tree.children
        return self._find_name(tree, unquoted(str(quoted.children[0])), at)

    def _find_name(self, tree: Node, name: str, at: Any) -> tuple[int, int]:
        names = self.scope.names
        found = names.find(name)
        if at is not None:
            address = self.parse_number(at)
            found = [entry for entry in found if entry[0] == address] or found
        if not found:
            raise self.wrong(tree, self._unknown(name))
        if len(found) > 1 or (at is not None and found[0][0] != address):
            places = ", ".join(f"{name}@{address}" for address, _ in found[:8])
            more = f" and {len(found) - 8} more" if len(found) > 8 else ""
            raise self.wrong(tree, f"{name} is at {places}{more}; say which.")
        return found[0]

    def _unknown(self, name: str) -> str:
        names = [*self.scope.names.known(), *map(repr, self._tags)]
        what = "no scratch and no tag" if self._tags else "no scratch"
        if not names:
            return f"{what} is called {name}; the program names none, write s[64]."
        close = get_close_matches(name, names, 3)
        hint = f"did you mean {', '.join(close)}?" if close else "`info scratch` lists the names."
        return f"{what} is called {name}; {hint}"

    def scratch_range(self, tree: Node) -> Place:
        (inner,) = tree.children
        if not _is(inner, "span"):
            place = self.place(inner)
            if place.memory:
                raise self.wrong(inner, "this is memory, not scratch.")
            return place
        return self._span(inner, memory=False)

    def memory_range(self, tree: Node) -> Place:
        return self._span(tree.children[0], memory=True)

    def _span(self, tree: Any, *, memory: bool) -> Place:
        first, last = tree.children
        start = self.parse_number(first)
        stop = start + 1 if last is None else self.parse_number(last)
        return self.within(tree, Place(memory, start, stop))


def _is(node: Any, rule: str) -> bool:
    return getattr(node, "data", None) == rule


def unquoted(text: str) -> str:
    """A name or a string without its quotes and backslashes."""
    if not text or text[0] not in "'\"":
        return text
    inner = text[1:-1]
    return inner.replace("\\" + text[0], text[0]).replace("\\\\", "\\")


_VALUES: Mapping[str, Callable[[Evaluator, Node], Getter]] = {
    "number": Evaluator.number,
    "special": Evaluator.special,
    "binary": Evaluator.binary,
    "unary": Evaluator.unary,
    "logical": Evaluator.logical,
    "quantified": Evaluator.quantified,
}
_COMPUTED = (_VALUES.keys() - {"number"}) | PLACES
"""What within a place makes it another one each time."""
_PLACES: Mapping[str, Callable[[Evaluator, Node], Place]] = {
    "scratch": Evaluator.scratch,
    "memory": Evaluator.memory,
    "named": Evaluator.named,
    "scratch_range": Evaluator.scratch_range,
    "memory_range": Evaluator.memory_range,
}
