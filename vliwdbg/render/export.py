"""What was exported, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.text import text
from vliwdbg.views.export import Exported


@text.register
def _(view: Exported) -> Iterator[str]:
    if view.text is not None:
        yield from view.text.splitlines()
    for form, file in view.written.items():
        yield f"Wrote the {form} to {file}."
