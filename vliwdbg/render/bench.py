"""What programs come to, as text."""

from __future__ import annotations

from collections.abc import Iterator

from vliwdbg.curve import curve
from vliwdbg.render.text import table, text
from vliwdbg.views.bench import Bench, Benched, KernelHistory, LedgerHistory

_MOST = 20
"""Entries of a kernel that are shown, where it is the only one."""


@text.register
def _(view: Bench) -> Iterator[str]:
    if view.programs:
        headers = ["Program", "Cycles", "Result", "Floor", "Gap"]
        yield from table(
            [*headers, "Best before", "Below"] if view.ledger else [*headers, "Below"],
            [_row(benched, ledger=view.ledger is not None) for benched in view.programs],
        )
    for benched in view.programs:
        if benched.detail:
            yield f"{benched.program}: {benched.result}: {benched.detail}"
    for refused in view.refused:
        for reason in refused.reasons:
            yield f"{refused.program}: refused: {reason}"
    if view.left_out:
        yield f"{view.left_out} more were not looked at: it was interrupted."
    if any(benched.below for benched in view.programs):
        yield ""
        yield f"Thresholds of {view.thresholds_from}:"
        yield from table(("Cycles", "By"), [(f"{t.cycles:,}", t.what) for t in view.thresholds])


def _row(benched: Benched, *, ledger: bool) -> list[str]:
    row = [
        benched.program,
        str(benched.cycles),
        _result(benched),
        "" if benched.floor is None else f"{benched.floor} ({benched.binds})",
        "" if benched.gap is None else str(benched.gap),
    ]
    below = "" if benched.below is None else f"{benched.below:,}"
    return [*row, _best(benched), below] if ledger else [*row, below]


def _result(benched: Benched) -> str:
    tried = f" on {benched.trials} more" if benched.trials and benched.result == "right" else ""
    return benched.result + tried


def _best(benched: Benched) -> str:
    """`923, now 5 fewer`; of a run that is not right nothing is compared."""
    if benched.best is None:
        return ""
    change = benched.cycles - benched.best
    if not change or benched.result != "right":
        return str(benched.best)
    return f"{benched.best}, now {abs(change)} {'more' if change > 0 else 'fewer'}"


@text.register
def _(view: LedgerHistory) -> Iterator[str]:
    if not view.kernels:
        yield f"{view.ledger} has no entries yet."
        return
    yield from table(
        ("Kernel", "Problem", "Runs", "Best", "Last", "Right runs"), map(_kernel_row, view.kernels)
    )
    if len(view.kernels) == 1:
        entries = view.kernels[0].entries
        yield ""
        rows = [
            (e.at, e.cycles, e.result, "" if e.floor is None else e.floor, e.program_sha256[:12])
            for e in entries[-_MOST:]
        ]
        yield from table(("Time", "Cycles", "Result", "Floor", "Program"), rows)
        if len(entries) > _MOST:
            yield f"{len(entries) - _MOST} before them are not shown."


def _kernel_row(kernel: KernelHistory) -> tuple[object, ...]:
    last = kernel.entries[-1]
    right = [entry.cycles for entry in kernel.entries if entry.result == "right"]
    return (
        kernel.kernel,
        kernel.problem,
        len(kernel.entries),
        "" if kernel.best is None else kernel.best,
        f"{last.cycles} {last.result}",
        curve(right) if right else "",
    )
