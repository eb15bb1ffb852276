"""What all answers to questions about a run have in common."""

from __future__ import annotations

from dataclasses import dataclass

from vliwdbg.views.base import View


@dataclass(frozen=True, kw_only=True)
class Answer(View):
    """`notes` are sentences on what the answer does not cover: a run that was cut off, say.
    `interrupted` says that it was ended before it was complete, and a note what it covers."""

    notes: tuple[str, ...] = ()
    interrupted: bool = False
