"""Views as text, for terminals and files. A module of renderers joins by its line here."""

from vliwdbg.render import breakpoints, data, general, listing, moves, program
from vliwdbg.render.text import Columns, lines_of, table, text

RENDERERS = (breakpoints, data, general, listing, moves, program)

__all__ = ["Columns", "lines_of", "table", "text"]
