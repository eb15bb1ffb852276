"""One bundle at length: its engines, and each slot with the words it reads and writes.

alu ■■■■■■■■□□□□ 8/12  valu ■■■□□□ 3/6  load ■■ 2/2  store □□ 0/2  flow □ 0/1
alu 0    t1 = t1 + s[12]                        5        7 │        0 → c
valu 0   v_val = v_val ^ v_node
       a 00000001 00000002 …
     was 00000000 …
       → 00000003 …
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len

from machine.isa import VLEN
from vliwdbg.session.preview import Read
from vliwdbg.tui.widgets.paint import Row, fitted
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.bundle import BundleView, SlotView, bundle_view, idle_engines
from vliwdbg.views.radix import Radix

LABEL = 8
SCALAR_READS = 2
"""How many operands of a scalar slot have a column of their own."""


class _Line(NamedTuple):
    """A row, and the words that it is about."""

    pieces: Row
    place: str = ""


class BundlePane(Pane):
    """Shows the bundle that the listing's cursor is on."""

    def show(self) -> None:
        self._shown: tuple[Hashable, list[_Line]] | None = None
        super().show()

    def _lines(self) -> list[_Line]:
        desk = self.desk
        stamp = (desk.settled, desk.looking, desk.radix, self.width)
        shown = getattr(self, "_shown", None)
        if shown is None or shown[0] != stamp:
            view = bundle_view(desk.program, desk.names, desk.now, desk.looking, desk.last)
            self._when = view.when if view else "no bundle"
            lines = list(_bundle_lines(view, desk.radix, self.width)) if view else []
            lines[1:1] = self._fault_lines()
            self._shown = shown = (stamp, lines)
        lines_shown: list[_Line] = shown[1]
        return lines_shown

    def _fault_lines(self) -> Iterator[_Line]:
        """Why the bundle could not be executed, at full length."""
        desk, fault = self.desk, self.desk.stop.fault
        if fault and desk.looking == desk.now.pc:
            for text in wrap(fault.sentence(desk.program), max(self.width - 1, 1)):
                yield _Line([(text, "error")])

    _when = ""

    def count(self) -> int:
        return len(self._lines())

    def row(self, row: int) -> Row:
        return self._lines()[row].pieces

    def key(self, row: int) -> Hashable:
        # Its rows change together, with each step: kept for the moves between steps.
        return self.desk.settled, self.desk.looking, self.desk.radix, row

    def place(self) -> str:
        lines = self._lines()
        return lines[self.cursor].place if lines else ""

    def info(self) -> str:
        self._lines()
        return f"pc {self.desk.looking} · {self._when} · {self.desk.radix.label}"


def _bundle_lines(view: BundleView, radix: Radix, width: int) -> Iterator[_Line]:
    yield _Line(list(_occupancy(view, width)))
    if not view.slots:
        yield _Line([("no slots: all engines idle", "faint")])
    for slot in view.slots:
        yield from (_vector_lines if slot.vector else _scalar_lines)(slot, radix, width)


def _occupancy(view: BundleView, width: int) -> Iterator[tuple[str, str]]:
    """Each engine with its used and its free slots."""
    gap = "  " if width >= 84 else " "
    for engine, used, limit in idle_engines(view.used):
        yield f"{engine} ", engine if used else "dim"
        yield "■" * used, engine
        yield "□" * (limit - used), "faint"
        yield f" {used}/{limit}{gap}", "full" if used == limit else "dim"


def _scalar_lines(slot: SlotView, radix: Radix, width: int) -> Iterator[_Line]:
    cell = radix.width
    right = (cell + 1) * SCALAR_READS + 3 + 2 * cell + 4
    room = width - LABEL - 1 - right
    place = _place(slot)
    label = (f"{slot.engine} {slot.index}".ljust(LABEL + 1), slot.engine)
    values = [*_scalar_reads(slot.reads, radix), *_result(slot, radix)]
    if cell_len(slot.text) < room and len(slot.reads) <= SCALAR_READS:
        yield _Line([label, (fitted(slot.text, room), "text"), *values], place)
        return
    yield _Line([label, (slot.text, "text")], place)
    if slot.reads or slot.effect:
        reads = _scalar_reads(slot.reads, radix)
        indent = max(LABEL + 1 + room - (cell + 1) * max(len(slot.reads) - SCALAR_READS, 0), 0)
        yield _Line([(" " * indent, "text"), *reads, *_result(slot, radix)], place)


def _scalar_reads(reads: Sequence[Read], radix: Radix) -> Row:
    cells = [f"{radix.digits(read.words[0]):>{radix.width}} " for read in reads]
    missing = SCALAR_READS - len(cells)
    return [(" " * (radix.width + 1) * max(missing, 0), "text"), ("".join(cells), "number")]


def _result(slot: SlotView, radix: Radix) -> Row:
    """`│ 0 → c`, or the jump, or the fault."""
    effect, cell = slot.effect, radix.width
    if effect is None:
        return []
    bar = ("│ ", "faint")
    if effect.fault:
        return [bar, (effect.fault.value, "error")]
    if effect.target is not None:
        return [bar, (f"{'':{cell}} → pc {effect.target}", "new")]
    if effect.place is None:
        return []
    old, new = slot.before[0], effect.words[0]
    paint = "changed" if old != new else "new"
    return [
        bar,
        (f"{radix.digits(old):>{cell}}", "old"),
        (" → ", "dim"),
        (f"{radix.digits(new):>{cell}}", paint),
    ]


def _vector_lines(slot: SlotView, radix: Radix, _width: int) -> Iterator[_Line]:
    place = _place(slot)
    label = (f"{slot.engine} {slot.index}".ljust(LABEL + 1), slot.engine)
    yield _Line([label, (slot.text, "text")], place)
    for read in slot.reads:
        yield _Line([_label(read.operand), *_lanes(read.words, radix)], read.text)
    effect = slot.effect
    if effect is None:
        return
    if effect.fault:
        yield _Line([_label("→"), (f" {effect.fault.value}", "error")])
    elif effect.place is not None:
        yield _Line([_label("was"), *_lanes(slot.before, radix, "old")], place)
        yield _Line([_label("→"), *_lanes(effect.words, radix, "new", slot.before)], place)


def _place(slot: SlotView) -> str:
    """The words a slot is about: those it writes, else the first it reads."""
    if slot.effect and slot.effect.place and slot.effect.place.memory:
        place = slot.effect.place
        return f"mem[{place.start}:{place.stop}]"
    return slot.writes or (slot.reads[0].text if slot.reads else "")


def _label(text: str) -> tuple[str, str]:
    return f"{text:>{LABEL - 1}} ", "dim"


def _lanes(
    words: Sequence[int], radix: Radix, paint: str = "number", old: Sequence[int] = ()
) -> Row:
    """Words lane by lane; those that differ from the old ones stand out."""
    if len(words) == VLEN and len(set(words)) == 1 and not old:
        return [(f"{radix.digits(words[0]):>{radix.width}}", paint), (" in all lanes", "faint")]
    return [
        (
            f"{radix.digits(word):>{radix.width}} ",
            "changed" if old and old[lane] != word else paint,
        )
        for lane, word in enumerate(words)
    ]
