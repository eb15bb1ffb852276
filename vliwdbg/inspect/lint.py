"""What looks wrong or wasteful in a program, judged by one run of it.

A rule is a row: its id, how bad it is, what it looks for, why that matters, and the function that
finds it. Findings are grouped: a rule gives one line, or a few. A right program has no error. Which
cases count was measured on public kernels: what nearly all right ones do is no finding.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, islice, pairwise
from math import ceil
from typing import NamedTuple

from machine.access import ACCESS, Kind
from machine.core.tracing import NEVER_WRITTEN, NODE_COUNTS, Why
from machine.isa import OPCODES, SLOT_LIMITS, VLEN, opcode
from machine.problem import Layout
from vliwdbg.inspect.dependences import LIMITS, WORKING, Dependences
from vliwdbg.inspect.flow import NO_WORD, Flow
from vliwdbg.inspect.outputs import output_addresses, spread
from vliwdbg.inspect.progress import parts_of
from vliwdbg.inspect.words import notes_of, runs_of
from vliwdbg.session.errors import DebuggerError
from vliwdbg.views.lint import Finding, Lint, LintRule, Severity

OTHERS = 5
"""Inputs on which slots have to be useless too before a warning is given of them."""
SHOWN = 3
"""Slots that a finding names."""
_STORES, _LOADS = (
    frozenset(row.code for row in OPCODES if ACCESS[row.code].memory is kind)
    for kind in (Kind.WRITE, Kind.READ)
)
_WRITES = frozenset(
    row.code for row in OPCODES if ACCESS[row.code].dest is not None and NODE_COUNTS[row.code]
)
_VECTORS_READ = tuple(
    tuple(k for k, (_, stride) in enumerate(ACCESS[row.code].reads) if stride)
    if NODE_COUNTS[row.code] > 1
    else ()
    for row in OPCODES
)
"""By opcode which of its scratch operands are vectors."""
_STARTS = tuple(b"\1".ljust(count, b"\0") if count > 1 else bytes(count) for count in NODE_COUNTS)
"""By opcode its lanes, the first of a vector marked."""
_CONST = opcode("load", "const").code
_LASTING = frozenset(
    row.code for row in OPCODES if row.engine == "flow" and ACCESS[row.code].dest is None
)
"""What has an effect without writing a word: jumps, halt, pause, trace_write."""


class Case(NamedTuple):
    """What a rule found, and the operations that it is about."""

    message: str
    """What they are, to be followed by how many."""
    ops: Sequence[int]
    detail: str = ""
    severity: Severity | None = None
    """Where it is not that of the rule."""
    cases: int | None = None
    """Where it is not the number of operations."""


class Facts:
    """What the rules look at, each worked out once. `others` are runs on other inputs that go the
    same way, made when they are asked for."""

    def __init__(self, dependences: Dependences, others: Iterable[Flow] = ()) -> None:
        self.dependences = dependences
        self.flow = dependences.flow
        self.others = others

    @cached_property
    def op_of_node(self) -> list[int]:
        """By node the operation that it is a lane of."""
        opcodes = self.flow.columns.opcodes
        found: list[int] = []
        for op, slot in enumerate(parts_of("lanes", self.dependences.slot)):
            found += [op] * NODE_COUNTS[opcodes[slot]]
        return found

    @cached_property
    def first_node(self) -> list[int]:
        """By operation its first node, and one more for where the last one's end."""
        return list(accumulate(map(NODE_COUNTS.__getitem__, self.code), initial=0))

    def nodes(self, op: int) -> range:
        """The nodes of an operation."""
        return range(self.first_node[op], self.first_node[op + 1])

    def is_a_vector(self, nodes: array[int]) -> bool:
        """Whether these are all the lanes of one operation, in order."""
        first = nodes[0]
        return (
            first >= 0
            and bool(self._starts[first])
            and nodes == self._every_node[first : first + VLEN]
        )

    @cached_property
    def _starts(self) -> bytes:
        """By node whether it is the first lane of a vector."""
        return b"".join(map(_STARTS.__getitem__, self.code))

    @cached_property
    def _every_node(self) -> array[int]:
        return array("i", range(len(self.flow)))

    def unmarked(self, marks: bytearray, ops: Iterable[int]) -> list[int]:
        """Those of some operations of which no node is marked."""
        first = self.first_node
        return [op for op in ops if marks.find(1, first[op], first[op + 1]) < 0]

    def last_stores(self, flow: Flow) -> dict[int, int]:
        """By address the last node that stores to it, in a run that goes this way."""
        return dict(zip(map(flow.addresses.__getitem__, self._storing), self._storing, strict=True))

    @cached_property
    def _storing(self) -> list[int]:
        """The nodes that store."""
        return list(chain.from_iterable(map(self.nodes, self.ops_of(_STORES))))

    @cached_property
    def code(self) -> list[int]:
        """By operation the number of its opcode."""
        opcodes = self.flow.columns.opcodes
        return [opcodes[slot] for slot in self.dependences.slot]

    def ops_of(self, codes: Collection[int]) -> list[int]:
        """The operations with one of these opcodes."""
        return [op for op, code in enumerate(self.code) if code in codes]

    @cached_property
    def read(self) -> bytearray:
        """By node whether its word is read from scratch; four more are for what is no node."""
        read = bytearray(len(self.flow) + 4)
        for producers in self.flow.sources:
            for producer in parts_of("reads", producers):
                read[producer] = 1
        return read

    @cached_property
    def needed(self) -> bytearray:
        """By node, whether an output, a jump or the trace buffer is made of it."""
        marked = self._wanted(self.flow)
        spread(self.flow, marked)
        return marked

    def _wanted(self, flow: Flow) -> bytearray:
        """By node of a run that goes this way, whether an output is stored or something lasts."""
        marked = bytearray(len(flow))
        claimed = output_addresses(flow)
        for address, node in self.last_stores(flow).items():
            if address in claimed:
                marked[node] = 1
        for op in self.ops_of(_LASTING):
            self._mark(op, marked)
        return marked

    def _mark(self, op: int, marks: bytearray) -> None:
        for node in self.nodes(op):
            marks[node] = 1

    @cached_property
    def useless(self) -> list[int]:
        """The operations of which no lane is needed. Those stores are not among them that nobody
        loads, and what is made for them: they may be meant."""
        every = [op for op, code in enumerate(self.code) if NODE_COUNTS[code]]
        return self.useless_in(self.flow, every)

    def useless_in(self, flow: Flow, ops: Sequence[int]) -> list[int]:
        """Those of some operations that are useless in a run that goes this way."""
        needed = self._wanted(flow)
        for op in self._stored_elsewhere(flow):
            self._mark(op, needed)
        spread(flow, needed)
        return self.unmarked(needed, ops)

    @cached_property
    def unclaimed(self) -> list[int]:
        """The stores that leave the last word somewhere the program does not claim."""
        return self.unmarked(self.needed, sorted(self._stored_elsewhere(self.flow)))

    def _stored_elsewhere(self, flow: Flow) -> set[int]:
        claimed = output_addresses(flow)
        return {
            self.op_of_node[node]
            for address, node in self.last_stores(flow).items()
            if address not in claimed
        }

    @cached_property
    def layout(self) -> Layout | None:
        """Where the parts of memory are, if it is that of the problem."""
        return Layout.read(self.flow.memory)


