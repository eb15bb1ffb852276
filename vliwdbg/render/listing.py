"""Bundles as text, with the values of their operands where those are known.

=>    140  valu (2) | alu (1)
            valu  v_val = v_val ^ v_node        v_val = {1, 2, …}; …
"""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.printable import printable
from vliwdbg.render.moves import slots_text
from vliwdbg.render.text import text, words_text
from vliwdbg.views.listing import ListedBundle, ListedSlot, Listing

VALUES_AT = 56
"""The column in which the values of operands start."""


@text.register
def _(view: Listing) -> Iterator[str]:
    for bundle in view.bundles:
        yield _bundle_line(bundle)
        yield from map(_slot_line, bundle.slots)


def _bundle_line(bundle: ListedBundle) -> str:
    mark = "=>" if bundle.next else "  "
    numbers = ",".join(map(str, bundle.breakpoints))
    stops = f"  [{numbers}]" if numbers else ""
    return f"{mark} {bundle.pc:>6}  {slots_text(bundle.used)}{stops}"


def _slot_line(slot: ListedSlot) -> str:
    shown = printable(f"{slot.engine:>14}  {slot.text}")
    values = "; ".join(f"{read.text} = {words_text(read.value)}" for read in slot.reads)
    return f"{shown:<{VALUES_AT}}  {values}".rstrip()
