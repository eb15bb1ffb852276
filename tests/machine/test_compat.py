"""The public simulator's module: what people's test files and tools do with it."""

import copy
import json
import pickle
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from machine import Problem
from machine import compat as public
from machine.compat import (
    Core,
    CoreState,
    DebugInfo,
    Input,
    Machine,
    Tree,
    build_mem_image,
    loading,
    reference_kernel,
    reference_kernel2,
    simulator,
)
from machine.compat.reference import _walk
from machine.core import choose_core
from machine.core.inputs import record
from machine.problem import Layout, solve
from tests.oracle.randomprograms import random_program

KEY = (0, 3, "val")
KEYS = [(0, i, "val") for i in range(8)]
PAUSE: dict[str, Any] = {"flow": [("pause",)]}
HALT: dict[str, Any] = {"flow": [("halt",)]}
compiled = pytest.mark.skipif(choose_core().name != "compiled", reason="nothing is compiled")


def const(dest: int, imm: int) -> dict[str, Any]:
    return {"load": [("const", dest, imm)]}


class InPython(Machine):
    """Executes every bundle in Python, since a method of it is its own."""

    def step(self, instr: Any, core: Core) -> None:
        super().step(instr, core)


class EndlessError(Exception):
    """A program that goes on and on."""


class Bounded(Machine):
    """Executes so many bundles in Python, and no more."""

    left = 3000

    def step(self, instr: Any, core: Core) -> None:
        self.left -= 1
        if not self.left:
            raise EndlessError
        super().step(instr, core)


def state(machine: Machine) -> Any:
    return machine.cycle, machine.mem, copy.deepcopy(machine.cores)


def test_runs_tuples_as_a_builder_makes_them() -> None:
    program = [const(1, 2), {"alu": [("+", 2, 1, 1)]}, {"store": [("store", 1, 2)]}]
    memory = [7, 7, 7]
    machine = Machine(memory, program, DebugInfo({1: ("address", 1)}), n_cores=1)
    assert (machine.cycle, machine.mem[:]) == (0, memory)
    machine.run()
    assert (machine.cycle, machine.mem[2], memory) == (3, 4, [7, 7, 7])
    core = machine.cores[0]
    assert (core.id, core.pc, core.state, core.scratch[2]) == (0, 3, CoreState.STOPPED, 4)
    machine.run()
    assert machine.cycle == 3


@pytest.mark.parametrize("kind", [Machine, InPython])
def test_pauses_return_and_resume(kind: type[Machine]) -> None:
    program = [const(0, 1), PAUSE, const(0, 2), PAUSE, {"flow": [("trace_write", 0)]}]
    machine = kind([], program, None)
    seen = []
    for _ in range(3):
        machine.run()
        seen.append((machine.cycle, machine.cores[0].state, machine.cores[0].scratch[0]))
    paused, stopped = CoreState.PAUSED, CoreState.STOPPED
    assert seen == [(2, paused, 1), (4, paused, 2), (5, stopped, 2)]
    assert machine.cores[0].trace_buf == [2]
    machine = kind([], program, None)
    machine.enable_pause = False
    machine.run()
    assert machine.cycle == 5


def test_values_recorded_between_runs() -> None:
    program = [const(0, 5), PAUSE, {"debug": [("compare", 0, KEY)]}]
    recorded: dict[Any, int] = {}
    machine = Machine([], program, None, value_trace=recorded)
    machine.run()
    recorded[KEY] = 5
    machine.run()
    assert machine.cores[0].state is CoreState.STOPPED


def test_a_compare_that_differs() -> None:
    program = [const(0, 5), {"debug": [("compare", 0, KEY)]}]
    with pytest.raises(AssertionError) as raised:
        Machine([], program, None, value_trace={KEY: 6}).run()
    assert str(raised.value) == f"5 != 6 for {KEY} at pc=2"
    with pytest.raises(KeyError):
        Machine([], program, None).run()
    machine = Machine([], program, None)
    machine.enable_debug = False
    machine.run()
    Machine([], program, None, value_trace=defaultdict(lambda: 5)).run()


