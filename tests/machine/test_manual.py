"""The manual's tables are those of the code, and what it says in words is so."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from machine import manual
from machine.isa import OPCODES, SCRATCH_SIZE, VLEN
from machine.problem import GREATEST_VALUE, HEADER_WORDS, Problem

TEXT = manual.MANUAL.read_text(encoding="utf-8")


def test_tables_are_those_of_the_code() -> None:
    assert manual.with_tables(TEXT) == TEXT


def test_every_table_stands_once() -> None:
    assert re.findall(r"<!-- table: (\S+) -->", TEXT) == list(manual.TABLES)


def test_every_opcode_is_in_a_table() -> None:
    for row in OPCODES:
        name = row.name.replace("|", r"\|")
        quoted = f"| `{name}` |" if row.arithmetic else f'| `["{name}"'
        assert quoted in TEXT
        assert row.help in TEXT


def test_a_stale_table_is_made_anew() -> None:
    stale = TEXT.replace("| `alu` | 12 |", "| `alu` | 13 |")
    assert stale != TEXT
    assert manual.with_tables(stale) == TEXT


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(KeyError):
        manual.with_tables("<!-- table: colours -->\n<!-- end -->")


def test_main_rewrites_the_file(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    copy = tmp_path / "machine.md"
    copy.write_text(TEXT.replace("| 12 |", "| |"), encoding="utf-8")
    monkeypatch.setattr(manual, "MANUAL", copy)
    manual.main()
    assert copy.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    "fact",
    [
        f"{SCRATCH_SIZE} words of 32 bits",
        f"A *vector* is {VLEN} consecutive words",
        f"for each of {VLEN} lanes",
        f"address of the node values, {HEADER_WORDS}",
        "height {0.forest_height}, rounds {0.rounds}, batch {0.batch_size}".format(Problem()),
        "`randint(0, 2**30 - 1)`",
    ],
)
def test_numbers_in_words_are_those_of_the_code(fact: str) -> None:
    assert fact in TEXT
    assert GREATEST_VALUE == 2**30 - 1


def test_an_installation_without_docs_has_its_copy(tmp_path: Path) -> None:
    """What setup.py packs, and that the text is found there."""
    packing = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(packing, cwd=manual.MANUAL.parents[1], check=True, capture_output=True)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from machine import manual as it; "
    telling = [sys.executable, "-I", "-c", f"{code} print(it.text(), end='')"]
    told = subprocess.run(telling, check=True, capture_output=True, text=True)
    assert told.stdout == TEXT
    assert (tmp_path / "vliwdbg" / "api" / "methods.pyi").exists()
