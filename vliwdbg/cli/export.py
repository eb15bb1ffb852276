"""`vliwdbg export`: a run as files for other programs, and for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from io import StringIO
from typing import Annotated

from vliwdbg.cli.asking import Asking, questions_about
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.output_files import STDOUT, verify_output, write_output
from vliwdbg.cli.parameters import Option, UsageError
from vliwdbg.cli.streams import print_out
from vliwdbg.inspect.questions import Questions


def _perfetto(asked: Questions) -> str:
    from machine.trace import write_run

    text = StringIO()
    write_run(text, asked.program, asked.memory, len(asked.flow.pcs))
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


_FORMS: dict[str, Callable[[Questions], str]] = {
    "--perfetto": _perfetto,
    "--csv": _csv,
    "--asm": _asm,
    "--html": _html,
}


def export(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    perfetto: Annotated[
        str | None, Option(metavar="FILE", help="A trace for Perfetto and chrome://tracing.")
    ] = None,
    csv: Annotated[
        str | None, Option(metavar="FILE", help="The slots used in each cycle, by engine.")
    ] = None,
    asm: Annotated[
        str | None, Option(metavar="FILE", help="The program, with what its slots made.")
    ] = None,
    html: Annotated[
        str | None, Option(metavar="FILE", help="A page with pictures that opens offline.")
    ] = None,
) -> int:
    """Write a run into files that other programs open; - is standard output."""
    given = dict(zip(_FORMS, (perfetto, csv, asm, html), strict=True))
    wanted = {option: file for option, file in given.items() if file is not None}
    if not wanted:
        raise UsageError(f"export takes one of {', '.join(_FORMS)}, each with a FILE")
    if list(wanted.values()).count(STDOUT) + asking.as_json > 1:
        raise UsageError("only one thing can go to standard output")
    for option, file in wanted.items():
        verify_output(option, file)
    asked = questions_about(source, building, sizes, asking)
    for option, file in wanted.items():
        write_output(file, _FORMS[option](asked))
        if file != STDOUT and not asking.as_json:
            print_out(f"written to {file}")
    if asking.as_json:
        written = {option.removeprefix("--"): file for option, file in wanted.items()}
        print_out(json.dumps({"schema": "vliwdbg.export/1", "ok": True, "written": written}))
    return 0
