"""The page of all subcommands and the man page, from the table of them and their parameters.

`python -m vliwdbg.cli.manual` writes docs/command-line.md and docs/vliwdbg.1 anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, NamedTuple

from vliwdbg import __version__
from vliwdbg.cli.app import OPEN, command_of, names
from vliwdbg.cli.exit_codes import MEANINGS
from vliwdbg.cli.parameters import REQUIRED, Argument, Option, Parameter, parameters_of

PAGE, MAN_PAGE = Path("docs/command-line.md"), Path("docs/vliwdbg.1")
ABOUT = "a time-travelling debugger for kernels on a VLIW SIMD machine"


class Entry(NamedTuple):
    """One subcommand as a manual tells it: its usage, what it does, what it takes."""

    name: str
    usage: str
    about: str
    rows: tuple[tuple[str, str], ...]


def entries() -> list[Entry]:
    """Of all subcommands, what opens the debugger first."""
    return [_entry(name) for name in (OPEN, *(n for n in names() if n != OPEN))]


def _entry(name: str) -> Entry:
    command = command_of(name)
    parameters = parameters_of(command)
    arguments = [p for p in parameters if isinstance(p.declared, Argument)]
    words = ["vliwdbg", *([] if name == OPEN else [name]), *map(_shown_argument, arguments)]
    if len(arguments) < len(parameters):
        words.append("[OPTIONS]")
    about = cleandoc(command.__doc__ or "")
    return Entry(name, " ".join(words), about, tuple(map(_row, parameters)))


def _shown_argument(parameter: Parameter) -> str:
    shown = str(parameter.declared.metavar)
    return shown if parameter.default is REQUIRED else f"[{shown}]"


def _row(parameter: Parameter) -> tuple[str, str]:
    declared = parameter.declared
    if isinstance(declared, Argument):
        return declared.metavar, declared.help
    takes = "" if _takes_nothing(parameter, declared) else f" {declared.metavar or 'TEXT'}"
    spelled = ", ".join(parameter.spellings())
    return f"{spelled}{takes}", f"{declared.help}{_usual(parameter.default)}"


def _takes_nothing(parameter: Parameter, declared: Option) -> bool:
    return declared.count or parameter.kind is bool


def _usual(default: Any) -> str:
    told = default not in (None, REQUIRED) and not isinstance(default, bool) and default != 0
    return f" Usually {default}." if told else ""


# For the site


def page() -> str:
    """The page of all subcommands."""
    return "\n".join([*_page_head(), *(line for entry in entries() for line in _section(entry))])


def _page_head() -> Iterator[str]:
    yield "# The command line"
    yield ""
    yield "This page and the man page `vliwdbg(1)` are written by `python -m vliwdbg.cli.manual`."
    yield "stdout carries the answer, stderr the narration. Completion for the shell in use is set"
    yield "up by `vliwdbg --install-completion`."
    yield ""
    yield "| exit | meaning |"
    yield "| --- | --- |"
    yield from (f"| {code} | {meaning} |" for code, meaning in MEANINGS.items())


def _section(entry: Entry) -> Iterator[str]:
    yield ""
    yield f"## {'The debugger' if entry.name == OPEN else entry.name}"
    yield ""
    yield from ("```text", entry.usage, "```", "")
    yield entry.about
    if entry.rows:
        yield ""
        yield "| | |"
        yield "| --- | --- |"
        for name, meaning in entry.rows:
            yield f"| `{_cell(name)}` | {_cell(meaning)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


# For man


def man_page() -> str:
    """The man page."""
    return "\n".join(_man_lines()) + "\n"


def _man_lines() -> Iterator[str]:
    yield f'.TH VLIWDBG 1 "" "vliwdbg {__version__}" "User Commands"'
    yield ".SH NAME"
    yield _roff(f"vliwdbg - {ABOUT}")
    yield ".SH SYNOPSIS"
    for entry in entries():
        yield f".B {_roff(entry.usage)}"
        yield ".br"
    yield ".SH DESCRIPTION"
    yield _roff("Standard output carries the answer, standard error the narration.")
    yield ".SH COMMANDS"
    for entry in entries():
        yield f".SS {_roff(entry.usage)}"
        yield from _roff(entry.about).replace("\n\n", "\n.PP\n").splitlines()
        for name, meaning in entry.rows:
            yield ".TP"
            yield f".B {_roff(name)}"
            yield _roff(meaning)
    yield ".SH EXIT STATUS"
    for code, meaning in MEANINGS.items():
        yield ".TP"
        yield f".B {code}"
        yield _roff(meaning)


def _roff(text: str) -> str:
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return "\n".join(
        rf"\&{line}" if line.startswith((".", "'")) else line for line in escaped.splitlines()
    )


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    MAN_PAGE.write_text(man_page(), "utf-8")
