"""Conditions compiled: an expression's tree becomes code that a core evaluates by itself.

It is evaluated as `places` does, with code in the place of words: a range is the codes of its
words, one by one. What cannot be said in code (a range whose ends are computed, a range where one
word is wanted) is unknown, and so left to whoever evaluates the expression at a stop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from machine.conditions import DEEPEST, Code, Instruction, Op, depth
from machine.isa import SCRATCH_SIZE
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import PLACES, Evaluator, Expression, Node, Scope, Value

LONGEST = 4000
"""Instructions; what is longer is left to whoever evaluates the expression."""
UNKNOWN: Code = (Instruction(Op.UNKNOWN),)

Codes = Code | list[Code]
"""The code of one word, or those of the words of a range."""

_BINARY: Mapping[str, Op] = {
    "+": Op.ADD,
    "-": Op.SUBTRACT,
    "*": Op.MULTIPLY,
    "//": Op.DIVIDE,
    "/": Op.DIVIDE,
    "%": Op.MODULO,
    "^": Op.XOR,
    "&": Op.AND,
    "|": Op.OR,
    "<<": Op.SHIFT_LEFT,
    ">>": Op.SHIFT_RIGHT,
    "<": Op.LESS,
    "<=": Op.LESS_EQUAL,
    ">": Op.GREATER,
    ">=": Op.GREATER_EQUAL,
    "==": Op.EQUAL,
    "!=": Op.DIFFERENT,
}
_UNARY: Mapping[str, Op] = {"-": Op.NEGATE, "~": Op.INVERT, "!": Op.NOT}
_LOGICAL: Mapping[str, Op] = {"&&": Op.AND_THEN, "||": Op.OR_ELSE}
_QUANTIFIED: Mapping[str, Op] = {"all": Op.BOTH, "any": Op.EITHER}
_SPECIAL: Mapping[str, Op] = {"cycle": Op.CYCLE, "pc": Op.PC, "step": Op.STEP}


class _UnsayableError(Exception):
    """This part of an expression has no code."""


def compile_condition(condition: Expression, scope: Scope) -> Code:
    """The code of a condition as the value history and the names stand now."""
    try:
        code = _Compiler(scope, condition.source).one(condition.tree)
    except (_UnsayableError, DebuggerError):
        return UNKNOWN
    return code if len(code) <= LONGEST and depth(code) <= DEEPEST else UNKNOWN


class _Compiler:
    def __init__(self, scope: Scope, text: str) -> None:
        self.scope = scope
        self.evaluator = Evaluator(scope, text)

    def one(self, tree: Node) -> Code:
        """The code of a tree, which has to be one word."""
        codes = self.codes(tree)
        if isinstance(codes, list):
            raise _UnsayableError
        return codes

    def codes(self, tree: Node) -> Codes:
        if tree.data not in PLACES:
            return _CODES[tree.data](self, tree)
        if self.evaluator.is_computed(tree):
            return self.computed_place(tree)
        place = self.evaluator.place(tree)
        op = Op.MEMORY if place.memory else Op.SCRATCH
        words: list[Code] = [
            (Instruction(op, address),) for address in range(place.start, place.stop)
        ]
        return words[0] if self.evaluator.is_one(tree, place) else self._short(words)

    @staticmethod
    def _short(words: list[Code]) -> list[Code]:
        if sum(map(len, words)) > LONGEST:
            raise _UnsayableError
        return words

    def computed_place(self, tree: Node) -> Codes:
        """A place whose one index is computed: s[…], mem[…] or v_val[…]."""
        bounds = next(child for child in tree.children if getattr(child, "data", "") == "bounds")
        first, last = bounds.children
        if last is not None:
            raise _UnsayableError
        index = self.one(first)
        if tree.data == "named":
            start, width = self.evaluator.whole(tree)
            return (*index, Instruction(Op.BELOW, width), Instruction(Op.SCRATCH_AT, start))
        count = tree.children[1]
        if count is not None:
            raise _UnsayableError
        if tree.data == "memory":
            return (*index, Instruction(Op.MEMORY_AT))
        return (*index, Instruction(Op.BELOW, SCRATCH_SIZE), Instruction(Op.SCRATCH_AT))

    def number(self, tree: Node) -> Codes:
        return _pushed(self.evaluator.value(tree))

    def special(self, tree: Node) -> Codes:
        op = _SPECIAL.get(str(tree.children[0])[1:])
        # A value of the history stays what it is while a program runs.
        return _pushed(self.evaluator.value(tree)) if op is None else (Instruction(op),)

    def binary(self, tree: Node) -> Codes:
        left, token, right = tree.children
        a, b, end = self.codes(left), self.codes(right), (Instruction(_BINARY[str(token)]),)
        if not isinstance(a, list) and not isinstance(b, list):
            return (*a, *b, *end)
        lanes = len(a) if isinstance(a, list) else len(b)
        firsts = a if isinstance(a, list) else [a] * lanes
        others = b if isinstance(b, list) else [b] * lanes
        if len(firsts) != len(others):
            raise _UnsayableError
        return self._short([(*x, *y, *end) for x, y in zip(firsts, others, strict=True)])

    def unary(self, tree: Node) -> Codes:
        token, operand = tree.children
        codes, end = self.codes(operand), Instruction(_UNARY[str(token)])
        return [(*code, end) for code in codes] if isinstance(codes, list) else (*codes, end)

    def logical(self, tree: Node) -> Codes:
        left, token, right = tree.children
        return (*self.one(left), *self.one(right), Instruction(_LOGICAL[str(token)]))

    def quantified(self, tree: Node) -> Codes:
        token, operand = tree.children
        codes, both = self.codes(operand), Instruction(_QUANTIFIED[str(token)])
        words = codes if isinstance(codes, list) else [codes]
        truth = (Instruction(Op.PUSH), Instruction(Op.DIFFERENT))
        if len(words) == 1:
            return (*words[0], *truth)
        return reduce(lambda one, other: (*one, *other, both), self._short(words))


def _pushed(value: Value) -> Codes:
    words: Sequence[int] = (value,) if isinstance(value, int) else value
    codes: list[Code] = [(Instruction(Op.PUSH, word),) for word in words]
    return codes[0] if isinstance(value, int) else codes


_CODES: Mapping[str, Callable[[_Compiler, Any], Codes]] = {
    "number": _Compiler.number,
    "special": _Compiler.special,
    "binary": _Compiler.binary,
    "unary": _Compiler.unary,
    "logical": _Compiler.logical,
    "quantified": _Compiler.quantified,
}
