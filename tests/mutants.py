"""Breaks the machine by one small change at a time and sees that its tests notice.

    python -m tests.mutants [FILE ...] [--from N] [--only N ...]

A mutant is one node of a file's syntax tree changed: an operator, a comparison, a constant, a
role, a branch, an argument, a statement. It lives in memory only. A process that has collected
the file's tests forks for each: the child gives the functions that are there the mutant's code and
runs the tests that reach its line, the quickest first, until one fails. Where a line is executed
when the module is imported, the mutant is compiled in its place before anything else is, and all
of the file's tests are run. Mutants that no test can tell from the machine are in `EQUIVALENT`,
each with a reason; any other survivor makes the exit code 1.
"""

import argparse
import ast
import gc
import json
import os
import resource
import sys
import threading
from collections import Counter
from collections.abc import Callable, Container, Generator, Iterable, Iterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from time import process_time
from types import CodeType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Each file with the tests that hold it, the quickest to notice first.
FILES = {
    "machine/isa.py": ("manual", "program", "access", "contract", "schema", "codec", "agreement"),
    "machine/columns.py": ("access", "program", "contract"),
    "machine/access.py": ("access",),
    "machine/model.py": (
        "access", "contract", "agreement", "core", "tracing", "session/conditions",
        "session/time",
    ),
    "machine/timeline.py": (
        "core", "contract", "interrupts", "footprint", "session/time", "session/going_back",
    ),
    "machine/encode.py": ("codec", "program", "schema", "contract"),
}  # fmt: skip
SECONDS, BYTES = 60, 2**31
# Half of the random programs tells nearly all mutants.
SELECTED = "not model-1 and not model-2"
OPTIONS = ("-x", "-q", "-s", "-p", "no:cacheprovider", "-k", SELECTED)

UNKNOWN = 3
ENDS = {0: "survived", UNKNOWN << 8: "unknown"}
"""By the status of a process; all else is noticed."""

Change = tuple[str, Any]
"""A field of a node and its other value."""

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr, ast.And: ast.Or,
    ast.Or: ast.And, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
FLIPPED = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
MEMBERS = {
    "Kind": ("READ", "WRITE"),
    "Role": ("DEF", "USE", "ADDRESS", "IMMEDIATE", "OFFSET", "TARGET", "RELATIVE", "KEY", "KEYS",
             "ANYTHING"),
    "State": ("RUNNING", "PAUSED", "STOPPED"),
    "Reason": ("END", "HALT", "PAUSE", "FAULT", "BREAKPOINT", "WATCHPOINT", "MAX_CYCLES", "BUDGET"),
    "FaultKind": ("DIVISION", "MEMORY", "TARGET", "DIFFERS", "UNRECORDED"),
}  # fmt: skip
# Names of how much is kept, or done at once, which changes what it costs and nothing else.
COSTS = {
    "KEYFRAME_BYTES", "_FEWEST_KEYFRAMES", "UNDONE_AT_ONCE", "_BYTES_OF_A_WORD", "stretch",
    "keyframe_interval", "saved_bytes", "_thin_out",
}  # fmt: skip
SYMMETRIC = {"max", "min"}
"""Functions to which it is the same which argument comes first."""
# Fields of nodes that a run cannot feel.
SILENT = {"annotation", "returns", "decorator_list"}

