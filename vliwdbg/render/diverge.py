"""Where a wrong program goes wrong, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.render.answers import notes, slot_line
from vliwdbg.render.text import Columns, counted, text, words_text
from vliwdbg.views.diverge import Diverge, Repair, WrongVector


@text.register
def _(view: Diverge) -> Iterator[str]:
    if view.ok:
        which = f"all {view.outputs} outputs are" if view.outputs != 1 else "the output is"
        yield f"Nothing is wrong: {which} right on all inputs tried."
        yield from notes(view)
        return
    assert view.got is not None
    assert view.expected is not None
    of = "" if view.element is None else f", of element {view.element}"
    yield (
        f"{view.wrong} of {counted(view.outputs, 'output')} {'is' if view.wrong == 1 else 'are'} "
        f"wrong. The first is mem[{view.address}]{of}: {words_text(view.got)}, not "
        f"{words_text(view.expected)}."
    )
    if view.culprit is None:
        yield "Nothing speaks against any slot."
    elif view.repair:
        changed = view.repair.slot is not None
        yield f"{'Culprit' if changed else 'First wrong slot'}: {slot_line(view.culprit)}"
        yield f"Repair: {_repair(view.repair)}"
    else:
        yield f"First wrong slot: {slot_line(view.culprit)}"
        yield "No change of one slot makes all right: several may be wrong, or one is missing."
    for sentence in view.evidence:
        yield f"  {sentence}"
    for repair in view.equivalent:
        where = "" if repair.slot is None else f"{slot_line(repair.slot)}: "
        yield f"As good: {where}{repair.change}"
    others = view.candidates[1:]
    if others and not view.repair:
        yield "Next to look at"
        for slot in others:
            yield f"  {slot_line(slot)}"
    if view.chain:
        yield "From there to the output"
        half = len(view.chain) // 2
        for slot in view.chain[:half]:
            yield f"  {slot_line(slot)}"
        if view.chain_left_out:
            yield f"  … {view.chain_left_out} more"
        for slot in view.chain[half:]:
            yield f"  {slot_line(slot)}"
    yield from _vector_lines(view)
    yield from notes(view)


def _vector_lines(view: Diverge) -> Iterator[str]:
    """Where wrong outputs are, and the first of them lane by lane."""
    if not view.vectors:
        return
    yield "Wrong outputs"
    for vector in view.vectors:
        yield vector_line(vector)
        if vector is view.vectors[0]:
            yield from lane_lines(vector)
    untold = view.wrong - sum(vector.wrong for vector in view.vectors)
    if untold > 0:
        yield f"  … {untold} more"


def vector_line(vector: WrongVector) -> str:
    """Where some wrong outputs are, and who left them."""
    lanes = len(vector.got)
    words = f"{vector.address}:{vector.address + lanes}" if lanes > 1 else str(vector.address)
    left = f"left by {slot_line(vector.store)}" if vector.store else "never stored"
    return f"  mem[{words}]{_of_elements(vector.element, lanes)}: {vector.wrong} wrong, {left}"


def _of_elements(first: int | None, lanes: int) -> str:
    if first is None:
        return ""
    return f" of elements {first}–{first + lanes - 1}" if lanes > 1 else f" of element {first}"


def lane_lines(vector: WrongVector) -> Iterator[Columns]:
    """What wrong outputs should be and are, lane by lane; what is right is `=`."""
    expected = [words_text(word) for word in vector.expected]
    got = [
        "=" if word == right else words_text(word)
        for word, right in zip(vector.got, vector.expected, strict=True)
    ]
    width = max(map(len, (*expected, *got)))
    for label, words in (("expected", expected), ("got", got)):
        yield Columns(f"    {label:<8}  {' '.join(word.rjust(width) for word in words)}")


def _repair(repair: Repair) -> str:
    return f"{repair.change}. Then all is right on {counted(repair.inputs, 'input')}: {repair.text}"
