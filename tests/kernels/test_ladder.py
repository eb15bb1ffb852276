"""docs/kernel.md says what the kernels do when they are run."""

from __future__ import annotations

from pathlib import Path

from tests.kernels.ladder import table

PAGE = Path(__file__).parents[2] / "docs" / "kernel.md"


def test_the_page_has_the_measured_figures() -> None:
    _, rest = PAGE.read_text().split("<!-- table: ladder -->\n")
    written, _ = rest.split("<!-- end -->")
    assert written.splitlines() == list(table())
