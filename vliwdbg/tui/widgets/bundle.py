"""One bundle at length, a line for each group of slots that do the same.

    alu 0-7  v_val = v_val ^ v_node      r7 v8 h5  72a3b591 fe83afc7 …
    valu 0   v_a = v_b * v_c             r7 v9 h0  …
    free     load ··  store ·

`e` unfolds the operands of a group. The result is what the bundle will write, or has written; of a
bundle that is neither the next one nor the last one, the operands as they stand are all there is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from itertools import accumulate
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len

from vliwdbg.inspect.slots import SlotOf
from vliwdbg.session.places import Place
from vliwdbg.tui.widgets.paint import Row, fitted
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.bundle import LAST, BundleView, GroupView, bundle_view
from vliwdbg.views.radix import Radix
from vliwdbg.views.ribbon import FREE

LABEL = 11
STOPPED = "◆"
"""Before a group that the stop is about."""
ORIGIN = 12
NARROWEST_TEXT, WIDEST_TEXT = 24, 44


class _Line(NamedTuple):
    """A row, and the words it is about; the group it belongs to, -1 for none."""

    pieces: Row
    words: Place | None = None
    group: int = -1
    operand: bool = False


class BundlePane(Pane):
    """Shows the bundle that the listing's cursor is on."""

    of_slots = True

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self._unfolded: set[tuple[int, int]] = set()
        self._shown: tuple[Hashable, list[_Line]] | None = None
        self._view: BundleView | None = None
        self._when = ""

    def show(self) -> None:
        self._shown = None
        super().show()

    def unfold(self) -> None:
        """Show the operands of the group under the cursor, or hide them again."""
        lines = self._lines()
        group = lines[self.cursor].group if lines else -1
        if group >= 0:
            self._unfolded ^= {(self.view_state.looking, group)}
            self.show()

    def _lines(self) -> list[_Line]:
        view_state = self.view_state
        known = bool(view_state.reasons)
        stamp = (view_state.settled, view_state.looking, view_state.radix, self.width, known)
        if self._shown is None or self._shown[0] != stamp:
            view = bundle_view(
                view_state.program,
                view_state.names,
                view_state.now,
                view_state.looking,
                view_state.last,
                view_state.origins,
            )
            self._view, self._when = view, view.when if view else "no bundle"
            lines = [*self._fault_lines(), *(self._bundle_lines(view) if view else ())]
            self._shown = (stamp, lines)
        return self._shown[1]

    def _fault_lines(self) -> Iterator[_Line]:
        """Why the bundle could not be executed, at full length."""
        view_state, fault = self.view_state, self.view_state.stop.fault
        if fault and view_state.looking == view_state.now.pc:
            sentence = fault.sentence(view_state.program, view_state.radix.text)
            for text in wrap(sentence, max(self.width - 1, 1)):
                yield _Line([(text, "error")])

    def _bundle_lines(self, view: BundleView) -> Iterator[_Line]:
        room = self._text_room()
        firsts = accumulate(map(_size, view.groups), initial=0)
        for number, (group, first) in enumerate(zip(view.groups, firsts, strict=False)):
            slots = range(first, first + _size(group))
            met = any(SlotOf(view.pc, slot) in self.view_state.met for slot in slots)
            mark = (STOPPED if met else " ", "stop")
            pieces = [mark, *_group_pieces(group, self.view_state.radix, room)]
            yield _Line(pieces, group.about, number)
            if (view.pc, number) in self._unfolded:
                yield from _operand_lines(group, self.view_state.radix, number)
        if not view.groups:
            yield _Line([("no slots: all engines idle", "faint")])
        if view.free:
            why = self.view_state.why_free()
            yield _Line([(f" {'free':<{LABEL - 1}}", "dim"), *_free_pieces(view, why)])

    def _text_room(self) -> int:
        lanes = 8 * (self.view_state.radix.width + 1) - 1
        room = self.width - len(STOPPED) - LABEL - ORIGIN - lanes
        return max(min(room, WIDEST_TEXT), NARROWEST_TEXT)

    def count(self) -> int:
        return len(self._lines())

    def row(self, row: int) -> Row:
        return self._lines()[row].pieces

    def key(self, row: int) -> Hashable:
        # Its rows change together, with each step: kept for the moves between steps.
        view_state = self.view_state
        unfolded = frozenset(self._unfolded), bool(view_state.reasons)
        return view_state.settled, view_state.looking, view_state.radix, row, unfolded

    def words_here(self) -> Place | None:
        lines = self._lines()
        return lines[self.cursor].words if lines else None

    def address_here(self) -> int | None:
        """Where the slot under the cursor stores, or loads from."""
        lines = self._lines()
        number = lines[self.cursor].group if lines else -1
        if self._view is None or number < 0:
            return None
        group = self._view.groups[number]
        if group.written is not None and group.written.memory:
            return group.written.start
        reads_memory = group.engine == "load" and group.reads
        return group.reads[0].words[0] if reads_memory else None

    def step_of_words(self) -> int:
        """The step before which the words under the cursor are as they are shown."""
        lines, now = self._lines(), self.view_state.now.position
        executed = self._when == LAST
        read = bool(lines) and lines[self.cursor].operand
        return now - 1 if executed and read else now + 1 if not executed and not read else now

    def go_to_slot(self, slot: int) -> None:
        """Put the cursor on the group of a slot, by its number in the bundle."""
        groups = self._view.groups if self._view else ()
        counts = accumulate(map(_size, groups))
        number = next((at for at, stop in enumerate(counts) if slot < stop), -1)
        lines = enumerate(self._lines())
        self.move_to(next((row for row, line in lines if line.group == number), 0))

    def go_to_stop(self) -> None:
        """Put the cursor on the first slot that the stop is about, if it is in this bundle."""
        here = [slot.number for slot in self.view_state.met if slot.pc == self.view_state.looking]
        if here:
            self.go_to_slot(min(here))

    def info(self) -> str:
        self._lines()
        view_state = self.view_state
        inside = 0 <= view_state.looking < len(view_state.program)
        slots = view_state.origins.slots_of(view_state.looking) if inside else range(0)
        rounds = view_state.bars.text(slots)
        parts = [f"pc {view_state.looking}", rounds, self._when, view_state.radix.label]
        return " · ".join(part for part in parts if part)