NUMBERED = "OPCODES gives every row its number"
MASKED = "a left shift by 32 is masked to 0 anyway"
FIRST = "overwritten before it is read"
UNSIGNED = "a word is never a negative target, so nobody hears the operand"
WIDE = "an immediate reads the same from the column and from the wide ones"
UNUSED = "nobody reads the columns of operands that a slot does not have"
CAREFUL = "the lengths agree by the key of the table; it is there for the reader"
TYPE = "a type"
SLOWER = "looks at words that are not flagged, and finds so"
NO_EDIT = "finds no edit at this position, or is in its state already"
FARTHER = "goes on from an earlier keyframe"
GOES_ON = "stops on the way, and goes on from there"
PREVIEW = "a preview has no reference to compare with, and its state is looked at by nobody"
AT_LEAST_ONE = "one bundle is remembered in any case"
EQUIVALENT: dict[str, str] = {
    "access.py: return range(0): 0 -> -1": "either is an empty range",
    "access.py: tuple(Read(at, int(row.operands[at].width > 1)) for at in reads),: 1 -> 2": "an "
    "operand is one word or a vector",
    "access.py: Words = tuple[int, int]: (int, int) -> (int,)": TYPE,
    "timeline.py: if nearest and (back or nearest.position > self.position):: nearest and "
    "(back or nearest.position > self.position) -> nearest or "
    "(back or nearest.position > self.position)": FARTHER,
    "timeline.py: if nearest and (back or nearest.position > self.position):: "
    "nearest.position > self.position -> nearest.position >= self.position": FARTHER,
    "timeline.py: if nearest and (back or nearest.position > self.position):: "
    "nearest.position > self.position -> nearest.position <= self.position": FARTHER,
    "timeline.py: self._load(nearest): removed": FARTHER,
    "timeline.py: elif nearest and nearest.position > here:: "
    "nearest.position > here -> nearest.position >= here": FARTHER,
    "timeline.py: elif nearest and nearest.position > here:: "
    "nearest.position > here -> nearest.position <= here": FARTHER,
    "timeline.py: back = self.position - position: "
    "self.position - position -> self.position + position": FARTHER,
    "timeline.py: return back <= position - nearest.position and "
    "self.core.take_back(back) == back: return back <= position - nearest.position and "
    "self.core.take_back(back) == back -> return": FARTHER,
    "timeline.py: return back <= position - nearest.position and "
    "self.core.take_back(back) == back: "
    "back <= position - nearest.position -> back < position - nearest.position": FARTHER,
    "timeline.py: return back <= position - nearest.position and "
    "self.core.take_back(back) == back: "
    "back <= position - nearest.position -> back > position - nearest.position": FARTHER,
    "timeline.py: return back <= position - nearest.position and "
    "self.core.take_back(back) == back: "
    "position - nearest.position -> position + nearest.position": FARTHER,
    "timeline.py: stop = self._here(Reason.BUDGET): removed": FIRST,
    "timeline.py: stop = self._here(Reason.BUDGET): Reason.BUDGET -> Reason.END": FIRST,
    "timeline.py: stop = self._execute(end, cycle - 1, heed=False): "
    "self._execute(end, cycle - 1, heed=False) -> self._execute(end, cycle - 1)": GOES_ON,
    "timeline.py: stop = self._execute(end, cycle - 1, heed=False): 1 -> 2": GOES_ON,
    "timeline.py: stop = self._execute(end, cycle - 1, heed=False): False -> True": GOES_ON,
    "timeline.py: stop = self._execute(core.position + 1, NO_LIMIT, heed=False): "
    "self._execute(core.position + 1, NO_LIMIT, heed=False) -> "
    "self._execute(core.position + 1, NO_LIMIT)": GOES_ON,
    "timeline.py: stop = self._execute(core.position + 1, NO_LIMIT, heed=False): "
    "False -> True": GOES_ON,
    "isa.py: code: int = -1: -1 -> +1": NUMBERED,
    "isa.py: code: int = -1: 1 -> 2": NUMBERED,
    "isa.py: code: int = -1: 1 -> 0": NUMBERED,
    "isa.py: return a << b & WORD_MASK if b < 32 else 0: b < 32 -> b <= 32": MASKED,
    "isa.py: return a << b & WORD_MASK if b < 32 else 0: 32 -> 33": MASKED,
    "encode.py: INT64_MAX = 2**63 - 1: 63 -> 62": WIDE,
    "encode.py: INT64_MAX = 2**63 - 1: 1 -> 2": WIDE,
    "encode.py: elif abs(number) > INT64_MAX:: abs(number) > INT64_MAX -> "
    "abs(number) >= INT64_MAX": WIDE,
    "encode.py: stored = [0] * MAX_OPERANDS: 0 -> 1": UNUSED,
    "encode.py: stored = [0] * MAX_OPERANDS: 0 -> -1": UNUSED,
    "encode.py: _FILL = {length: (0,) * (MAX_OPERANDS + 1 - length) "
    "for length in range(1, MAX_OPERANDS + 2)}: 0 -> 1": UNUSED,
    "encode.py: _FILL = {length: (0,) * (MAX_OPERANDS + 1 - length) "
    "for length in range(1, MAX_OPERANDS + 2)}: 1 -> 0": UNUSED,
    "encode.py: _FILL = {length: (0,) * (MAX_OPERANDS + 1 - length) "
    "for length in range(1, MAX_OPERANDS + 2)}: 2 -> 3": UNUSED,
    "encode.py: except (TypeError, KeyError, IndexError, ValueError):: "
    "(TypeError, KeyError, IndexError, ValueError) -> (TypeError, KeyError, IndexError)": CAREFUL,
    "model.py: Reached = tuple[Kind, range]: (Kind, range) -> (Kind,)": TYPE,
    "model.py: self.debug = True: removed": PREVIEW,
    "model.py: self.debug = True: True -> False": PREVIEW,
    "model.py: self.pauses = True: True -> False": PREVIEW,
    "model.py: reached = tuple(self._memory_reached(pc)) if touched and self._traps else (): "
    "touched and self._traps -> touched or self._traps": SLOWER,
    "timeline.py: before = bisect_right(self.keyframes, cycle - 1, key=_cycle): 1 -> 2": FARTHER,
    "model.py: return flags is not None and flags.count(0) < len(flags): "
    "flags.count(0) < len(flags) -> flags.count(0) <= len(flags)": SLOWER,
    "timeline.py: return self._put_edit_in_place(stop) if self._edits and stop.position > before "
    "else stop: self._edits and stop.position > before -> "
    "self._edits or stop.position > before": NO_EDIT,
    "timeline.py: return self._put_edit_in_place(stop) if self._edits and stop.position > before "
    "else stop: stop.position > before -> stop.position >= before": NO_EDIT,
    "timeline.py: if commit is None and self._keeps:: commit is None and self._keeps -> "
    "commit is None or self._keeps": "recalls what is known",
    "model.py: history: int = 0,: 0 -> 1": AT_LEAST_ONE,
    "model.py: history: int = 0,: 0 -> -1": AT_LEAST_ONE,
    "model.py: self._next_pc = 0: 0 -> 1": FIRST,
    "model.py: self._next_pc = 0: 0 -> -1": FIRST,
    "model.py: number = 0: 0 -> 1": FIRST,
    "model.py: number = 0: 0 -> -1": FIRST,
    "model.py: self._next_pc = 0: removed": FIRST,
    "model.py: number = 0: removed": FIRST,
    "model.py: m.go_to(0, m.scratch[addr]): 0 -> 1": UNSIGNED,
    "model.py: m.go_to(0, m.scratch[addr]): 0 -> -1": UNSIGNED,
    "model.py: operands = (*slot.operands, *[0] * (MAX_OPERANDS - len(slot.operands))): "
    "0 -> 1": UNUSED,
    "model.py: operands = (*slot.operands, *[0] * (MAX_OPERANDS - len(slot.operands))): "
    "0 -> -1": UNUSED,
    "model.py: return function: return function -> return": "executors are found in _NAMED",
}
"""`file: line: before -> after`: why no test can tell. Only survivors are looked up."""


