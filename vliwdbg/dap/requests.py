"""All requests: one table, split by subject."""

from __future__ import annotations

from collections.abc import Mapping

from vliwdbg.dap import code, launching, running, stops, words
from vliwdbg.dap.table import Row

REQUESTS: Mapping[str, Row] = {
    row.command: row
    for rows in (launching.ROWS, running.ROWS, stops.ROWS, code.ROWS, words.ROWS)
    for row in rows
}
