"""The listing: one line a bundle, every slot of it in sight.

     1 code  alu          valu   ld st f  ◆○ rounds 0-15       valu ←→
    ●▶  275  &&&&&&&^^^^^ m^^^^^ ·· ss v  ◆○ ▁ ▁▂▁ ▇▁▁   ▇     v832=v832*v112+v104

gutter (● breakpoint, ○ disabled), ▶ the next bundle or ▷ the one executed last, pc; a character for
each slot; whether it writes (◆) or reads (○) the value that is followed; how many of its slots
belong to each round; and the slots spelled out, first those of the engine that ← and → choose.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from textual.strip import Strip

from machine.disassembly import format_run, runs_of
from machine.isa import SLOT_LIMITS
from machine.program import Program
from vliwdbg.tui.view_state import BESIDE, Beside
from vliwdbg.tui.widgets.paint import Row
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.ribbon import EXECUTING, FREE, engine_glyphs

NEXT, LAST = "▶", "▷"
WRITES, READS = "◆", "○"
HEIGHTS = " ▁▂▃▄▅▆▇█"
SHORT_NAMES = {"alu": "alu", "valu": "valu", "load": "ld", "store": "st", "flow": "f"}
ENGINE_CHOICE = " ←→"


class CodePane(Pane):
    """Its cursor is the bundle looked at, which the bundle pane shows at length."""

    margin = 3
    of_slots = True
    empty = "no bundles: file PROGRAM loads others, rebuild builds the bundled kernel"

    def count(self) -> int:
        return len(self.view_state.program)

    def show(self) -> None:
        self.move_to(self.view_state.looking)

    def move_to(self, row: int, *, follow: bool = True) -> None:
        super().move_to(row, follow=follow)
        if self.view_state.looking != self.cursor:
            self.view_state.looking = self.cursor
            self.screen.query_one("#bundle", Pane).show()

    def move_sideways(self, columns: int) -> None:
        """Spell out the engine to the left or right."""
        choices = self.view_state.spellable()
        at = choices.index(self.view_state.spelled) + (1 if columns > 0 else -1)
        self.view_state.spelled = choices[at % len(choices)]
        self.redraw()

    def info(self) -> str:
        return f"pc {self.cursor} of {self.count()}"

    def key(self, row: int) -> Hashable:
        view_state = self.view_state
        mark = view_state.follows(row)
        return (
            id(view_state.program),
            row,
            self._gutter(row),
            self._arrow(row),
            view_state.spelled,
            mark,
        )

    def _gutter(self, row: int) -> str:
        marking = self.view_state.breakpoints_at(row)
        return ("●" if any(marking) else "○") if marking else " "

    def _arrow(self, row: int) -> str:
        if row == self.view_state.now.pc:
            return NEXT
        return LAST if self.view_state.last and row == self.view_state.last.pc else " "

    def row(self, row: int) -> Row:
        gutter, arrow = self._gutter(row), self._arrow(row)
        return [
            (gutter, "stop" if gutter == "●" else "disabled"),
            (arrow, "pc"),
            (f" {row:>{self._digits()}}  ", "pc" if arrow == NEXT else "dim"),
            *self._slots(row),
            *self._follow_marks(row),
            *self._bar(row),
            *((f"⟨{tag}⟩ ", "tag") for tag in self.view_state.tags.get(row, ())),
            *self._spelled(row),
        ]

    def _digits(self) -> int:
        return max(len(str(self.count())), 4)

    def _slots(self, row: int) -> Iterator[tuple[str, str]]:
        yield from _glyphs(self.view_state.program, row)

    def _in_step(self, row: int, beside: Beside) -> Row:
        """The bundle of the other program that does most of the same, and how much later it is."""
        other = beside.partners[row]
        if other < 0:
            return [("no bundle does the same", "faint")]
        later = f"{other - row:+d}" if other != row else "="
        return [(f"{other:>{self._digits()}} {later:>5}  ", "dim"), *_glyphs(beside.program, other)]

    def _follow_marks(self, row: int) -> Row:
        writes, reads = self.view_state.follows(row)
        return [(WRITES if writes else " ", "tag"), (f"{READS if reads else ' '} ", "new")]

    def _bar(self, row: int) -> Row:
        view_state = self.view_state
        counts = view_state.bars.counts(view_state.origins.slots_of(row))
        if not counts:
            return []
        # Of the fullest column, not of the bundle: one slot of twenty should be seen.
        fullest = max(*counts, 1)
        heights = (-(-count * (len(HEIGHTS) - 1) // fullest) for count in counts)
        return [("".join(HEIGHTS[height] for height in heights), "name"), ("  ", "text")]

    def _spelled(self, row: int) -> Row:
        view_state = self.view_state
        if view_state.spelled == BESIDE and view_state.beside:
            return self._in_step(row, view_state.beside)
        slots = list(iter(view_state.program.bundle(row)))
        slots.sort(key=lambda slot: slot.engine != view_state.spelled)
        pieces: Row = []
        room = self.width
        for run in runs_of(slots):
            text = format_run(run, view_state.names, compact=True)
            pieces += [(text, run[0].engine), ("  ", "faint")]
            room -= len(text)
            if room < 0:
                break
        return pieces

    def _title(self, width: int) -> Strip:
        if len(self.tabs) > 1:
            return super()._title(width)
        here = "title-focus" if self.has_focus else "title"
        row: Row = [(" 1 code".ljust(5 + self._digits()), here)]
        for engine in EXECUTING:
            row.append((SHORT_NAMES[engine].ljust(SLOT_LIMITS[engine] + 1), engine))
        row += [(WRITES, "tag"), (READS, "new"), (" ", "text"), *self._bar_title()]
        spelled, beside = self.view_state.spelled, self.view_state.beside
        in_step = beside if spelled == BESIDE else None
        text = f"{in_step.name}: pc, cycles later" if in_step else spelled
        row += [(text, "name" if in_step else spelled), (ENGINE_CHOICE, "dim")]
        rest = width - sum(len(text) for text, _ in row) - 1
        value = f" {self.view_state.followed.label}" if self.view_state.followed else ""
        tail = f"{value} {self.info()} "
        rule = "─" * max(rest - len(tail), 0)
        row += [(f" {rule}", "rule"), (tail, "dim")] if len(tail) <= rest else []
        return self.fit(self.painted(row, self.base), 0, width, self.base)

    def _bar_title(self) -> Row:
        bars = self.view_state.bars
        if not bars.labels:
            return []
        width = len(bars.labels)
        last = f"0-{bars.labels[-1]}" if bars.kind != "tag" else ""
        title = next((text for text in (f"{bars.kind}s {last}", last) if len(text) <= width), "")
        return [(title.ljust(width), "name"), ("  ", "text")]

    def click(self, row: int, column: int) -> None:
        super().click(row, column)
        if column < 2:
            self.call_later(self.screen.run_action, "key('break')")


def _glyphs(program: Program, pc: int) -> Iterator[tuple[str, str]]:
    """The slots of a bundle, a character each."""
    for engine, glyphs in engine_glyphs(program, pc).items():
        used = glyphs.rstrip(FREE)
        yield used, engine
        yield glyphs[len(used) :] + " ", "faint"
