"""Files that a run was written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vliwdbg.views.base import View


@dataclass(frozen=True)
class Exported(View, kind="export"):
    """The files by form; `text` is what went to standard output, which is `-`."""

    written: Mapping[str, str]
    text: str | None = None
