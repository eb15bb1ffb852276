"""The first wrong output of a program, the slot that makes it wrong, and how to repair it.

    case        runs on inputs of our choosing, what is wrong there, and what can be trusted
    evidence    what speaks against each slot
    repair      changes of one slot that make all right, found by trying

A slot whose change makes all outputs right on many inputs is told before those that only look
suspicious; where several do they are all named. Without the compiled core nothing can be tried.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, zip_longest

from machine.access import ACCESS
from machine.core import choose_core
from machine.disassembly import format_slot
from machine.isa import VLEN, opcode
from machine.machine import NO_LIMIT
from machine.problem import Layout
from machine.program import Program, Slot
from vliwdbg.inspect import repair as repairing
from vliwdbg.inspect.case import Case, expected_words, output_elements
from vliwdbg.inspect.evidence import Evidence
from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.progress import ENDED, told_to
from vliwdbg.inspect.signatures import Signatures, class_inputs, full_inputs, sign
from vliwdbg.inspect.words import notes_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.diverge import Confidence, Diverge, Repair, WrongVector
from vliwdbg.views.places import SlotAt

INPUTS, FEWEST_INPUTS, INPUTS_OF_MODEL = 12, 3, 4
"""Inputs that a program is run on: of a short one, of a very long one, without a compiled core."""
_MOST_LANES = 1_500_000
MOST_CANDIDATES = 8
MOST_VECTORS = 32
"""Of wrong outputs."""
LONGEST_CHAIN = 24
"""Slots that are shown of a chain, half of them at its start and half at its end."""
LITTLE = 0.5
"""Of what a program computes, the part that one to compare it with should compute too."""


@dataclass(frozen=True)
class Asked:
    """What is known: a program, the words it starts with, and maybe one that is right."""

    program: Program
    memory: array[int]
    good: Program | None = None
    max_cycles: int = NO_LIMIT


def diverge(asked: Asked, flow: Flow) -> Diverge:
    """Where a program goes wrong; `flow` is its run on its own words. Raises DebuggerError where
    nobody knows what it should leave."""
    notes = list(notes_of(flow))
    own = _own_case(asked, flow)
    case = own if asked.program.problem is None else _case(asked, flow, own)
    if not case.wrong:
        return _right(case, notes)
    if case.signed.strays:
        notes.append(
            f"On {case.signed.strays} other inputs it goes another way; they are left out."
        )
    if asked.good is not None:
        notes += _notes_on(case, asked.good)
    shown = own if own.wrong else case
    if not own.wrong:
        notes.append("On its own words it is right; the outputs told are those of another input.")
    evidence = Evidence(case)
    suspects = evidence.ranking
    if case.good is not None:
        # What the other program does is not all that is right: each way finds what one misses.
        alone = Evidence(case.without_good())
        suspects = _in_turns(alone.ranking, suspects)
    found: list[repairing.Repair] = []
    inputs, interrupted = 0, False
    if choose_core().name == "compiled":
        search = repairing.Repairs(evidence, asked.program, suspects)
        try:
            found, inputs = search.find(), search.inputs
        except ENDED:
            interrupted = True
            notes.append("Interrupted while repairs were tried: this is evidence alone.")
    else:
        notes.append("Without the compiled core no repairs are tried: this is evidence alone.")
    with told_to(None):  # whoever has ended the repairs shall have what was found
        answer = _answer(shown, case, evidence, suspects, found, inputs, notes)
    return replace(answer, interrupted=interrupted)


def _in_turns(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Two rankings as one."""
    pairs = zip_longest(one, other)
    return [slot for slot in dict.fromkeys(chain.from_iterable(pairs)) if slot is not None]


# --- cases ----------------------------------------------------------------------------------------


def _own_case(asked: Asked, flow: Flow) -> Case:
    """The run on the program's own words."""
    program = asked.program
    signed = sign(program, [asked.memory], max_cycles=asked.max_cycles)
    layout = Layout.read(asked.memory)
    good = sign(asked.good, [asked.memory], max_cycles=asked.max_cycles) if asked.good else None
    if program.problem is not None and layout is not None:
        expected = expected_words(program, layout, asked.memory)
        return Case(signed, [expected], output_elements(program, layout), good)
    if good is None:
        raise DebuggerError(
            "diverge has to know what the program should leave, and its file names no problem. "
            "Compare it with a program that is right: --against GOOD."
        )
    addresses = sorted({*flow.memory_writes, *good.flow.memory_writes})
    expected = {address: good.left[0][address] for address in addresses}
    return Case(signed, [expected], {a: n for n, a in enumerate(addresses)}, good)


