"""The forms in which a run can be exported: one table, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from vliwdbg.inspect.progress import tell

if TYPE_CHECKING:
    from vliwdbg.inspect.questions import Questions


class Form(NamedTuple):
    """A form: what it is, and what makes the text of a file in it."""

    what: str
    text: Callable[[Questions], str]


def _perfetto(asked: Questions) -> str:
    from machine.trace import write_run

    text = StringIO()
    told = partial(tell, "bundles")
    write_run(text, asked.program, asked.memory, len(asked.flow.pcs), told)
    return text.getvalue()


def _csv(asked: Questions) -> str:
    from vliwdbg.inspect.stats import csv_lines

    return _text(csv_lines(asked.dependences))


def _asm(asked: Questions) -> str:
    from vliwdbg.export.asm import asm_lines

    return _text(asm_lines(asked.flow))


def _html(asked: Questions) -> str:
    from vliwdbg.export.page import page

    return page(asked)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


FORMS = {
    "perfetto": Form("A trace for Perfetto and chrome://tracing.", _perfetto),
    "csv": Form("The slots used in each cycle, by engine.", _csv),
    "asm": Form("The program, with what its slots made.", _asm),
    "html": Form("A page with pictures that opens offline.", _html),
}
