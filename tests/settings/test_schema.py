"""A user's file is judged key by key, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.errors import ProgramError
from vliwdbg.settings.document import Statement, Wrong, statements
from vliwdbg.settings.schema import (
    KEYS,
    MOST_COMPLAINTS,
    ONE_OF,
    Setting,
    Settings,
    by_key,
    read_settings,
    set_value,
    unset_value,
)

COLOUR = Setting("colour", ONE_OF, "red", "the colour", ("red", "green"))
STEP = Setting("keys.step", KEYS, "s", "a step")
BACK = Setting("keys.back", KEYS, "S", "a step back")
TABLE = by_key([COLOUR, STEP, BACK])


def given(tmp_path: Path, text: str | bytes) -> Settings:
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_settings(path, TABLE)


def complaints(settings: Settings) -> list[tuple[int, str]]:
    return [
        (int(complaint.place.rpartition(":")[2]), complaint.message)
        for complaint in settings.complaints
    ]


def test_statements_have_their_lines() -> None:
    text = (
        "# a comment\n"
        'a = """\n[b]\n"""\r\n'
        "oops\n"
        "[b.c]\n"
        'd = [\n  "#",\n  1,\n]\n'
        "e.f = {g = 1, h = 2}\n"
        "[[i]]\n"
        "j = 1979-05-27"
    )
    assert [found[:2] for found in statements(text)] == [
        (2, "a"),
        (5, "expected '=' after a key in a key/value pair"),
        (7, "b.c.d"),
        (11, "b.c.e.f.g"),
        (11, "b.c.e.f.h"),
        (13, "i"),
    ]


@pytest.mark.parametrize(
    "line", ['a = "x', "a = [1", "[a", "= 1", "a = 1 2", "[" * 5000, f"a = {'9' * 5000}", '"""']
)
def test_a_wrong_line_is_one_wrong_line(line: str) -> None:
    before, wrong, after = statements(f"x = 1\n{line}\ny = 2\n")
    assert before == Statement(1, "x", 1)
    assert isinstance(wrong, Wrong)
    assert wrong.line == 2
    assert after == Statement(3, "y", 2)


def test_what_is_given_and_what_is_not(tmp_path: Path) -> None:
    settings = given(tmp_path, '\ufeffcolour = "green"\n[keys]\nstep = "x,ctrl+f5"\n')
    assert settings.complaints == ()
    assert {key: settings[key] for key in TABLE} == {
        "colour": "green",
        "keys.step": "x,ctrl+f5",
        "keys.back": "S",
    }
    origins = [settings.origin(key) for key in TABLE]
    assert origins == [f"{settings.path}:1", f"{settings.path}:3", "default"]
    assert settings.given_under("keys.") == {"step": "x,ctrl+f5"}


def test_each_wrong_key_is_told_and_the_rest_is_used(tmp_path: Path) -> None:
    keys = "[keys]\nstep = 'f5'\nstep = 'f6'\nback = 'F5'\n"
    text = f"color = 1\ncolour = 3\noops\n{keys}[more]\nx = 1\n"
    settings = given(tmp_path, text)
    assert complaints(settings) == [
        (1, "no setting is called 'color'; colour is one"),
        (2, 'colour takes a text in quotes, like "red"'),
        (3, "expected '=' after a key in a key/value pair"),
        (6, "keys.step is set on line 5 already"),
        (7, "keys.back takes keys like s, S, f10, ctrl+b, a comma between them, not 'F5'"),
        (9, "no setting is called 'more.x'"),
    ]
    assert [settings[key] for key in TABLE] == ["red", "f5", "S"]


@pytest.mark.parametrize("value", ["", ",", "a,", "ab c", "ctrl+", "F10", "\t"])
def test_no_keys(value: str) -> None:
    assert "takes keys like" in STEP.complaint(value)


@pytest.mark.parametrize("value", ["a", "Z", "ü", "?", "f12", "ctrl+shift+f1", "shift+tab", "+,-"])
def test_keys(value: str) -> None:
    assert STEP.complaint(value) == ""


def test_a_file_of_something_else_is_not_read_to_its_end(tmp_path: Path) -> None:
    settings = given(tmp_path, "oops\n" * 10_000)
    assert len(settings.complaints) == MOST_COMPLAINTS
    huge = given(tmp_path, "\n" * 200_000)
    assert "is not read" in huge.complaints[0].message
    text = given(tmp_path, b"colour = 'green'\n\xff")
    assert "line 2 is not UTF-8 text" in text.complaints[0].message
    assert text["colour"] == "red"


def test_setting_keeps_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"
    set_value(path, STEP, "x")
    assert path.read_text() == '[keys]\nstep = "x"\n'
    path.write_text(
        "# mine\ncolour = 'red'   # not blue\n\n[keys]\n# steps\nback = 'b'\nlost = 1\n"
    )
    set_value(path, COLOUR, "green")
    set_value(path, STEP, "y")
    assert path.read_text().split("\n\n") == [
        '# mine\ncolour = "green"   # not blue',
        "[keys]\n# steps\nback = 'b'\nlost = 1\nstep = \"y\"\n",
    ]
    unset_value(path, COLOUR)
    unset_value(path, COLOUR)
    unset_value(path, BACK)
    settings = read_settings(path, TABLE)
    assert dict(settings.given) == {"keys.step": ("y", path.read_text().count("\n"))}
    assert path.read_text().startswith("# mine\n")


def test_a_table_is_made_of_what_is_none(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("keys = 3\n")
    unset_value(path, STEP)
    set_value(path, STEP, "x")
    assert read_settings(path, TABLE)["keys.step"] == "x"


def test_what_is_wrong_is_not_set(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("oops\n")
    with pytest.raises(ProgramError, match="colour takes red, green, not 'blue'"):
        set_value(path, COLOUR, "blue")
    with pytest.raises(ProgramError, match="line 1"):
        set_value(path, COLOUR, "green")
    assert path.read_text() == "oops\n"