def _case(asked: Asked, flow: Flow, own: Case) -> Case:
    """The run on class inputs; where nothing is wrong there, on random ones and its own."""
    program, problem = asked.program, asked.program.problem
    assert problem is not None
    count = min(INPUTS, max(FEWEST_INPUTS, _MOST_LANES // max(1, len(flow))))
    if choose_core().name != "compiled":
        count = min(count, INPUTS_OF_MODEL)
    layout = problem.layout
    case = own
    for images in (class_inputs(problem, count), [asked.memory, *full_inputs(problem, count)]):
        signed = sign(program, images, max_cycles=asked.max_cycles)
        expected = [expected_words(program, layout, image) for image in signed.inputs]
        good = sign(asked.good, signed.inputs, max_cycles=asked.max_cycles) if asked.good else None
        case = Case(signed, expected, output_elements(program, layout), _if_right(good, expected))
        if case.wrong:
            break
    return case


def _if_right(good: Signatures | None, expected: Sequence[dict[int, int]]) -> Signatures | None:
    """The program to compare with, if it leaves what it should and goes one way."""
    if good is None or good.strays:
        return None
    pairs = zip(good.left, expected, strict=True)
    right = all(left[address] == word for left, words in pairs for address, word in words.items())
    return good if right else None


def _notes_on(case: Case, good: Program) -> list[str]:
    """What is to be said of the program that it is compared with."""
    name = good.name or "the other program"
    if case.good is None:
        return [f"{name} is wrong itself on these inputs, so nothing is made of it."]
    common = set(case.good.computations)
    lanes = case.signed.computations
    part = sum(one in common for one in lanes) / max(1, len(lanes))
    if part < LITTLE:
        return [f"Only {100 * part:.0f} % of it computes what {name} computes: it may say little."]
    return []


# --- the answer -----------------------------------------------------------------------------------


def _right(case: Case, notes: Sequence[str]) -> Diverge:
    return Diverge(
        len(case.elements), 0, None, None, None, None, None, (), (), 0, (), None, None, (), (),
        notes=tuple(notes),
    )  # fmt: skip


def _answer(
    shown: Case,
    case: Case,
    evidence: Evidence,
    suspects: Sequence[int],
    found: Sequence[repairing.Repair],
    inputs: int,
    notes: Sequence[str],
) -> Diverge:
    address = shown.wrong[0]
    number = _first_wrong_input(shown, [address])
    left = shown.signed.left[number]
    named = (slot for repair in found for slot in _slots_of(case.flow, repair))
    slots = list(dict.fromkeys((*named, *suspects)))
    told = [_told(case.flow, repair, inputs) for repair in found]
    culprit = slots[0] if slots else None
    chain = () if culprit is None else _chain(case, evidence, culprit)
    left_out = max(len(chain) - LONGEST_CHAIN, 0)
    return Diverge(
        len(shown.elements),
        len(shown.wrong),
        address,
        None if case.of_any_program else shown.elements[address],
        shown.expected[number][address],
        left[address],
        None if culprit is None else _slot_at(case.flow, culprit),
        tuple(_slot_at(case.flow, slot) for slot in slots[:MOST_CANDIDATES]),
        (*chain[: LONGEST_CHAIN // 2], *chain[LONGEST_CHAIN // 2 + left_out :]),
        left_out,
        () if culprit is None else tuple(evidence.told(culprit)),
        _confidence(found),
        told[0] if told else None,
        tuple(told[1:]),
        tuple(islice(_wrong_vectors(shown), MOST_VECTORS)),
        notes=tuple(notes),
    )


def _slots_of(flow: Flow, repair: repairing.Repair) -> Iterator[int]:
    """The slot that a repair changes; the first to read what an inserted one writes, if any."""
    if repair.slot is not None:
        yield repair.slot
        return
    name, *operands = repair.written
    written = {
        word
        for first, width in ACCESS[opcode(repair.engine, name).code].defs(operands)
        for word in range(first, first + width)
    }
    for step in range(flow.steps_of(repair.pc)[0] + 1, len(flow.pcs)):
        for slot in flow.slots(step):
            for first, width in flow.access(slot).uses(flow.operands(slot)):
                if not written.isdisjoint(range(first, first + width)):
                    yield slot
                    return


def _first_wrong_input(case: Case, addresses: Sequence[int]) -> int:
    """The number of the first input on which one of them is wrong."""
    runs = enumerate(zip(case.signed.left, case.expected, strict=True))
    return next(n for n, (left, words) in runs if any(left[a] != words[a] for a in addresses))


def _wrong_vectors(case: Case) -> Iterator[WrongVector]:
    """The outputs side by side of which some are wrong, by address."""
    wrong = set(case.wrong)
    for addresses in _side_by_side(case.elements):
        lanes = [address for address in addresses if address in wrong]
        if lanes:
            number = _first_wrong_input(case, lanes)
            left, expected = case.signed.left[number], case.expected[number]
            node = case.last_store(next(a for a in lanes if left[a] != expected[a]))
            yield WrongVector(
                addresses[0],
                None if case.of_any_program else case.elements[addresses[0]],
                tuple(expected[address] for address in addresses),
                tuple(left[address] for address in addresses),
                None
                if node is None
                else case.flow.slot_at(case.flow.step_of(node), case.slots[node]),
            )


def _side_by_side(elements: Mapping[int, int]) -> Iterator[Sequence[int]]:
    """The addresses of outputs, as many at a time as a vector has lanes and fewer where the next
    element is somewhere else."""
    run: list[int] = []
    for address, element in elements.items():
        follows = run and (address, element) == (run[-1] + 1, elements[run[-1]] + 1)
        if run and (not follows or len(run) == VLEN):
            yield run
            run = []
        run.append(address)
    if run:
        yield run


def _confidence(found: Sequence[repairing.Repair]) -> Confidence:
    if not found:
        return "evidence-only"
    return "repaired-unique" if len(found) == 1 else "repaired-several"


def _slot_at(flow: Flow, slot: int) -> SlotAt:
    """A slot where it is first executed."""
    return flow.slot_at(flow.steps_of(flow.pc_of_slot(slot))[0], slot)


def _told(flow: Flow, repair: repairing.Repair, inputs: int) -> Repair:
    name, *operands = repair.written
    row = opcode(repair.engine, name)
    place = 0 if repair.slot is None else flow.engine_of(repair.slot)[1]
    text = format_slot(Slot(repair.pc, row.engine, place, row, tuple(operands)), flow.names)
    return Repair(
        None if repair.slot is None else _slot_at(flow, repair.slot),
        repair.engine,
        repair.written,
        text,
        repair.pc,
        _change(flow, repair, operands),
        inputs,
    )


def _change(flow: Flow, repair: repairing.Repair, operands: Sequence[int]) -> str:
    """What is different, in the words of a person."""
    if repair.slot is None:
        return f"a slot is missing in {repair.engine} at pc {repair.pc}"
    row, before = flow.row(repair.slot), flow.operands(repair.slot)
    away = repair.pc - flow.pc_of_slot(repair.slot)
    if away:
        bundles = "bundle" if abs(away) == 1 else "bundles"
        return f"issue it {abs(away)} {bundles} {'later' if away > 0 else 'earlier'}"
    parts = []
    for position in repair.changed:
        if not position:
            parts.append(f"opcode: {row.name} should be {repair.written[0]}")
            continue
        operand = row.operands[position - 1]
        old, new = (
            flow.names.text(value, max(operand.width, 1)) if operand.in_scratch else str(value)
            for value in (before[position - 1], operands[position - 1])
        )
        parts.append(f"operand {operand.name}: {old} should be {new}")
    return ", ".join(parts)


def _chain(case: Case, evidence: Evidence, culprit: int) -> tuple[SlotAt, ...]:
    """The slots from the culprit to a wrong output, the shortest way; from the first wrong slot
    where nothing of the culprit reaches one."""
    goals = [{n for n in range(len(case.flow)) if case.slots[n] == culprit}]
    goals += [set(walk.frontier) for walk in evidence.walks]
    for goal in goals:
        for walk in evidence.walks:
            path = _path(evidence, walk.output, goal)
            if path:
                slots = dict.fromkeys(case.flow.slot_of_node(node) for node in path)
                return tuple(slots)
    return ()


def _path(evidence: Evidence, output: int, goal: set[int]) -> list[int]:
    """The nodes from one of a goal to an output."""
    readers = {output: output}
    waiting = deque([output])
    while waiting:
        node = waiting.popleft()
        if node in goal:
            path = [node]
            while readers[path[-1]] != path[-1]:
                path.append(readers[path[-1]])
            return path
        for producer in evidence.producers(node):
            if producer not in readers:
                readers[producer] = node
                waiting.append(producer)
    return []
