"""Views as text, for terminals and files. A module of renderers joins by its line here."""

from vliwdbg.render import (  # noqa: F401  (each registers the renderers of its views)
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

__all__ = ["Columns", "lines_of", "table", "text"]