def test_a_vector_that_differs() -> None:
    recorded = dict.fromkeys(KEYS, 0)
    recorded[KEYS[5]] = 9
    program = [{"debug": [("comment", 1), ("vcompare", 16, KEYS)]}]
    with pytest.raises(AssertionError) as raised:
        Machine([], program, None, value_trace=recorded).run()
    expected = [0, 0, 0, 0, 0, 9, 0, 0]
    assert str(raised.value) == f"{[0] * 8} != {expected} for {KEYS} at pc=1 loc=16"
    del recorded[KEYS[7]]
    with pytest.raises(KeyError):
        Machine([], program, None, value_trace=recorded).run()


@pytest.mark.parametrize(
    ("bundle", "raised"),
    [
        ({"alu": [("//", 0, 0, 0)]}, ZeroDivisionError),
        ({"load": [("load", 0, 0)]}, IndexError),
        ({"store": [("vstore", 0, 0)]}, IndexError),
        ({"alu": [("+", 0, 0, 0)] * 13}, AssertionError),
        ({"alu": [("**", 0, 0, 0)]}, NotImplementedError),
        ({"valu": [("sqrt", 0, 0)]}, NotImplementedError),
        ({"load": [("vload",)]}, NotImplementedError),
        ({"store": [("const", 0, 0)]}, NotImplementedError),
        ({"flow": [("jump",)]}, NotImplementedError),
        ({"alu": [("+", 1536, 0, 0)]}, IndexError),
        ({"alu": [("+", 0)]}, TypeError),
        ({"gpu": [("+", 0, 0, 0)]}, KeyError),
        (None, AttributeError),
    ],
)
def test_raises_what_the_public_one_raises_where_it_does(bundle: Any, raised: Any) -> None:
    machine = Machine([], [const(1, 5), bundle], None)
    with pytest.raises(raised):
        machine.run()
    assert (machine.cycle, machine.cores[0].pc, machine.cores[0].scratch[1]) == (1, 2, 5)
    Machine([], [{"flow": [("halt",)]}, bundle], None).run()


def test_a_note_tells_where_it_was_raised() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        Machine([], [{"alu": [("+", 1, 0, 0), ("//", 2, 0, 0)]}], None).run()
    assert raised.value.__notes__ == ["bundle 0, alu slot 1: ('//', 2, 0, 0)"]


# --- the two ways to run are one ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_random_programs_run_alike_on_both(seed: int) -> None:
    program = random_program(random.Random(seed))
    bundles = [
        {engine: [tuple(slot) for slot in slots] for engine, slots in bundle.items()}
        for bundle in program.bundles
    ]
    plain, machine = (kind(program.memory, bundles, None) for kind in (Bounded, Machine))
    plain.enable_debug = machine.enable_debug = False
    raised = None
    for _ in range(4):
        try:
            plain.run()
        except Exception as error:
            raised = error
        if isinstance(raised, EndlessError):
            break
        if raised:
            with pytest.raises(type(raised), match=re.escape(str(raised))):
                machine.run()
            assert machine.cores == plain.cores
            break
        machine.run()
        assert state(machine) == state(plain)


# --- what may be set, edited and overridden -------------------------------------------------------

PROGRAM: list[Any] = [
    const(3, 5),
    PAUSE,
    {"alu": [("+", 4, 3, 3)], "valu": [("*", 8, 16, 24), ("vbroadcast", 16, 3)]},
    {"load": [("load", 5, 0)], "store": [("store", 0, 3)], "flow": [("trace_write", 4)]},
]
CALLED = {"step": 4, "alu": 9, "valu": 2, "load": 2, "store": 1, "flow": 2, "print_step": 0}