def _double_writes(facts: Facts) -> Iterator[Case]:
    words, first = facts.flow.written_words, facts.flow.first_node
    ops: dict[int, None] = {}
    for start, stop in pairwise(first):
        written = [word for word in words[start:stop] if word != NO_WORD]
        if len(set(written)) != len(written):
            seen: dict[int, int] = {}
            for node in range(start, stop):
                word, op = words[node], facts.op_of_node[node]
                if word in seen and word != NO_WORD:
                    ops |= {seen[word]: None, op: None}
                seen[word] = op
    if ops:
        yield Case(
            "slots that write a word which another slot of their bundle writes too", list(ops)
        )


def _straddles(facts: Facts) -> Iterator[Case]:
    """Vector operands whose lanes were written by more than one vector, or by other lanes of it."""
    sources, first = facts.flow.sources, facts.first_node
    stores: list[int] = []
    others: list[int] = []
    for op, code in enumerate(parts_of("vectors", facts.code)):
        for k in _VECTORS_READ[code]:
            nodes = sources[k][first[op] : first[op] + VLEN]
            # Nearly all are the lanes of one slot: no need to look at each.
            if not facts.is_a_vector(nodes) and _lies_across(facts, nodes):
                (stores if code in _STORES else others).append(op)
                break
    if others:
        yield Case("slots that read a vector which two values lie across", others)
    if stores:
        yield Case("vstores of words that were put side by side", stores, severity="note")


