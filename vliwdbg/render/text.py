"""A reply as plain lines: what `exec` prints, and what a transcript holds."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.commands.table import Reply, Table


def lines_of(reply: Reply) -> Iterator[str]:
    """The reply's lines, then its table."""
    yield from reply.lines
    if reply.table:
        yield from table_lines(reply.table)


def table_lines(table: Table) -> Iterator[str]:
    """Columns as wide as their widest cell, two spaces apart; the last is left as it is."""
    rows = (table.headers, *table.rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
