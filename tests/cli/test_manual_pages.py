"""The page of subcommands and the man page are those of the table."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from vliwdbg.cli import app, manual
from vliwdbg.cli.exit_codes import MEANINGS

ROOT = Path(__file__).parents[2]
OVERSTRUCK = re.compile(".\x08")
STALE = "is out of date: python -m vliwdbg.cli.manual"


def test_both_are_written_from_the_table() -> None:
    assert (ROOT / manual.PAGE).read_text("utf-8") == manual.page(), f"{manual.PAGE} {STALE}"
    assert (ROOT / manual.MAN_PAGE).read_text("utf-8") == manual.man_page(), (
        f"{manual.MAN_PAGE} {STALE}"
    )


def test_all_subcommands_and_what_they_take_are_there() -> None:
    assert {entry.name for entry in manual.entries()} == app.SUBCOMMANDS | {app.OPEN}
    options = dict(next(entry.rows for entry in manual.entries() if entry.name == "run"))
    assert options["--check, --no-check"] == "Hold the result against the reference kernel."
    assert options["--quiet, -q"].endswith("-qq: nothing.")
    assert options["--max-cycles N"]


def test_the_readme_has_the_same_exit_codes() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert all(f"| {code} | {meaning} |\n" in readme for code, meaning in MEANINGS.items())


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_man_shows_it_without_a_complaint() -> None:
    shown = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8", str(ROOT / manual.MAN_PAGE)],
        capture_output=True,
        text=True,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    for name in app.SUBCOMMANDS:
        assert f"vliwdbg {name}" in OVERSTRUCK.sub("", shown.stdout)
