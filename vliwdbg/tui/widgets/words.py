"""Words in rows of eight, with a cell under the cursor: scratch and memory.

    v_val           1        2 …        a vector, its name before it
    s[12]    tmp1   7  idx   0 …        scalars with their names, four a row
    ── values 2318:2574 ──────          a heading

Left of the first word the cursor is on the whole row, so that a vector can be watched. Words that
the last bundle changed stand out, and less so those that changed since the last stop. Scratch knows
names, memory knows regions.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from machine.isa import VLEN
from vliwdbg.session.places import Place
from vliwdbg.tui.widgets.paint import Row, fitted
from vliwdbg.tui.widgets.pane import Pane
from vliwdbg.views.radix import DECIMAL, HEX
from vliwdbg.views.words import MemoryRows, WordRow

NARROWEST_LABEL, WIDEST_LABEL = 7, 21
WHOLE_ROW = -1


class WordsPane(Pane):
    """The base of both: rows of words, and which of them changed."""

    in_memory = False
    column = 0
    """The word of the row that the cursor is on, or WHOLE_ROW."""

    def rows(self) -> Sequence[WordRow]:
        """All rows."""
        raise NotImplementedError

    def words(self) -> Sequence[int]:
        """The words that the rows show."""
        raise NotImplementedError

    def changed(self) -> Mapping[int, int]:
        """Address -> old value, of those that the last bundle changed."""
        raise NotImplementedError

    def since(self) -> Mapping[int, int]:
        """Address -> value at the last stop, of those that have another one now."""
        raise NotImplementedError

    def name_of_row(self, row: WordRow) -> str:
        """What a row is called."""
        raise NotImplementedError

    def name_of(self, address: int) -> str:
        """What the title calls one word."""
        raise NotImplementedError

    def count(self) -> int:
        return len(self.rows())

    _marks: Mapping[int, str] = {}
    """Address -> paint, of words that changed."""

    def show(self) -> None:
        since, changed = (
            dict.fromkeys(self.since(), "since"),
            dict.fromkeys(self.changed(), "changed"),
        )
        self._marks = since | changed
        super().show()

    # the cell under the cursor

    def address(self) -> int | None:
        """The word under the cursor, the row's first for the whole row; None on a heading."""
        rows = self.rows()
        if self.cursor >= len(rows):
            return None
        row = rows[self.cursor]
        if row.start == row.stop:
            return None
        return min(row.start + max(self.column, 0), row.stop - 1)

    def words_here(self) -> Place | None:
        address = self.address()
        if address is None:
            return None
        row = self.rows()[self.cursor]
        whole = self.column == WHOLE_ROW
        return Place(self.in_memory, *((row.start, row.stop) if whole else (address, address + 1)))

    def info(self) -> str:
        address, since = self.address(), self.since()
        word = [] if address is None else [self._word_info(address)]
        count = [f"{len(since)} changed"] if since else []
        return " · ".join([*word, self.view_state.radix.label, *count])

    def _word_info(self, address: int) -> str:
        """`v_val[3] = 1234 0x4d2 was 7`."""
        word = self.words()[address]
        old = self.changed().get(address, self.since().get(address))
        was = "" if old is None else f" was {self.view_state.radix.text(old)}"
        return f"{self.name_of(address)} = {DECIMAL.text(word)} {HEX.text(word)}{was}"

    def move_sideways(self, columns: int) -> None:
        if not self.count():
            return
        row = self.rows()[self.cursor]
        self.column = max(WHOLE_ROW, min(self.column + columns, row.stop - row.start - 1))
        self._bring_column_into_sight(row)
        self.redraw()

    def _bring_column_into_sight(self, row: WordRow) -> None:
        cell = self._cell(row)
        start = max(self.column, 0) * cell
        leftmost = start + cell - (self.width - self.frozen)
        self.left = max(min(self.left, start), leftmost, 0)

    @property
    def frozen(self) -> int:
        """Addresses and names."""
        return self._label_width()

    def locate(self, text: str) -> bool:
        named = [] if self.in_memory else self.view_state.names.find(text)
        address = named[0][0] if named else int(text) if text.isdecimal() else len(self.words())
        if address >= len(self.words()):
            return False
        self.go_to(address)
        return True

    def go_to(self, address: int) -> None:
        """Put the cursor on a word."""
        number = self.row_of(address)
        if number >= self.count():
            return
        self.column = max(address - self.rows()[number].start, WHOLE_ROW)
        self._bring_column_into_sight(self.rows()[number])
        self.move_to(number)

    def next_change(self, direction: int) -> bool:
        there = self.rows()
        addresses = sorted(at for at in self._marks if any(r.start <= at < r.stop for r in there))
        if not addresses:
            return False
        here = self.address() or 0
        if direction > 0:
            self.go_to(next((at for at in addresses if at > here), addresses[0]))
        else:
            self.go_to(next((at for at in reversed(addresses) if at < here), addresses[-1]))
        return True

    def row_of(self, address: int) -> int:
        """The row that holds a word."""
        raise NotImplementedError

    # drawing

    def _label_width(self) -> int:
        needed = VLEN * (self.view_state.radix.width + 1)
        return max(NARROWEST_LABEL, min(self.width - needed, WIDEST_LABEL))

    def _cell(self, row: WordRow) -> int:
        """Columns of one word; a scalar's name takes a word's room."""
        return (self.view_state.radix.width + 1) * (2 if row.names else 1)

    def key(self, row: int) -> Hashable:
        line = self.rows()[row]
        words = tuple(self.words()[line.start : line.stop])
        marks = tuple(map(self._marks.get, range(line.start, line.stop)))
        here = self.column if row == self.cursor and self.has_focus else None
        return line, words, marks, here, self.view_state.radix

    def row(self, row: int) -> Row:
        line = self.rows()[row]
        if line.start == line.stop:
            rule = "─" * max(self.width - len(line.label) - 5, 0)
            return [("── ", "rule"), (line.label, "name"), (f" {rule}", "rule")]
        here = self.column if row == self.cursor and self.has_focus else None
        pieces = [self._label_piece(line, whole=here == WHOLE_ROW)]
        for column, address in enumerate(range(line.start, line.stop)):
            pieces += self._word(line, column, address, marked=here == column)
        return pieces

    def _label_piece(self, line: WordRow, *, whole: bool) -> tuple[str, str]:
        width = self._label_width()
        name = self.name_of_row(line)
        # Where there is room, the address stands before the name.
        both = f"{line.start:>5} {name}" if width >= WIDEST_LABEL else name or f"s[{line.start}]"
        return fitted(both, width), "cell" if whole else "name"

    def _word(self, line: WordRow, column: int, address: int, *, marked: bool) -> Row:
        width, word = self.view_state.radix.width, self.words()[address]
        name: Row = []
        if line.names:
            name = [(f" {fitted(line.names[column], width - 1)} ", "name")]
        paint = self._marks.get(address) or ("number" if word else "faint")
        text = self.view_state.radix.digits(word)
        padding = " " * (width - len(text))
        return [*name, (f" {padding}", "text"), (text, "cell" if marked else paint)]

    def click(self, row: int, column: int) -> None:
        super().click(row, column)
        if not self.count():
            return
        line, label = self.rows()[self.cursor], self._label_width()
        # What is clicked comes with the columns that were moved away, of which no label is one.
        inside = column - self.left >= label
        at = (column - label) // self._cell(line) if inside else WHOLE_ROW
        self.column = min(at, line.stop - line.start - 1)
        self.redraw()


