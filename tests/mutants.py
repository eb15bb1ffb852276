"""Breaks the machine by one small change at a time and sees that its tests notice.

    python -m tests.mutants [FILE ...] [--from N] [--only N ...]

A mutant is one node of a file's syntax tree changed: an operator, a comparison, a constant, a
role, a branch, an argument, a statement. It lives in memory only: a forked process compiles it
in the place of the module and runs that file's tests until one fails, first those that reach its
line, the quickest first. Mutants that no test can tell from the machine are in `EQUIVALENT`, each
with a reason; any other survivor makes the exit code 1.
"""

import argparse
import ast
import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from time import process_time
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
# Each file with the tests that hold it, the quickest to notice first.
FILES = {
    "machine/isa.py": ("manual", "program", "access", "contract", "schema", "codec", "agreement"),
    "machine/columns.py": ("access", "program", "contract"),
    "machine/access.py": ("access",),
    "machine/model.py": (
        "access",
        "contract",
        "agreement",
        "core",
        "tracing",
        "session/conditions",
    ),
    "machine/timeline.py": ("core", "contract", "session/time", "session/going_back"),
    "machine/encode.py": ("codec", "program", "schema", "contract"),
}
SECONDS, BYTES = 60, 2**31
# A quarter of the random programs tells nearly all mutants.
SELECTED = "not model-1 and not model-2"
OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-k", SELECTED)

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
    "keyframe_interval", "saved_bytes",
}  # fmt: skip
# Fields of nodes that a run cannot feel.
SILENT = {"annotation", "returns", "decorator_list"}

NUMBERED = "OPCODES gives every row its number"
MASKED = "a left shift by 32 is masked to 0 anyway"
EITHER = "max does not care"
FIRST = "overwritten before it is read"
UNSIGNED = "a word is never a negative target, so nobody hears the operand"
WIDE = "an immediate reads the same from the column and from the wide ones"
UNUSED = "nobody reads the columns of operands that a slot does not have"
CAREFUL = "the lengths agree by the key of the table; it is there for the reader"
TYPE = "a type"
SLOWER = "looks at words that are not flagged, and finds so"
PREVIEW = "a preview has no reference to compare with, and its state is looked at by nobody"
AT_LEAST_ONE = "one bundle is remembered in any case"
EQUIVALENT: dict[str, str] = {
    "access.py: return range(0): 0 -> -1": "either is an empty range",
    "access.py: tuple(Read(at, int(row.operands[at].width > 1)) for at in reads),: 1 -> 2": "an "
    "operand is one word or a vector",
    "access.py: Words = tuple[int, int]: (int, int) -> (int,)": TYPE,
    "isa.py: code: int = -1: -1 -> +1": NUMBERED,
    "isa.py: code: int = -1: 1 -> 2": NUMBERED,
    "isa.py: code: int = -1: 1 -> 0": NUMBERED,
    "isa.py: return any(max(operand.width, operand.lanes) == VLEN for operand in self.operands): "
    "max(operand.width, operand.lanes) -> max(operand.lanes, operand.width)": EITHER,
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
    "model.py: return flags is not None and flags.count(0) < len(flags): "
    "flags.count(0) < len(flags) -> flags.count(0) <= len(flags)": SLOWER,
    "model.py: history: int = 0,: 0 -> 1": AT_LEAST_ONE,
    "model.py: history: int = 0,: 0 -> -1": AT_LEAST_ONE,
    "model.py: self._history: deque[_Undo] = deque(maxlen=max(history, 1)): "
    "max(history, 1) -> max(1, history)": EITHER,
    "model.py: self._next_pc = 0: 0 -> 1": FIRST,
    "model.py: self._next_pc = 0: 0 -> -1": FIRST,
    "model.py: number = 0: 0 -> 1": FIRST,
    "model.py: number = 0: 0 -> -1": FIRST,
    "model.py: self._next_pc = 0: removed": FIRST,
    "model.py: number = 0: removed": FIRST,
    "model.py: m.go_to(0, m.scratch[addr]): 0 -> 1": UNSIGNED,
    "model.py: m.go_to(0, m.scratch[addr]): 0 -> -1": UNSIGNED,
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


class _Reached:
    """A plugin of pytest that notes which lines of a file each test reaches, and what it costs."""

    def __init__(self, file: str) -> None:
        self.path = str(ROOT / file)
        self.tests: list[tuple[float, str, list[int]]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        lines: set[int] = set()

        def in_file(frame: Any, _event: str, _argument: object) -> Any:
            lines.add(frame.f_lineno)
            return in_file

        def at_call(frame: Any, event: str, argument: object) -> Any:
            if frame.f_code.co_filename == self.path:
                return in_file(frame, event, argument)
            return None

        begun = process_time()
        sys.settrace(at_call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tests.append((process_time() - begun, item.nodeid, sorted(lines)))


def tests_by_line(file: str) -> dict[int, list[str]]:
    """By line of a file the tests that reach it, the quickest first."""
    read, write = os.pipe()
    if not os.fork():
        reached = _Reached(file)
        _run_tests(_test_files(file), [reached])
        with os.fdopen(write, "w") as stream:
            json.dump(sorted(reached.tests), stream)
        os._exit(0)
    os.close(write)
    found: dict[int, list[str]] = {}
    with os.fdopen(read) as stream:
        for _, test, lines in json.load(stream):
            for line in lines:
                found.setdefault(line, []).append(test)
    os.wait()
    return found


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


def noticed(file: str, tree: ast.Module, tests: Sequence[str]) -> bool:
    """Whether a test fails with this tree for the file's; endless runs are noticed too."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    os._exit(_tested(file, tree, tests))


def _tested(file: str, tree: ast.Module, tests: Sequence[str]) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    module = file.removesuffix(".py").replace("/", ".")
    code = compile(ast.fix_missing_locations(tree), file, "exec")
    load = SourceFileLoader.get_code
    mutated = lambda self, name: code if name == module else load(self, name)  # noqa: E731
    SourceFileLoader.get_code = mutated  # type: ignore[method-assign]
    return _run_tests(tests)


def _run_tests(tests: Sequence[str], plugins: Sequence[object] = ()) -> int:
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        return int(pytest.main([*OPTIONS, f"--rootdir={ROOT}", *tests], list(plugins)))


def _test_files(file: str) -> list[str]:
    rooms = (name.rpartition("/") for name in FILES[file])
    return [str(ROOT / f"tests/{room or 'machine'}/test_{name}.py") for room, _, name in rooms]


def survivors(file: str, chosen: Container[int], counts: Counter[str]) -> Iterator[str]:
    """Those of the mutants chosen by number that no test notices; counted by how they end."""
    source = (ROOT / file).read_text(encoding="utf-8")
    lines, tree = ["", *source.splitlines()], ast.parse(source)
    every, reaching, stretch = _test_files(file), tests_by_line(file), stretches(tree)
    assert not noticed(file, tree, every), "the tests fail without a mutant"
    for number, (line, what) in enumerate(mutants(tree)):
        if number not in chosen:
            continue
        change = f"{Path(file).name}: {lines[line].strip()}: {what}"
        known = "equivalent" if change in EQUIVALENT else "survived"
        likely = {test: None for at in stretch.get(line, ()) for test in reaching.get(at, ())}
        # What is reached in ways that were not seen is told by all of them.
        found = noticed(file, tree, list(likely)) if likely else False
        end = "noticed" if found or noticed(file, tree, every) else known
        counts[end] += 1
        if end == "survived":
            yield f"#{number} line {line} {change}"
    assert not noticed(file, tree, every), "the tests fail without a mutant"


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
