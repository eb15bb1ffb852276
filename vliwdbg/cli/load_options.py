"""What to load and where to stop, of the options that were given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from machine.errors import quoted
from vliwdbg.cli.options import Building, Sizes, Source, Stopping
from vliwdbg.cli.parameters import UsageError
from vliwdbg.programs import Choice

_LONGEST = 100


def choice_of(source: Source, building: Building, sizes: Sizes) -> Choice:
    """What to load. Raises UsageError for options that do not go together."""
    verify_named("PROGRAM", source.program)
    verify_named("--memory", source.memory)
    choice = Choice(
        source.program,
        building.kernel,
        building.scheduler,
        building.indices,
        tuple(building.without or ()),
        dict(map(_setting, building.settings or ())),
        sizes.given(),
        source.memory,
        source.python,
    )
    verify_named("--python", source.python)
    if source.python is not None and not choice.is_python:
        raise UsageError("--python is for a Python file, which builds the program")
    if not choice.bundled and (given := building.given()):
        raise UsageError(f"{given[0]} is for the bundled kernel, not for a program file")
    return choice


def verify_named(what: str, file: str | None) -> None:
    """Raise UsageError where a name is empty, as that of an unset shell variable is."""
    if file == "":
        raise UsageError(f"{what} is empty; it takes the name of a file")


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--set takes NAME=VALUE, not {quoted(text)}")
    if len(value) > _LONGEST:
        raise UsageError(f"--set {quoted(name)} has a value of over {_LONGEST} characters")
    return name, int(value) if value.isdecimal() else value


def stop_lines(stopping: Stopping) -> Iterator[str]:
    """The commands that set the stops which options asked for."""
    for location in stopping.breaks or ():
        yield f"break {location}"
    for place in stopping.watches or ():
        yield f"watch {place}"