def _lies_across(facts: Facts, producers: array[int]) -> bool:
    origins = set()
    for lane, node in enumerate(producers):
        if node >= 0:
            op = facts.op_of_node[node]
            nodes = facts.nodes(op)
            if len(nodes) > 1:
                origins.add((op, lane - (node - nodes.start)))
    return len(origins) > 1 or any(shift for _, shift in origins)


def _useless(facts: Facts) -> Iterator[Case]:
    """By engine and stage; the message says what all of them could save."""
    useless = facts.useless
    before, after = _cycles_without(facts, ()), _cycles_without(facts, useless)
    for flow in islice(facts.others, OTHERS if after < before else 0):
        # Not each word of a table is read on each input.
        useless = facts.useless_in(flow, useless)
        after = _cycles_without(facts, useless)
        if after == before:
            break
    if not useless:
        return
    groups: dict[tuple[int, str], list[int]] = {}
    for op in useless:
        groups.setdefault((facts.dependences.engine[op], _stage(facts, op)), []).append(op)
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))
    told = ", ".join(
        f"{len(ops)} {WORKING[engine]}{stage and f' of {stage}'}"
        for (engine, stage), ops in largest[:6]
    )
    more = f" and {len(largest) - 6} more groups" if len(largest) > 6 else ""
    saved = (
        f"the slots alone then need {after} cycles, not {before}"
        if after < before
        else (f"the {before} cycles that the slots need stay the same")
    )
    yield Case(
        "slots that no output is made of",
        useless,
        f" ({told}{more}); without them {saved}",
        "warning" if after < before else "note",
    )


def _cycles_without(facts: Facts, ops: Sequence[int]) -> int:
    """What the busiest engine needs for the slots but these."""
    engine = facts.dependences.engine
    used = Counter(engine)
    used.subtract(engine[op] for op in ops)
    return max((ceil(count / LIMITS[number]) for number, count in used.items()), default=0)


def _stage(facts: Facts, op: int) -> str:
    provenance = facts.flow.program.slots
    if len(provenance) != facts.flow.columns.slot_count:
        return ""
    told = provenance[facts.dependences.slot[op]]
    return str(told.get("stage", "")) if isinstance(told, Mapping) else ""


def _never_read(facts: Facts) -> Iterator[Case]:
    ops = facts.unmarked(facts.read, facts.ops_of(_WRITES))
    if ops:
        yield Case("slots that write words which nobody reads", ops)


def _overwritten_stores(facts: Facts) -> Iterator[Case]:
    flow = facts.flow
    loaded, final = set(flow.stored), set(facts.last_stores(flow).values())
    ops = [
        op
        for op in facts.ops_of(_STORES)
        if not any(node in loaded or node in final for node in facts.nodes(op))
    ]
    if ops:
        yield Case("stores that are overwritten before anybody loads them", ops)


def _unclaimed_stores(facts: Facts) -> Iterator[Case]:
    layout = facts.layout
    if layout is None:
        return
    ops = [op for op in facts.unclaimed if not _touches(facts, op, layout.indices_at)]
    if ops:
        yield Case("stores of words that the program does not claim, usually the indices", ops)


def _touches(facts: Facts, op: int, below: int) -> bool:
    return any(facts.flow.addresses[node] < below for node in facts.nodes(op))


def _forest_writes(facts: Facts) -> Iterator[Case]:
    layout = facts.layout
    if layout is None:
        return
    ops = [op for op in facts.ops_of(_STORES) if _touches(facts, op, layout.indices_at)]
    if not ops:
        return
    left = facts.last_stores(facts.flow)
    changed = any(
        facts.flow.values[node] != facts.flow.memory[address]
        for address, node in left.items()
        if address < layout.indices_at
    )
    if changed:
        yield Case("stores to the forest or the header", ops)
    else:
        message = "stores to the forest or the header, which are at the end what they were"
        yield Case(message, ops, severity="note")