@pytest.mark.parametrize("name", CALLED)
@pytest.mark.parametrize("where", ["subclass", "instance", "class"])
def test_a_method_that_is_overridden_is_called(
    name: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = getattr(Machine, name)

    def method(self: Machine, *arguments: Any) -> None:
        calls.append(arguments)
        original(self, *arguments)

    kind: Any = type("Own", (Machine,), {name: method}) if where == "subclass" else Machine
    if where == "class":
        monkeypatch.setattr(Machine, name, method)
    machine, plain = kind([9], PROGRAM, None), Machine([9], PROGRAM, None)
    if where == "instance":
        setattr(machine, name, lambda *arguments: method(machine, *arguments))
    for one in (machine, plain):
        one.enable_pause = False
        one.run()
    assert len(calls) == CALLED[name] * (2 if where == "class" else 1)
    assert state(machine) == state(plain)


def replace(program: list[Any]) -> None:
    program[2] = {"alu": [("*", 4, 3, 3)]}


def replace_slot(program: list[Any]) -> None:
    program[2]["alu"][0] = ("*", 4, 3, 3)


def change_slot(program: list[Any]) -> None:
    program[2]["alu"][0] = ["+", 4, 3, 3]
    machine = Machine([9], program, None)
    machine.run()
    program[2]["alu"][0][0] = "*"


def more_slots(program: list[Any]) -> None:
    program[2]["alu"].append(("*", 4, 3, 3))


def another_engine(program: list[Any]) -> None:
    program[2] = {"debug": [("comment", 1)], "alu": program[2]["alu"]}
    program[2]["flow"] = [("add_imm", 4, 3, 20)]


def insert(program: list[Any]) -> None:
    program.insert(3, {"alu": [("*", 4, 3, 3)]})


EDITS = [replace, replace_slot, change_slot, more_slots, another_engine, insert]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_a_program_edited_between_runs(edit: Callable[[list[Any]], None]) -> None:
    program = copy.deepcopy(PROGRAM)
    machine = Machine([9], program, None)
    machine.run()
    edit(program)
    machine.run()
    assert machine.cores[0].scratch[4] == 25


def test_whatever_is_set_counts() -> None:
    machine = Machine([1, 2, 3], [{"load": [("load", 0, 1)]}], None)
    core = machine.cores[0]
    mem, scratch = machine.mem, core.scratch
    mem[2] = 6
    scratch[1] = 2
    machine.cycle = 100
    core.trace_buf.append(5)
    machine.run()
    assert (core.scratch[0], machine.cycle, core.trace_buf) == (6, 101, [5])
    assert core.scratch is scratch
    assert machine.mem is mem
    core.state, core.pc, core.scratch, machine.mem = CoreState.RUNNING, 0, [1] * 1536, [7, 8]
    machine.run()
    assert (core.scratch[0], machine.cycle, machine.mem) == (8, 102, [7, 8])
    assert json.loads(json.dumps([*machine.mem, *core.scratch]))[:2] == [7, 8]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_goes_on_by_itself(duplicate: Any) -> None:
    machine = Machine([9], PROGRAM, DebugInfo({3: ("a", 1)}))
    machine.run()
    other = duplicate(machine)
    other.cores[0].scratch[3] = 7
    machine.run()
    other.run()
    assert [m.cores[0].trace_buf for m in (machine, other)] == [[10], [14]]


class Case(NamedTuple):
    """A program that only Python can execute, and what scratch word 5 then is."""

    program: list[Any]
    word: int
    memory: Sequence[int] = (1, 2)
    options: Mapping[str, Any] = MappingProxyType({})


ONLY_IN_PYTHON = {
    "wide-words": Case([{"load": [("load", 5, 0)]}], 2**32 + 5, [2**32 + 5, -1]),
    "scratch-from-its-end": Case([const(-1, 7), {"alu": [("+", 5, 1535, -1)]}], 14),
    "jump-from-the-end": Case([{"flow": [("jump", -1)]}, const(5, 1), const(5, 2) | HALT], 2),
    "more-scratch": Case([const(4000, 3), {"alu": [("+", 5, 4000, 4000)]}], 6, [],
                         {"scratch_size": 4096}),
    "less-scratch": Case([const(5, 3)], 3, [], {"scratch_size": 8}),
    "another-core": Case([{"flow": [("coreid", 6)]}, {"alu": [("+", 5, 6, 6)]}], 2, [],
                         {"n_cores": 2}),
}  # fmt: skip


@pytest.mark.parametrize("case", ONLY_IN_PYTHON.values(), ids=ONLY_IN_PYTHON)
def test_what_no_core_takes_runs_in_python(case: Case) -> None:
    machine = Machine(list(case.memory), case.program, None, **case.options)
    machine.run()
    assert machine.cores[-1].scratch[5] == case.word


def test_limits_of_slots_can_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(public.SLOT_LIMITS, "flow", 2)
    machine = Machine([], [{"flow": [("coreid", 3), ("add_imm", 4, 3, 9)]}], None)
    machine.run()
    assert machine.cores[0].scratch[4] == 9


def test_a_machine_that_pauses_all_the_time() -> None:
    program = [const(0, i) if i % 2 else PAUSE for i in range(400)] + [const(0, 7)] * 90
    machine, other = (kind([], program, None) for kind in (Machine, InPython))
    while other.cores[0].state is not CoreState.STOPPED:
        machine.run()
        other.run()
        assert state(machine) == state(other)


# --- what is printed and traced -------------------------------------------------------------------


def test_prints_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    machine = Machine([9], PROGRAM[:1], DebugInfo({3: ("a", 2)}))
    machine.prints = True
    machine.run()
    named = {"load": [("const", "a", 5)]}
    assert capsys.readouterr().out == f"{{'a': [0, 0]}}\n0 {PROGRAM[0]} {named}\n"


def test_names_in_slots() -> None:
    machine = Machine([9], PROGRAM, DebugInfo({3: ("a", 1)}))
    assert machine.rewrite_slot(("+", 4, 3, 3)) == ("+", 4, "a", "a")
    assert machine.scratch_map(machine.cores[0]) == {"a": [0]}


def test_a_trace_is_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    machine = Machine([9], PROGRAM, DebugInfo({3: ("a", 1)}), trace=True)
    for _ in range(2):
        machine.run()
        events = json.loads((tmp_path / "trace.json").read_text())
    threads = {
        (event["pid"], event["tid"]): event["args"]["name"]
        for event in events
        if event["name"] == "thread_name"
    }
    assert len(set(threads)) == len(threads) == 12 + 6 + 2 + 2 + 1 + 1
    slices = [
        (event["ts"], threads[event["pid"], event["tid"]], event["name"])
        for event in events
        if event["ph"] == "X"
    ]
    assert slices == [
        (0, "load-0", "const"), (0, "a-1", "5"), (1, "flow-0", "pause"), (2, "alu-0", "+"),
        (2, "valu-0", "*"), (2, "valu-1", "vbroadcast"), (3, "load-0", "load"),
        (3, "store-0", "store"), (3, "flow-0", "trace_write"),
    ]  # fmt: skip
    del machine
    assert json.loads((tmp_path / "trace.json").read_text()) == events


# --- programs that were seen before ---------------------------------------------------------------


class Tagged(tuple[Any, ...]):
    """A slot with something about it, as people have them."""


class Register(int):
    """A number of a kind of its own, as of an IntEnum."""


class Number:
    """A number of another library."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


def written_as(slot: Callable[[Any], Any], bundle: Callable[[Any], Any] = dict) -> list[Any]:
    slots: dict[str, list[tuple[Any, ...]]] = {
        "alu": [("+", 5, 3, 3), ("-", 6, 5, 3)],
        "load": [("load_offset", 40, 50, 2), ("const", 4, -1)],
        "debug": [("vcompare", 8, [(0, i, "val") for i in range(8)]), ("note", "text", 7)],
    }
    made = bundle({engine: [slot(part) for part in parts] for engine, parts in slots.items()})
    return [const(52, 1), made, bundle({"flow": [slot(("add_imm", 3, 3, -2))]})]


WAYS: dict[str, Callable[[], list[Any]]] = {
    "tuples": lambda: written_as(tuple),
    "lists": lambda: written_as(list),
    "tagged": lambda: written_as(Tagged),
    "numbers": lambda: written_as(
        lambda slot: tuple(Register(part) if isinstance(part, int) else part for part in slot)
        if slot[0] != "note" else slot
    ),
    "defaultdict": lambda: written_as(tuple, lambda slots: defaultdict(list, slots)),
}  # fmt: skip


@compiled
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_program_is_encoded_once(way: Callable[[], list[Any]]) -> None:
    loading._kept.clear()
    program = way()
    loaded = loading.load(program)
    assert loaded is not None
    assert loaded.left_out == ()
    assert loading.load(program) is loading.load(way()) is loading.load(program) is loaded
    machine, other = (kind([8, 9, 7], program, None) for kind in (Machine, InPython))
    for one in (machine, other):
        one.enable_debug = False
        one.run()
    assert state(machine) == state(other)


@compiled
def test_another_program_is_another() -> None:
    loading._kept.clear()
    same = loading.load(written_as(list))
    for pc, bundle in enumerate(written_as(list)):
        for engine, slots in bundle.items():
            for i, slot in enumerate(slots):
                for place, part in enumerate(slot):
                    program = written_as(list)
                    others: dict[type, list[Any]] = {
                        str: ["+ "],
                        int: [9],
                        list: [[*KEYS[:7], KEY]],
                    }
                    changed = [*slot[:place], *others[type(part)], *slot[place + 1 :]]
                    program[pc][engine] = [*slots[:i], changed, *slots[i + 1 :]]
                    assert loading.load(program) is not same, changed
    for program in ([*written_as(list), {}], written_as(list)[:-1], [{}, *written_as(list)[1:]]):
        assert loading.load(program) is not same
    assert loading.load(written_as(list)) is not None


class Sly(int):
    """A number that says of everything that it equals it."""

    def __eq__(self, _other: object) -> bool:
        return True

    __hash__ = int.__hash__


class Turned(tuple[Any, ...]):
    """A slot whose items come in another order than they lie."""

    def __iter__(self) -> Any:
        return reversed(list(super().__iter__()))


@compiled
@pytest.mark.parametrize(
    ("part", "same"),
    [(5, True), (int("5"), True), (Register(5), True), (Number(5), True), (Sly(5), True),
     (Sly(6), False), (6, False), (5.0, False), ("5", False), (None, False), ([5], False)],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_a_part_in_the_place_of_an_equal_one(part: Any, same: bool) -> None:
    """Of a slot, and of a key, in tuples and in lists: only what executes alike is the same."""
    for kind in (tuple, list, Tagged):
        for place in ("slot", "key"):
            loading._kept.clear()

            def program(part: Any, kind: Any = kind, place: str = place) -> list[Any]:
                slot, key = (part, 5) if place == "slot" else (5, part)
                return [{"debug": [kind(("compare", slot, (1, (2, key))))]}]

            loaded = loading.load(program(5))
            assert (loading.load(program(part)) is loaded) == same
            assert loading.load(program(5)) is loaded


@compiled
def test_a_program_of_other_types_is_another() -> None:
    slot = ("+", 1, 2, 3)
    others: list[Any] = [
        [{"alu": [Turned(slot)]}], [{"alu": {slot: 1}}], [{"alu": ["+123"]}], [{"alu": [None]}],
        [{"al" + "u ": [slot]}], [{1: [slot]}], [[("alu", [slot])]], [None], None, "", [{}],
        [{"alu": [slot, slot]}], [{"alu": [slot], "load": []}], [{"valu": [slot]}],
        [{"alu": [("+", 1, 2)]}], [{"alu": [("-", 1, 2, 3)]}], [{"alu": [slot]}, {}],
    ]  # fmt: skip
    loading._kept.clear()
    loaded = loading.load([{"alu": [slot]}])
    assert loaded is not None
    assert loaded.seen.holds(({"".join("alu"): (Tagged(slot),)},))
    for other in others:
        assert not loaded.holds(other), other
        assert loaded.holds([{"alu": [slot]}])


@compiled
@pytest.mark.parametrize("kind", [tuple, list], ids=["tuples", "lists"])
def test_what_can_be_changed_is_looked_at_again(kind: Any) -> None:
    """A slot that is a list, and a key that is one, may be the same object and say other things."""
    inner = [2, 3]
    key = [1, inner]
    slot = kind(("compare", 8, key))
    program = [const(1, 2), {"debug": [slot]}]
    loaded = loading.load(program)
    assert loaded is not None
    assert loaded.holds(program)
    inner[0] = 4
    assert not loaded.holds(program)
    inner[0] = 2
    assert loaded.holds(program)
    if kind is list:
        slot[1] = 9
        assert not loaded.holds(program)


@compiled
def test_addresses_of_what_is_gone_are_not_taken_for_it() -> None:
    loading._kept.clear()
    for i in range(300, 1000):
        loaded = loading.load([{"load": [("const", i, i + 1)]}])
        assert loaded is not None
        columns = loaded.program.columns
        assert (columns.operands[0][0], columns.operands[1][0]) == (i, i + 1)


@compiled
def test_few_programs_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(3 * loading.MOST_KEPT):
        loading.load([const(0, i)])
    assert len(loading._kept) == loading.MOST_KEPT
    monkeypatch.setattr(loading, "MOST_SLOTS", 5)
    for _ in range(3):
        loading.load([{"alu": [("+", 1, 2, i)]} for i in range(7)])
    assert [len(kept.program) for kept in loading._kept] == [7, 1, 1, 1, 1, 1]


@compiled
def test_a_program_that_changes_while_it_is_looked_at() -> None:
    class Meddler(Number):
        def __index__(self) -> int:
            for victim in victims:
                victim.clear()
            return self.value

    for level in range(3):
        slots: list[Any] = [["+", 1, 2, 3], ["+", Number(1), 2, 3], ["+", 1, 2, 3]]
        bundle: dict[str, Any] = {"alu": slots}
        program = [bundle] * 3
        loaded = loading.load(program)
        assert loaded is not None
        slots[1][1] = Meddler(1)
        victims: list[Any] = [[program, bundle, slots][level]]
        assert not loaded.holds(program)


# --- the problem ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "rounds", "batch"), [(0, 1, 1), (3, 5, 17), (10, 16, 256)])
def test_the_problem_is_ours(height: int, rounds: int, batch: int) -> None:
    random.seed(123)
    tree = Tree.generate(height)
    inputs = Input.generate(tree, batch, rounds)
    following = random.random()
    plain = random.Random(123)
    drawn = [plain.randint(0, 2**30 - 1) for _ in range(2 ** (height + 1) - 1 + batch)]
    assert [*tree.values, *inputs.values, following] == [*drawn, plain.random()]
    memory = build_mem_image(tree, inputs)
    problem = Problem(height, rounds, batch, seed=123)
    assert memory == problem.memory().tolist()
    recorded: dict[Any, int] = {}
    mems = reference_kernel2(memory, recorded)
    assert next(mems) is memory
    assert memory == problem.memory().tolist()
    assert next(mems) is memory
    assert list(mems) == []
    layout = problem.layout
    solution = solve(layout, problem.memory())
    assert memory[layout.indices_at :] == solution.indices + solution.values
    assert recorded == record(layout, problem.memory())
    reference_kernel(tree, inputs)
    assert (inputs.indices, inputs.values) == solution


def test_what_is_not_quite_the_problem() -> None:
    """Values of more than 32 bits, another place of the nodes, an index from the end."""
    tree, rng = Tree(2, [2**40, 5, 6, 7, 8, 9, 10]), random.Random(1)
    for indices in ([0, 3], [-1, 6]):
        inputs = Input(list(indices), [rng.getrandbits(40) for _ in indices], 3)
        memory = build_mem_image(tree, inputs)
        recorded: dict[Any, int] = {}
        for _ in reference_kernel2(memory, recorded):
            pass
        reference_kernel(tree, inputs)
        assert memory[14:] == inputs.indices + inputs.values
        assert inputs.values == [recorded[2, i, "hashed_val"] for i in range(2)]
        assert inputs.values[0] == public.myhash(recorded[2, 0, "val"] ^ recorded[2, 0, "node_val"])


def test_the_walk_in_python_is_the_compiled_one() -> None:
    problem = Problem(4, 6, 20, seed=5)
    memory, recorded, walked = problem.memory().tolist(), {}, {}  # type: ignore[var-annotated]
    layout = Layout.read(memory)
    assert layout is not None
    _walk(list(memory), walked)
    for _ in reference_kernel2(memory, recorded):
        pass
    assert walked == recorded
    assert list(walked) == list(recorded)


def test_a_machine_without_memory() -> None:
    program = [const(3, 7), {"flow": [("pause",)]}, {"alu": [("+", 4, 3, 3)]}]
    machine = Machine([], program)
    for cycle, word in ((2, 0), (3, 14)):
        machine.run()
        assert (machine.cycle, machine.mem, machine.cores[0].scratch[4]) == (cycle, [], word)
    with pytest.raises(Exception, match=r"memory|range"):
        Machine([], [{"load": [("load", 0, 1)]}]).run()


def test_all_that_the_public_module_has() -> None:
    assert public.SLOT_LIMITS == {
        "alu": 12,
        "valu": 6,
        "load": 2,
        "store": 2,
        "flow": 1,
        "debug": 64,
    }
    assert (public.VLEN, public.N_CORES, public.SCRATCH_SIZE) == (8, 1, 1536)
    assert public.BASE_ADDR_TID == 100_000
    assert public.HASH_STAGES[0] == ("+", 0x7ED55D16, "+", "<<", 12)
    assert all(hasattr(public, name) for name in public.__all__)
    assert simulator.Machine is public.Machine
