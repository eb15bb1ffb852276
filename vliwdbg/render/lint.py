"""Lint, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes
from vliwdbg.render.text import text
from vliwdbg.views.lint import Lint, LintRule


@text.register
def _(view: Lint) -> Iterator[str]:
    for finding in view.findings:
        first = ""
        if finding.slots:
            slot = finding.slots[0]
            first = f" (first: cycle {slot.cycle} {slot.engine}[{slot.slot}] {slot.text})"
        yield f"{finding.severity}: {finding.message}{first} [{finding.rule}]"
    if not view.findings:
        yield "Nothing was found."
    if view.silenced:
        yield f"Silenced: {', '.join(view.silenced)}"
    yield from notes(view)


@text.register
def _(view: LintRule) -> Iterator[str]:
    yield f"{view.rule} ({view.severity}): {view.looks_for}"
    yield view.explanation
