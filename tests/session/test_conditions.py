"""A compiled condition says what the expression says, on both cores, whatever the words are.

Random expressions over small words, so that they are often 0 and often equal: where an expression
can be computed its code is as true as its value; where it cannot, the core stops to have it said.
"""

import random
from typing import Any

import pytest

from machine import Program
from machine.conditions import Instruction, Op, Trap, may_hold
from machine.core import choose_core
from machine.machine import BREAK_BEFORE, Machine
from machine.stops import Reason
from vliwdbg.session.conditions import UNKNOWN, compile_condition
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.places import Expression, Scope

NAMES = {0: ("a", 1), 8: ("v", 8), 20: ("w", 4)}
MEMORY = 12
ARITHMETIC = ("+", "-", "*", "//", "/", "%", "^", "&", "|", "<<", ">>")
BINARY = (*ARITHMETIC, "<", "<=", ">", ">=", "==", "!=")
WORDS = ("0", "1", "3", "0xffffffff", "a", "s[3]", "mem[2]", "v[5]", "$cycle", "$pc", "$step", "$1")
RANGES = ("v", "v[2:6]", "s[8:16]", "mem[0:8]", "w", "s[20]@4", "a", "$2")


def draw_word(rng: random.Random, deep: int) -> str:
    if deep == 0:
        return rng.choice(WORDS)
    inner = draw_word(rng, deep - 1)
    forms = [
        lambda: f"({inner} {rng.choice(BINARY)} {draw_word(rng, deep - 1)})",
        lambda: f"({inner} {rng.choice(['&&', '||'])} {draw_word(rng, deep - 1)})",
        lambda: f"{rng.choice('-~!')}{inner}",
        lambda: f"{rng.choice(['all', 'any'])}({draw_range(rng, deep - 1)})",
        lambda: f"s[{inner} % 30]",
        lambda: f"mem[{inner}]",
        lambda: f"v[{inner}]",
    ]
    return rng.choice(forms)()


def draw_range(rng: random.Random, deep: int) -> str:
    if deep == 0:
        return rng.choice(RANGES)
    return rng.choice(
        [
            f"({draw_range(rng, deep - 1)} {rng.choice(BINARY)} {draw_word(rng, deep - 1)})",
            f"({draw_range(rng, deep - 1)} == {draw_range(rng, deep - 1)})",
            f"~{draw_range(rng, deep - 1)}",
        ]
    )


PROGRAM = Program.from_bundles(
    [{"debug": [["comment", 0]]}, {"alu": [["+", 40, 40, 41]]}, {"flow": [["jump", 0]]}],
    scratch_map=NAMES,
)


def fill(rng: random.Random, core: Any) -> None:
    core.scratch[0:30] = [rng.choice((0, 0, 1, 2, 3, 7, 2**32 - 1)) for _ in range(30)]
    core.memory[0:MEMORY] = [rng.choice((0, 1, 2, 9)) for _ in range(MEMORY)]


def value_of(condition: Expression, scope: Scope) -> int | None:
    """Its value; None where it cannot be computed, which is worth a stop."""
    try:
        return condition.word(scope)
    except DebuggerError:
        return None


@pytest.mark.parametrize("first", range(0, 600, 200))
def test_code_is_as_true_as_the_expression(first: int) -> None:
    left_to_others = stopped = 0
    for seed in range(first, first + 200):
        rng = random.Random(seed)
        condition = Expression.parse(draw_word(rng, rng.randrange(1, 5)))
        machine = Machine(PROGRAM, [0] * MEMORY)
        scope = Scope(PROGRAM, machine.core)
        scope.values += [5, (0, 1, 2, 3)]
        code = compile_condition(condition, scope)
        left_to_others += code == UNKNOWN
        machine.flags[1] = BREAK_BEFORE
        machine.core.set_traps([Trap(b"\0\1\0", after=False, code=code)])
        for _ in range(6):
            assert machine.run(1).pc == 1
            fill(rng, machine.core)
            value = value_of(condition, scope)
            expected = code == UNKNOWN or value != 0
            assert may_hold(code, machine.core) == expected
            stop = machine.run(1, check_first=True)
            assert (stop.reason is Reason.BREAKPOINT) == expected
            stopped += stop.reason is Reason.BREAKPOINT
            machine.run(2 if stop.pc == 1 else 1)
    assert left_to_others < 40
    assert 100 < stopped < 1100


REFUSED = {
    "too few words": [Instruction(Op.ADD)],
    "two words left": [Instruction(Op.PC), Instruction(Op.PC)],
    "scratch": [Instruction(Op.SCRATCH, 1536)],
    "memory": [Instruction(Op.MEMORY, MEMORY)],
    "negative": [Instruction(Op.PUSH, -1)],
    "deep": [Instruction(Op.PC)] * 65 + [Instruction(Op.ADD)] * 64,
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED)
def test_code_that_cannot_be_is_refused(code: list[Instruction]) -> None:
    if choose_core().name != "compiled":
        pytest.skip("the model trusts what it is given")
    core = Machine(PROGRAM, [0] * MEMORY).core
    with pytest.raises(ValueError, match="cannot be looked for"):
        core.set_traps([Trap(b"\0\1\0", after=False, code=tuple(code))])
    assert core.run(3).reason is Reason.BUDGET
