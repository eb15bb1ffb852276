"""Breakpoints and watchpoints with their hit counts.

● 1  break     12×  engine valu                      24 of 899
○ 2  watch      3×  v_val  if all(v_val == 3)        31 of 899

Enter looks at the next bundle that may meet it.
"""

from __future__ import annotations

from collections.abc import Hashable

from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.breakpoints import BreakpointView


class StopsPane(Pane):
    """One row for each, by number; those just met stand out."""

    empty = "none yet: b breaks, W watches"

    @property
    def stop(self) -> BreakpointView | None:
        """The one under the cursor."""
        stops = self.view_state.breakpoints
        return stops[self.cursor] if self.cursor < len(stops) else None

    def count(self) -> int:
        return len(self.view_state.breakpoints)

    def key(self, row: int) -> Hashable:
        return self.view_state.settled, row

    def info(self) -> str:
        stops = self.view_state.breakpoints
        off = sum(not stop.enabled for stop in stops)
        return f"{len(stops)} set" + (f", {off} off" if off else "") if stops else ""

    def row(self, row: int) -> Row:
        return _stop_row(self.view_state.breakpoints[row])


def _stop_row(stop: BreakpointView) -> Row:
    ignored = f"  {stop.ignore} to ignore" if stop.ignore else ""
    condition = f"  if {stop.condition}" if stop.condition else ""
    met = "" if stop.may_meet is None or stop.cause else f"  {stop.may_meet:,} of {stop.bundles:,}"
    dead = f"  cannot be met: {stop.cause}" if stop.cause else ""
    return [
        (" ● " if stop.enabled else " ○ ", "stop" if stop.enabled else "disabled"),
        (f"{stop.number:<3}", "number"),
        (f"{stop.command:<8}", "dim"),
        (f"{stop.hits:>3}×  ", "number" if stop.hits else "faint"),
        (stop.source, "changed" if stop.just_met else "text"),
        (condition, "tag"),
        (ignored, "dim"),
        (met, "faint"),
        (dead, "error"),
    ]
