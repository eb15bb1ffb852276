"""`vliwdbg export`: a run as files for other programs, and for people."""

from __future__ import annotations

from typing import Annotated

from vliwdbg.cli.asking import Asking, progress_shown, questions_about, tell_view
from vliwdbg.cli.options import Building, Sizes, Source
from vliwdbg.cli.output_files import STDOUT, verify_output, write_output
from vliwdbg.cli.parameters import Option, UsageError
from vliwdbg.export.forms import FORMS
from vliwdbg.views.export import Exported


def export(
    source: Source,
    building: Building,
    sizes: Sizes,
    asking: Asking,
    perfetto: Annotated[str | None, Option(metavar="FILE", help=FORMS["perfetto"].what)] = None,
    csv: Annotated[str | None, Option(metavar="FILE", help=FORMS["csv"].what)] = None,
    asm: Annotated[str | None, Option(metavar="FILE", help=FORMS["asm"].what)] = None,
    html: Annotated[str | None, Option(metavar="FILE", help=FORMS["html"].what)] = None,
) -> int:
    """Write a run into files that other programs open; - is standard output."""
    given = {"perfetto": perfetto, "csv": csv, "asm": asm, "html": html}
    wanted = {form: file for form, file in given.items() if file is not None}
    if not wanted:
        raise UsageError(f"export takes one of --{', --'.join(FORMS)}, each with a FILE")
    if list(wanted.values()).count(STDOUT) + asking.as_json > 1:
        raise UsageError("only one thing can go to standard output")
    for form, file in wanted.items():
        verify_output(f"--{form}", file)
    asked = questions_about(source, building, sizes, asking)
    with progress_shown():
        texts = {form: FORMS[form].text(asked) for form in wanted}
    for form, file in wanted.items():
        write_output(file, texts[form])
    written = {form: file for form, file in wanted.items() if file != STDOUT}
    return tell_view(Exported(written), asking.as_json)
