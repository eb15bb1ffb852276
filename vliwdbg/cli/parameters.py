"""What a subcommand takes, and words read as that.

A subcommand is a function. Each of its parameters has an `Option` or `Argument` in its annotation,
or is a group: a dataclass of such fields, shared by subcommands.

    def run(source: Source, sizes: Sizes, quiet: Quiet = 0) -> int: ...

    vliwdbg run PROGRAM --memory FILE --rounds 4 -q

`read` reads words that are well formed, and imports nothing to do so. All others, and requests for
help, are for Typer (`typer_app`), which says what is wrong with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from inspect import Parameter as Formal
from inspect import signature
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

Command = Callable[..., int]
HELP, VERSION = ("-h", "--help"), "--version"
COMPLETION = ("--install-completion", "--show-completion")
ASKED_BY_SHELL = "_VLIWDBG_COMPLETE"
"""The variable by which a shell asks what could come next."""


class UsageError(Exception):
    """Words that a subcommand cannot take; the message says why."""


class Option:
    """An option. Without names it is called as its field, `--dump-memory` for `dump_memory`; a name
    `--check/--no-check` is of a switch, with its opposite. `completes` names what can be its value
    (`completing`)."""

    def __init__(
        self,
        *names: str,
        help: str,
        metavar: str | None = None,
        min: int | None = None,
        max: int | None = None,
        count: bool = False,
        completes: str = "",
    ) -> None:
        self.names, self.help, self.metavar = names, help, metavar
        self.min, self.max, self.count = min, max, count
        self.completes = completes


class Argument(NamedTuple):
    """What is told by its position."""

    metavar: str
    help: str
    completes: str = ""


class Parameter(NamedTuple):
    """One that words can set: its name in the function or group, its type, and what declares it."""

    name: str
    type: Any
    default: Any
    declared: Option | Argument

    @property
    def kind(self) -> type:
        """The type of one value: bool, int, float or str."""
        of_one = get_args(self.type)[0] if self.repeated else self.type
        kind: type = of_one
        return kind

    @property
    def repeated(self) -> bool:
        return get_origin(self.type) is list

    def spellings(self) -> dict[str, bool]:
        """How the option is spelled; False marks the opposite of a switch."""
        names = getattr(self.declared, "names", ()) or (f"--{self.name.replace('_', '-')}",)
        return {
            spelled: not opposite
            for name in names
            for opposite, spelled in enumerate(name.split("/"))
        }


def parameters_of(command: Command) -> list[Parameter]:
    """All parameters of a subcommand, those of its groups among them."""
    hints = get_type_hints(command, include_extras=True)
    found: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        hint = hints[name]
        if is_dataclass(hint):
            of_group = get_type_hints(hint, include_extras=True)
            found += [_parameter(f.name, f.default, of_group[f.name]) for f in fields(hint)]
        else:
            found.append(_parameter(name, parameter.default, hint))
    return found


def _parameter(name: str, default: Any, hint: Any) -> Parameter:
    annotated, declared = get_args(hint)
    options = [part for part in get_args(annotated) if part is not NoneType]
    optional = NoneType in get_args(annotated)
    return Parameter(name, options[0] if optional else annotated, default, declared)


def call(command: Command, values: Mapping[str, Any]) -> int:
    """Call a subcommand with the values of its flat parameters, its groups made of theirs."""
    hints = get_type_hints(command)
    arguments = {
        name: hints[name](**{field.name: values[field.name] for field in fields(hints[name])})
        if is_dataclass(hints[name])
        else values[name]
        for name in signature(command).parameters
    }
    return command(**arguments)


# Reading words


REQUIRED = Formal.empty
"""The default of a parameter that has none."""


class _NotPlainError(Exception):
    """Words that are for Typer to judge."""


def read(parameters: Sequence[Parameter], words: Sequence[str]) -> dict[str, Any] | None:
    """The values that words give; None where the words are for Typer to judge."""
    try:
        return _Reader(parameters).read(words)
    except _NotPlainError:
        return None


class _Reader:
    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.values = {parameter.name: parameter.default for parameter in parameters}
        self._arguments = [p for p in parameters if isinstance(p.declared, Argument)]
        self._spelled = {
            spelled: (parameter, meant)
            for parameter in parameters
            if isinstance(parameter.declared, Option)
            for spelled, meant in parameter.spellings().items()
        }

    def read(self, words: Sequence[str]) -> dict[str, Any]:
        left = list(reversed(words))
        while left:
            word = left.pop()
            if word == "-" or not word.startswith("-"):
                self._take_argument(word)
            else:
                self._take_option(word, left)
        if any(value is REQUIRED for value in self.values.values()):
            raise _NotPlainError
        return self.values

    def _take_argument(self, word: str) -> None:
        if not self._arguments:
            raise _NotPlainError
        parameter = self._arguments[0]
        if parameter.repeated:  # the last one takes all that is left
            self.values[parameter.name] = [*(self.values[parameter.name] or []), word]
        else:
            self.values[self._arguments.pop(0).name] = word

    def _take_option(self, word: str, left: list[str]) -> None:
        spelled, equals, text = word.partition("=") if word.startswith("--") else (word, "", "")
        repeats = 1
        if spelled not in self._spelled and re.fullmatch(r"-(\w)\1+", spelled):  # -qq
            spelled, repeats = spelled[:2], len(spelled) - 1
        if spelled not in self._spelled:
            raise _NotPlainError
        parameter, meant = self._spelled[spelled]
        declared = parameter.declared
        assert isinstance(declared, Option)
        takes_none = declared.count or parameter.kind is bool
        if (takes_none and equals) or (repeats > 1 and not declared.count):
            raise _NotPlainError
        if declared.count:
            self.values[parameter.name] += repeats
        elif takes_none:
            self.values[parameter.name] = meant
        elif equals or left:
            self._set(parameter, declared, text if equals else left.pop())
        else:
            raise _NotPlainError

    def _set(self, parameter: Parameter, declared: Option, text: str) -> None:
        value = _value(parameter.kind, text)
        if isinstance(value, (int, float)) and not _within(value, declared):
            raise _NotPlainError
        if parameter.repeated:
            value = [*(self.values[parameter.name] or []), value]
        self.values[parameter.name] = value


_PLAIN = {
    int: re.compile(r"-?[0-9]{1,400}"),
    float: re.compile(r"[0-9]+(\.[0-9]+)?|inf"),
}


def _value(kind: type, text: str) -> Any:
    if kind is str:
        return text
    if not _PLAIN[kind].fullmatch(text):
        raise _NotPlainError
    return kind(text)


def _within(value: float, declared: Option) -> bool:
    low, high = declared.min, declared.max
    return (low is None or value >= low) and (high is None or value <= high)
