"""Views as text, for terminals and files.

A module of renderers joins by being imported here.
"""

from vliwdbg.render.text import Columns, lines_of, table, text

__all__ = ["Columns", "lines_of", "table", "text"]