class ScratchPane(WordsPane):
    """Scratch, in the rows that its user wants: all by address, those that the bundle looked at is
    about with the watched and the displayed ones, or live values, the newest first."""

    kinds = ("all", "touched", "live")

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.kind = self.kinds[0]
        self._rows: tuple[Hashable, Sequence[WordRow]] = (None, ())

    def rows(self) -> Sequence[WordRow]:
        view_state = self.view_state
        if self.kind == "all":
            return view_state.scratch_rows
        stamp = (self.kind, view_state.settled, view_state.looking, id(view_state.flow))
        if self._rows[0] != stamp:
            rows = view_state.touched_rows() if self.kind == "touched" else view_state.live_rows()
            self._rows = (stamp, rows)
        return self._rows[1]

    def next_rows(self) -> str:
        """The next kind of rows."""
        address = self.address()
        self.kind = self.kinds[(self.kinds.index(self.kind) + 1) % len(self.kinds)]
        self.cursor = self.top = 0
        if address is not None:
            self.go_to(address)
        self.show()
        return f"scratch: {self.kind}"

    def words(self) -> Sequence[int]:
        return self.view_state.now.scratch

    def changed(self) -> Mapping[int, int]:
        return self.view_state.changed_scratch

    def since(self) -> Mapping[int, int]:
        return self.view_state.since_scratch

    def row_of(self, address: int) -> int:
        rows = enumerate(self.rows())
        return next((i for i, row in rows if row.start <= address < row.stop), 0)

    def info(self) -> str:
        kind = "" if self.kind == "all" else f"{self.kind} · "
        return kind + super().info()

    def address_here(self) -> int | None:
        """The word under the cursor, taken for an address; 0 is none."""
        address = self.address()
        return None if address is None else self.words()[address] or None

    def _word_info(self, address: int) -> str:
        return super()._word_info(address) + self.view_state.age_text(address)

    def name_of_row(self, row: WordRow) -> str:
        return row.label

    def name_of(self, address: int) -> str:
        return self.view_state.names.text(address)


class MemoryPane(WordsPane):
    """All of memory, region by region."""

    in_memory = True
    by_level = False

    def rows(self) -> Sequence[WordRow]:
        return self._regions()

    def _regions(self) -> MemoryRows:
        view_state = self.view_state
        return view_state.levels if self.by_level else view_state.memory_rows

    def next_rows(self) -> str:
        """The tree level by level, or in one region again."""
        address = self.address()
        self.by_level = not self.by_level
        self.go_to(address or 0)
        self.show()
        return "memory: the tree by level" if self.by_level else "memory: by region"

    def words(self) -> Sequence[int]:
        return self.view_state.now.memory

    def changed(self) -> Mapping[int, int]:
        return self.view_state.changed_memory

    def since(self) -> Mapping[int, int]:
        return self.view_state.since_memory

    def name_of_row(self, row: WordRow) -> str:
        if self._label_width() < WIDEST_LABEL:
            return f"{row.start:>6}"
        return self._element(row.start)

    def name_of(self, address: int) -> str:
        return f"{self._element(address)} at {address}"

    def _element(self, address: int) -> str:
        """`values[3]`."""
        regions = self._regions().regions
        return next(f"{name}[{address - at.start}]" for name, at in regions if address in at)

    def row_of(self, address: int) -> int:
        return self._regions().row_of(address)
