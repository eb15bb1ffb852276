"""Views as text, for terminals and files. A module of renderers joins by its line here."""

from vliwdbg.render import (
    bench,
    breakpoints,
    bundle,
    data,
    dataflow,
    diff,
    diverge,
    explain,
    export,
    general,
    lint,
    listing,
    moves,
    program,
    schedule,
    storage,
    whatif,
)
from vliwdbg.render.text import Columns, lines_of, table, text

RENDERERS = (
    bench,
    breakpoints,
    bundle,
    data,
    dataflow,
    diff,
    diverge,
    explain,
    export,
    general,
    lint,
    listing,
    moves,
    program,
    schedule,
    storage,
    whatif,
)

__all__ = ["Columns", "lines_of", "table", "text"]