def _never_written(facts: Facts) -> Iterator[Case]:
    """Reads of words that nobody has written, and of which something needed is made."""
    flow, written = facts.flow, set(facts.flow.written_words)
    early: list[int] = []
    zeros: list[int] = []
    for k, column in enumerate(flow.sources):
        if NEVER_WRITTEN not in column:
            continue
        unwritten = (node for node, producer in enumerate(column) if producer == NEVER_WRITTEN)
        for node in unwritten:
            if facts.needed[node]:
                op = facts.op_of_node[node]
                lane = node - facts.first_node[op]
                slot = facts.dependences.slot[op]
                word = flow.access(slot).read_by(flow.operands(slot), lane)[k]
                (early if word in written else zeros).append(op)
    if early:
        ops = sorted(set(early))
        yield Case("slots that read a word before it is first written", ops, severity="warning")
    if zeros:
        ops = sorted(set(zeros))
        yield Case("slots that read words which are never written, and so are 0", ops)


def _same_address(facts: Facts) -> Iterator[Case]:
    cycle, addresses = facts.dependences.cycle, facts.flow.addresses
    loads, stores = (
        {(cycle[op], addresses[node]): op for op in facts.ops_of(codes) for node in facts.nodes(op)}
        for codes in (_LOADS, _STORES)
    )
    found = sorted({stores[place] for place in loads.keys() & stores.keys()})
    if found:
        yield Case(
            "stores in a bundle with a load of their address, which gets the old word", found
        )


def _same_constants(facts: Facts) -> Iterator[Case]:
    values: dict[int, int] = {}
    again = []
    for op, code in enumerate(facts.code):
        if code == _CONST:
            value = facts.flow.values[facts.first_node[op]]
            if value in values:
                again.append(op)
            values.setdefault(value, op)
    if again:
        yield Case("slots that load a constant which was loaded before", again)


def _never_executed(facts: Facts) -> Iterator[Case]:
    executed = set(facts.flow.pcs)
    never = [pc for pc in range(len(facts.flow.program)) if pc not in executed]
    if never:
        runs = ", ".join(f"{first}:{stop}" for first, stop in runs_of(never)[:5])
        yield Case("bundles that are never executed", (), f", pc {runs}", cases=len(never))


def _idle_cycles(facts: Facts) -> Iterator[Case]:
    dependences = facts.dependences
    idle = [
        cycle
        for cycle in range(dependences.start, dependences.end)
        if not dependences.ops_at(cycle)
    ]
    if idle:
        cycles = ", ".join(f"{first}:{stop}" for first, stop in runs_of(idle)[:5])
        yield Case("cycles of bundles without a slot", (), f", {cycles}", cases=len(idle))


def _many_debug_slots(facts: Facts) -> Iterator[Case]:
    columns = facts.flow.columns
    debug = len(WORKING)
    many = [
        group
        for group, engine in enumerate(columns.group_engine)
        if engine == debug and len(columns.slots_of(group)) > SLOT_LIMITS["debug"]
    ]
    if many:
        yield Case(f"bundles with over {SLOT_LIMITS['debug']} debug slots", (), cases=len(many))


class Rule(NamedTuple):
    """A row of the table."""

    name: str
    severity: Severity
    looks_for: str
    explanation: str
    find: Callable[[Facts], Iterable[Case]]
    at_end: bool = False
    """Whether it is only known at the end of a run."""


RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "double-write",
            "error",
            "a scratch word written twice in one bundle",
            "The later slot wins, so the earlier one was for nothing; it usually means a wrong "
            "destination. Give one of them another word.",
            _double_writes,
        ),
        Rule(
            "straddle",
            "warning",
            "a vector operand that two values lie across",
            "Its lanes were written by two different vector slots, or by other lanes of one: the "
            "address is probably off by a few words. A vstore of words put side by side one by one "
            "is a note.",
            _straddles,
        ),
        Rule(
            "useless",
            "warning",
            "slots that no output, jump or trace is made of",
            "Taking them away changes no output, on this input. It is a warning where the busiest "
            "engine would then need fewer cycles, on other inputs of the problem too, else a note.",
            _useless,
            at_end=True,
        ),
        Rule(
            "forest-write",
            "warning",
            "stores to the forest or the header",
            "They are not outputs, and the check of a run says that the forest was changed. It is "
            "a note where they leave all words as they were.",
            _forest_writes,
            at_end=True,
        ),
        Rule(
            "never-written",
            "note",
            "words that are read and never written",
            "Scratch starts as zeros, so this is a free 0 if it is meant. It is a warning where "
            "the word is written later: then it was probably read too early.",
            _never_written,
        ),
        Rule(
            "never-read",
            "note",
            "slots whose words nobody reads",
            "What is left of something that was changed, a header load say. Compares do not count "
            "as reads.",
            _never_read,
            at_end=True,
        ),
        Rule(
            "overwritten-store",
            "note",
            "stores that are overwritten before anybody loads them",
            "Only the last store to a word is left in memory; the others are for nothing.",
            _overwritten_stores,
            at_end=True,
        ),
        Rule(
            "unclaimed-store",
            "note",
            "stores of words that the program does not claim to leave right",
            "Where only the values count, the final indices need not be stored.",
            _unclaimed_stores,
            at_end=True,
        ),
        Rule(
            "same-address",
            "note",
            "a load and a store of one address in a bundle",
            "It is allowed: the load gets the word from before the store. It may depend on the "
            "input.",
            _same_address,
        ),
        Rule(
            "same-constant",
            "note",
            "a constant that is loaded again",
            "A word that holds it may still be there, and a load slot could be saved.",
            _same_constants,
        ),
        Rule(
            "never-executed",
            "note",
            "bundles that the run does not come to",
            "They may be for other inputs.",
            _never_executed,
            at_end=True,
        ),
        Rule(
            "idle",
            "warning",
            "bundles that cost a cycle and have no slot",
            "A bundle that names an engine costs its cycle even with no slots; one that names "
            "none, or debug alone, is free.",
            _idle_cycles,
        ),
        Rule(
            "debug-slots",
            "warning",
            "more debug slots in a bundle than the limit",
            "The public simulator refuses them.",
            _many_debug_slots,
        ),
    )
}
_ORDER: Sequence[Severity] = ("error", "warning", "note")


def find_rule(name: str) -> Rule:
    """The rule of that id. Raises DebuggerError."""
    if name not in RULES:
        raise DebuggerError(f"lint has no rule {name!r}; it has {', '.join(RULES)}.")
    return RULES[name]


def explain_rule(name: str) -> LintRule:
    """What a rule looks for, and why. Raises DebuggerError for an unknown id."""
    rule = find_rule(name)
    return LintRule(rule.name, rule.severity, rule.looks_for, rule.explanation)


def lint(
    dependences: Dependences, silenced: Collection[str] = (), others: Iterable[Flow] = ()
) -> Lint:
    """What was found, without the rules that are silenced here or by the program: its `build` may
    have a list `silence`. `others` is as for `Facts`. Raises DebuggerError for unknown ids.
    """
    facts = Facts(dependences, others)
    given = dependences.flow.program.build.get("silence", ())
    names = [*silenced, *(given if isinstance(given, (list, tuple)) else [given])]
    quiet = {find_rule(str(name)).name for name in names}
    ended = dependences.flow.trace.why in (Why.END, Why.HALT)
    late = set() if ended else {rule.name for rule in RULES.values() if rule.at_end}
    left_out = quiet | late
    findings = [
        _finding(facts, rule, case)
        for rule in parts_of("rules", [r for r in RULES.values() if r.name not in left_out], 1)
        for case in rule.find(facts)
    ]
    findings.sort(key=lambda finding: _ORDER.index(finding.severity))
    notes = notes_of(dependences.flow)
    if late:
        notes += (f"Only known at the end of a run, and left out: {', '.join(sorted(late))}.",)
    return Lint(tuple(findings), tuple(sorted(quiet)), notes=notes)


def _finding(facts: Facts, rule: Rule, case: Case) -> Finding:
    count = len(case.ops) if case.cases is None else case.cases
    slots = tuple(facts.dependences.slot_at(op) for op in case.ops[:SHOWN])
    return Finding(
        rule.name,
        case.severity or rule.severity,
        f"{case.message}: {count}{case.detail}",
        count,
        slots,
    )