def _size(group: GroupView) -> int:
    return group.last - group.first + 1


def _free_pieces(view: BundleView, why: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for engine, free in view.free.items():
        yield f"{engine} ", engine
        yield f"{FREE * free} ", "faint"
        if engine in why:
            yield f"{why[engine]} ", "dim"
        yield " ", "text"


def _group_pieces(group: GroupView, radix: Radix, room: int) -> Row:
    label = f"{group.engine:<5}{group.numbers:>{LABEL - 6}} "
    text = fitted(group.text, room) if cell_len(group.text) > room else group.text.ljust(room)
    origin = fitted(group.origin.text, ORIGIN - 2)
    return [
        (label, group.engine),
        (text, "text"),
        (f" {origin} ", "dim"),
        *_outcome_pieces(group, radix),
    ]


def _outcome_pieces(group: GroupView, radix: Radix) -> Row:
    """The words that are written, those that differ from before standing out; a jump; a fault."""
    if group.fault:
        return [(group.fault.value, "error")]
    if group.target is not None:
        return [(f"→ pc {group.target}", "new")]
    return list(_lanes(group.words, radix, "new", group.before))


def _operand_lines(group: GroupView, radix: Radix, number: int) -> Iterator[_Line]:
    """A line for each operand, and what stood where it writes."""
    for read in group.reads:
        label = (f"{read.operand:>{LABEL}} ", "dim")
        place = fitted(read.text, 16)
        pieces = [label, (f"{place} ", "name"), *_lanes(read.words, radix)]
        yield _Line(pieces, read.place, number, operand=True)
    if group.written is not None:
        label = (f"{'was':>{LABEL}} ", "dim")
        pieces = [label, (" " * 17, "text"), *_lanes(group.before, radix, "old")]
        yield _Line(pieces, group.written, number, operand=True)


def _lanes(
    words: tuple[int, ...], radix: Radix, paint: str = "number", old: tuple[int, ...] = ()
) -> Row:
    """Words lane by lane; those that differ from the old ones stand out."""
    return [
        (
            f"{' ' if lane else ''}{radix.digits(word):>{radix.width}}",
            "changed" if old and old[lane] != word else paint,
        )
        for lane, word in enumerate(words)
    ]