def operator(node: ast.BinOp | ast.BoolOp | ast.AugAssign) -> Iterator[Change]:
    yield "op", OPERATORS[type(node.op)]()


def comparison(node: ast.Compare) -> Iterator[Change]:
    for table in (OPERATORS, FLIPPED):
        for i, op in enumerate(node.ops):
            if type(op) in table:
                yield "ops", [*node.ops[:i], table[type(op)](), *node.ops[i + 1 :]]


def constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield "value", not node.value
    elif isinstance(node.value, int):
        yield "value", node.value + 1
        yield "value", node.value - 1
    elif isinstance(node.value, str):
        yield "value", node.value + "?"


def branch(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    yield "test", ast.UnaryOp(ast.Not(), node.test)


def member(node: ast.Attribute) -> Iterator[Change]:
    names = MEMBERS.get(node.value.id, ()) if isinstance(node.value, ast.Name) else ()
    if node.attr in names:
        yield "attr", names[(names.index(node.attr) + 1) % len(names)]


def arguments(node: ast.Call) -> Iterator[Change]:
    if len(node.args) > 1:
        yield "args", node.args[:-1]
        if ast.unparse(node.func) not in SYMMETRIC:
            yield "args", [node.args[1], node.args[0], *node.args[2:]]
    for i, keyword in enumerate(node.keywords):
        if any(behaviour(keyword)):
            yield "keywords", node.keywords[:i] + node.keywords[i + 1 :]


def elements(node: ast.Tuple) -> Iterator[Change]:
    if len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
        yield "elts", node.elts[:-1]


def returned(node: ast.Return) -> Iterator[Change]:
    if node.value is not None and ast.unparse(node.value) not in {"None", "False"}:
        yield "value", None


def negation(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not):
        yield "operand", ast.UnaryOp(ast.Not(), node.operand)
    else:
        yield "op", ast.UAdd()


def statements(node: ast.AST) -> Iterator[Change]:
    """Each statement removed that does something when it is reached."""
    kinds = (
        ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Delete
    )
    body: list[ast.stmt] = getattr(node, "body", [])
    for i, statement in enumerate(body):
        if isinstance(statement, kinds) and any(behaviour(statement)):
            yield "body", [*body[:i], ast.Pass(), *body[i + 1 :]]


CHANGES: dict[type[ast.AST], tuple[Callable[..., Iterator[Change]], ...]] = {
    ast.BinOp: (operator,), ast.BoolOp: (operator,), ast.AugAssign: (operator,),
    ast.Compare: (comparison,), ast.Constant: (constant,), ast.If: (branch, statements),
    ast.IfExp: (branch,), ast.While: (branch, statements), ast.Attribute: (member,),
    ast.Call: (arguments,), ast.Tuple: (elements,), ast.Return: (returned,),
    ast.UnaryOp: (negation,), ast.FunctionDef: (statements,), ast.For: (statements,),
    ast.Try: (statements,), ast.ExceptHandler: (statements,), ast.With: (statements,),
}  # fmt: skip


def names_set(node: ast.AST) -> set[str]:
    """What an assignment or a definition gives a meaning to."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    return {ast.unparse(node.targets[0])} if isinstance(node, ast.Assign) else set()


def behaviour(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it that a run can feel."""
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    strict = isinstance(node, ast.keyword) and node.arg == "strict"
    types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    costs = not COSTS.isdisjoint(names_set(node))
    unfelt = docstring or strict or types or costs
    if unfelt or isinstance(node, ast.Assert | ast.Import | ast.ImportFrom):
        return
    yield node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in SILENT:
                yield from behaviour(child)


def shown(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else text[:87] + "..."


def mutants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Changes the tree, gives the line and what it did, and changes it back; again and again."""
    for node in behaviour(tree):
        for change in CHANGES.get(type(node), ()):
            before = shown(node)
            for field, value in change(node):
                old = getattr(node, field)
                unchanged = ast.dump(node)
                setattr(node, field, value)
                if ast.dump(node) == unchanged:
                    pass
                elif change is statements:
                    removed = next(statement for statement in old if statement not in value)
                    yield removed.lineno, "removed"
                else:
                    yield getattr(node, "lineno", 0), f"{before} -> {shown(node)}"
                setattr(node, field, old)


class _Lines:
    """Notes which lines of a file are executed, by any thread."""

    def __init__(self, file: str) -> None:
        self._path = str(ROOT / file)
        self._seen: set[int] = set()

    def start(self) -> None:
        threading.settrace(self._at_call)
        sys.settrace(self._at_call)

    def stop(self) -> list[int]:
        """Those since the start, ascending."""
        sys.settrace(None)
        threading.settrace(None)
        seen, self._seen = sorted(self._seen), set()
        return seen

    def _at_call(self, frame: Any, event: str, argument: object) -> Any:
        if frame.f_code.co_filename == self._path:
            return self._at_line(frame, event, argument)
        return None

    def _at_line(self, frame: Any, _event: str, _argument: object) -> Any:
        self._seen.add(frame.f_lineno)
        return self._at_line


class _Reached:
    """A plugin of pytest that notes which lines of a file each test reaches, and what it costs."""

    def __init__(self, file: str) -> None:
        self._lines = _Lines(file)
        self.tests: list[tuple[float, str, list[int]]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        begun = process_time()
        self._lines.start()
        try:
            return (yield)
        finally:
            lines = self._lines.stop()
            self.tests.append((process_time() - begun, item.nodeid, lines))


def stretches(tree: ast.Module) -> dict[int, range]:
    """By line within a function the lines of its statement, up to the first of those within it."""
    found = {}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for function in functions:
        for outer in function.body:
            for node in ast.walk(outer):
                if isinstance(node, ast.stmt):
                    body: list[ast.stmt] = getattr(node, "body", [])
                    end = body[0].lineno - 1 if body else node.end_lineno or node.lineno
                    stretch = range(node.lineno, max(end, node.lineno) + 1)
                    found.update(dict.fromkeys(stretch, stretch))
    return found


class Quick:
    """A process that has collected a file's tests and breaks the functions that it has imported.

    Iterating gives for each of the chosen mutants, by number, `noticed` or not, and `unknown` where
    that was not to be found out in this way.
    """

    def __init__(self, file: str, chosen: Container[int]) -> None:
        self.file, self.chosen = file, chosen
        self._answers, self._sent = os.pipe()
        self._imported = _Lines(file)

    def __iter__(self) -> Iterator[str]:
        if not os.fork():
            os.close(self._answers)
            self._imported.start()
            _run_tests(_test_files(self.file), [self])
            os._exit(0)
        os.close(self._sent)
        with os.fdopen(self._answers) as stream:
            yield from (line.strip() for line in stream)
        os.wait()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests that were collected."""
        imported = set(self._imported.stop())
        source = (ROOT / self.file).read_text(encoding="utf-8")
        tree, functions = ast.parse(source), functions_of(self.file)
        reaching, stretch = self._tests_by_line(session.items), stretches(tree)
        with os.fdopen(self._sent, "w") as answers:
            for number, (line, _) in enumerate(mutants(tree)):
                if number not in self.chosen:
                    continue
                lines = stretch.get(line, range(0))
                likely = {test: None for at in lines for test in reaching.get(at, ())}
                if not lines or not imported.isdisjoint(lines):
                    answer = "unknown"
                else:
                    answer = self._found(tree, functions, likely)
                print(answer, file=answers, flush=True)
        return True

    def _found(
        self, tree: ast.Module, functions: Sequence[FunctionType], tests: Iterable[pytest.Item]
    ) -> str:
        child = os.fork()
        if child:
            return ENDS.get(os.waitpid(child, 0)[1], "noticed")
        _limit()
        if not transplanted(self.file, tree, functions):
            os._exit(UNKNOWN)
        os._exit(_fails(tests))

    def _tests_by_line(self, items: Sequence[pytest.Item]) -> dict[int, list[pytest.Item]]:
        """By line of the file the tests that reach it, the quickest first; run in another process,
        so that nothing in this one is used."""
        read, write = os.pipe()
        if not os.fork():
            reached = _Reached(self.file)
            items[0].config.pluginmanager.register(reached)
            assert not _fails(items), "the tests fail without a mutant"
            with os.fdopen(write, "w") as stream:
                json.dump(sorted(reached.tests), stream)
            os._exit(0)
        os.close(write)
        by_name = {item.nodeid: item for item in items}
        found: dict[int, list[pytest.Item]] = {}
        with os.fdopen(read) as stream:
            for _, test, lines in json.load(stream):
                for line in lines:
                    found.setdefault(line, []).append(by_name[test])
        os.wait()
        return found


def _fails(tests: Iterable[pytest.Item]) -> bool:
    """Whether one of them does; none is run after it."""
    for test in tests:
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=None)
        if test.session.testsfailed:
            return True
    return False


def functions_of(file: str) -> list[FunctionType]:
    """All that were made of a file, methods and those within others too."""
    path = str(ROOT / file)
    everything = gc.get_objects()
    return [
        thing
        for thing in everything
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == path
    ]


def transplanted(file: str, tree: ast.Module, functions: Sequence[FunctionType]) -> bool:
    """Give functions the code that a tree has for them; whether that changed any, and none that was
    to change has to be made anew."""
    module = compile(ast.fix_missing_locations(tree), str(ROOT / file), "exec")
    codes: dict[object, list[CodeType]] = {}
    for code in _codes(module):
        codes.setdefault((code.co_qualname, code.co_firstlineno), []).append(code)
    changed = False
    for function in functions:
        old = function.__code__
        new = codes.get((old.co_qualname, old.co_firstlineno), [])
        if old in new:
            continue
        # Of several lambdas on a line nobody knows which is which.
        if len(new) != 1 or new[0].co_freevars != old.co_freevars:
            return False
        function.__code__ = new[0]
        changed = True
    return changed


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def noticed(file: str, tree: ast.Module) -> bool:
    """Whether a test fails with this tree for the file's; endless runs are noticed too."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    os._exit(_tested(file, tree))


def _tested(file: str, tree: ast.Module) -> int:
    _limit()
    module = file.removesuffix(".py").replace("/", ".")
    code = compile(ast.fix_missing_locations(tree), file, "exec")
    load = SourceFileLoader.get_code
    mutated = lambda self, name: code if name == module else load(self, name)  # noqa: E731
    SourceFileLoader.get_code = mutated  # type: ignore[method-assign]
    return _run_tests(_test_files(file))


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def _run_tests(files: Sequence[str], plugins: Sequence[object] = ()) -> int:
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        return int(pytest.main([*OPTIONS, f"--rootdir={ROOT}", *files], list(plugins)))


def _test_files(file: str) -> list[str]:
    rooms = (name.rpartition("/") for name in FILES[file])
    return [str(ROOT / f"tests/{room or 'machine'}/test_{name}.py") for room, _, name in rooms]


def survivors(file: str, chosen: Container[int], counts: Counter[str]) -> Iterator[str]:
    """Those of the mutants chosen by number that no test notices; counted by how they end."""
    source = (ROOT / file).read_text(encoding="utf-8")
    lines, tree = ["", *source.splitlines()], ast.parse(source)
    quickly = iter(Quick(file, chosen))
    for number, (line, what) in enumerate(mutants(tree)):
        if number not in chosen:
            continue
        change = f"{Path(file).name}: {lines[line].strip()}: {what}"
        known = "equivalent" if change in EQUIVALENT else "survived"
        end = next(quickly)
        if end == "unknown":
            end = "noticed" if noticed(file, tree) else "survived"
        end = known if end == "survived" else end
        counts[end] += 1
        if end == "survived":
            yield f"#{number} line {line} {change}"
    assert not noticed(file, tree), "the tests fail without a mutant"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", default=list(FILES))
    parser.add_argument("--from", type=int, default=0, dest="first", help="skip that many mutants")
    parser.add_argument("--only", type=int, nargs="+", help="these alone, by number")
    options = parser.parse_args()
    chosen = options.only or range(options.first, sys.maxsize)
    # Without plugins, and without the compiled code that would stand in for the mutant.
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "VLIWDBG_CORE": "model"}
    counts = Counter[str]()
    for file in options.files:
        for survivor in survivors(file, chosen, counts):
            print(survivor, flush=True)
    print(", ".join(f"{count} {end}" for end, count in counts.items()))
    return 1 if counts["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
