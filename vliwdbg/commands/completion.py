"""What could be typed next: a line's candidates, from the table and the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from machine.isa import ENGINES, OPCODES
from vliwdbg.commands import COMMANDS
from vliwdbg.commands.console import Console
from vliwdbg.commands.data import SETTINGS
from vliwdbg.commands.info import SUBJECTS
from vliwdbg.session.errors import DebuggerError

Candidates = Callable[[Console], Iterable[str]]


def _names(console: Console) -> Iterable[str]:
    return (console.session.names.label(start) for start, _, _ in console.session.names)


def _places(console: Console) -> Iterable[str]:
    return (*_names(console), "mem[", "s[", "$cycle", "$pc", "$step")


def _locations(console: Console) -> Iterable[str]:
    tags = dict.fromkeys(f"'{tag.name}'" for tag in console.session.program.tags)
    opcodes = (f"{row.engine}:{row.name}" for row in OPCODES)
    engines = (f"engine {engine}" for engine in ENGINES)
    words = ("cycle ", "pc ", "scratch ", "mem ")
    return (*_names(console), *words, *engines, *opcodes, *tags)


def _breakpoints(console: Console) -> Iterable[str]:
    return map(str, console.session.breakpoints.all)


def _rebuilding(_console: Console) -> Iterable[str]:
    from kernels.catalog import KERNELS, SCHEDULERS

    schedulers = (f"--scheduler {name}" for name in SCHEDULERS)
    kernels = (f"--kernel {name}" for name in KERNELS)
    return (*schedulers, *kernels, "height=", "rounds=", "batch=", "seed=")


COMPLETERS: Mapping[str, Candidates] = {
    "place": _places,
    "range": _places,
    "location": _locations,
    "breakpoint": _breakpoints,
    "rebuild": _rebuilding,
    "command": lambda _: full_names(),
    "info": lambda _: SUBJECTS,
    "setting": lambda console: (*(f"{s} " for s in SETTINGS), *_places(console)),
    "target": lambda console: ("end", *(f"'{name}" for name in console.session.marks)),
    "checkpoint": lambda console: map(str, console.session.checkpoints),
}


def full_names() -> list[str]:
    """The commands, without their short names."""
    return list(dict.fromkeys(command.name for command in COMMANDS.values()))


def complete(console: Console, line: str) -> list[str]:
    """Whole lines that this one may become, in order."""
    name, space, argument = line.partition(" ")
    if not space:
        return [known for known in full_names() if known.startswith(name)]
    try:
        command, _ = console.find(line)
    except DebuggerError:
        return []
    completer = COMPLETERS.get(command.completes)
    candidates = completer(console) if completer else ()
    return [f"{name} {text}" for text in candidates if text.startswith(argument)]


def described(console: Console, line: str) -> str:
    """A line of help for the last word of a line; empty where there is none."""
    name, _, argument = line.strip().partition(" ")
    try:
        command, _ = console.find(line)
    except (DebuggerError, IndexError):
        return ""
    if not argument:
        return command.help if name == command.name else ""
    helps = HELPS.get(command.completes, dict)()
    return helps.get(argument.split()[-1], "")


def _built_by() -> Mapping[str, str]:
    from kernels.catalog import KERNELS, SCHEDULERS

    schedulers = {name: row.help for name, row in SCHEDULERS.items()}
    return schedulers | {name: row.help for name, row in KERNELS.items()}


def _commands() -> Mapping[str, str]:
    return {command.name: command.help for command in COMMANDS.values()}


HELPS: Mapping[str, Callable[[], Mapping[str, str]]] = {
    "rebuild": _built_by,
    "command": _commands,
}
"""What the words of an argument are, where a line can say it."""
