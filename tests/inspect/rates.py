"""How often `diverge` names the slot that was made wrong, by kind of mutant: a row for each bar.

python -m tests.inspect.rates [KIND…] [--count N] [--seed S] [--small]
"""

import random
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import NamedTuple

from kernels.catalog import build
from machine import Machine, Problem, Program
from machine.core.inputs import memory_of
from tests.inspect.mutations import SMALL, Mutant, mutants
from tests.inspect.rolled import TOGETHER, rolled
from vliwdbg.inspect import Questions
from vliwdbg.inspect.case import expected_words
from vliwdbg.views.diverge import Diverge

Build = Callable[[Problem], Program]


class Bar(NamedTuple):
    """What is drawn of which programs, and the parts of all that have to be named first, in the
    first three, and with a reader of theirs in the first three. `false` is the part of repairs that
    may not hold. `good` are the programs to compare with, by that of `builds`; none where nothing
    is compared."""

    kind: str
    builds: Sequence[Build]
    first: float = 0
    three: float = 0
    nearby: float = 0
    false: float = 0.03
    good: Sequence[Build] = ()


def kernel(name: str, scheduler: str) -> Build:
    """A bundled kernel, built once for each problem."""
    return cache(partial(build, name, scheduler))


def looping(problem: Problem) -> Program:
    """The kernel with loops, for a batch that suits it."""
    whole = 8 * TOGETHER
    return rolled(replace(problem, batch_size=-(-problem.batch_size // whole) * whole))


TREEHASH, OTHER = kernel("treehash", "list"), kernel("treehash", "greedy")
VECTORS, SERIAL = kernel("vectors", "list"), kernel("vectors", "greedy")
BUILDS = (TREEHASH, VECTORS, OTHER)
BARS = {
    "field": Bar("field", BUILDS, first=0.85, three=0.90),
    "against": Bar("field", BUILDS, first=0.88, three=0.92, good=(OTHER, SERIAL, TREEHASH)),
    "early": Bar("early", BUILDS, nearby=0.75, false=0),
    "late": Bar("late", BUILDS, nearby=0.75, false=0),
    "dropped": Bar("dropped", BUILDS, nearby=0.75, false=0),
    "loops": Bar("field", (looping,), first=0.60),
    "all": Bar("all", BUILDS, first=0.40),
}


class Rates(NamedTuple):
    """Of so many mutants those named first, in three, in three with readers; those with a repair,
    with a repair of one slot alone, and those whose repair holds on fresh inputs."""

    drawn: int
    first: int
    three: int
    nearby: int
    unique: int
    repaired: int
    holds: int

    def meets(self, bar: Bar) -> bool:
        """Whether the bar is met, and not too many repairs are false."""
        return (
            self.first >= bar.first * self.drawn
            and self.three >= bar.three * self.drawn
            and self.nearby >= bar.nearby * self.drawn
            and self.repaired - self.holds <= bar.false * self.repaired
        )


def asked(program: Program) -> Questions:
    assert program.problem is not None
    return Questions(program, memory_of(program.problem))


def rank_of(mutant: Mutant, view: Diverge) -> int:
    """The rank of the slot that was changed, from 0."""
    places = [(slot.pc, slot.engine, slot.slot) for slot in view.candidates]
    return places.index(mutant.at) if mutant.at in places else len(places) + 100


def is_near(mutant: Mutant, view: Diverge) -> bool:
    """Whether the slot, or one that reads what it made, is among the first three."""
    places = {(slot.pc, slot.engine, slot.slot) for slot in view.candidates[:3]}
    return bool(places & {mutant.at, *mutant.readers})


def repaired(program: Program, view: Diverge) -> Program:
    """The program with the repair."""
    assert view.repair
    slot, engine, pc = view.repair.slot, view.repair.engine, view.repair.pc
    bundles = [{engine: list(slots) for engine, slots in b.items()} for b in program.written()]
    new = list(view.repair.written)
    if slot and slot.pc == pc:
        bundles[pc][engine][slot.slot] = new
    else:
        assert slot is None or bundles[slot.pc][engine].pop(slot.slot) == new
        bundles[pc].setdefault(engine, []).append(new)
    return Program.from_bundles(bundles, problem=program.problem)


def is_right(program: Program, seed: int) -> bool:
    """On an input that nobody has tried."""
    assert program.problem is not None
    problem = replace(program.problem, seed=seed)
    image = memory_of(problem)
    machine = Machine(program, image, debug=False, pauses=False)
    machine.run(1_000_000)
    expected = expected_words(program, problem.layout, image)
    return all(machine.memory[address] == word for address, word in expected.items())


def judged(bar: Bar, seed: int, count: int, problem: Problem) -> Iterator[tuple[Mutant, Diverge]]:
    """So many mutants with what diverge says of them."""
    for number in range(count):
        at = number % len(bar.builds)
        mutant = next(mutants(bar.builds[at](problem), seed + number, bar.kind))
        good = asked(bar.good[at](problem)) if bar.good else None
        yield mutant, asked(mutant.program).diverge(good)


def rates(name: str, seed: int, count: int, problem: Problem) -> Rates:
    """The rates of a bar; they are printed, with each mutant that was not named first."""
    bar, sums = BARS[name], Rates(*[0] * len(Rates._fields))
    started = time.process_time()
    for number, (mutant, view) in enumerate(judged(bar, seed, count, problem)):
        rank, near = rank_of(mutant, view), is_near(mutant, view)
        mended = repaired(mutant.program, view) if view.repair else None
        holds = mended is not None and all(
            is_right(mended, 10**6 + 10 * seed + k) for k in range(2)
        )
        one = Rates(
            1,
            rank == 0,
            rank < 3,
            near,
            view.confidence == "repaired-unique",
            view.repair is not None,
            holds,
        )
        sums = Rates(*map(sum, zip(sums, one, strict=True)))
        missed = rank > 0 if bar.first else not near
        if missed or (view.repair and not holds):
            which = f"{name} {seed + number} {number % len(bar.builds)}"
            told = view.repair.change if view.repair else view.evidence[:1]
            print(which, mutant.at, mutant.kind, mutant.before, mutant.after, rank, near,
                  view.confidence, holds, told, f"{view.wrong}/{view.outputs}")  # fmt: skip
    seconds = (time.process_time() - started) / max(count, 1)
    print(f"{name} seed {seed}: {sums}, {seconds:.2f} s each", flush=True)
    return sums


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    for kind in given.kinds or BARS:
        rates(kind, given.seed, given.count, SMALL if given.small else Problem())


if __name__ == "__main__":
    main()
