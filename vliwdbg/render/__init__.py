"""Views as text, for terminals and files.

What writes a kind of view is a file of this folder, and joins by its line in `all_views`; those are
imported when the first view is to be written.
"""

from vliwdbg.render.text import Columns, lines_of, table, text

__all__ = ["Columns", "lines_of", "table", "text"]
