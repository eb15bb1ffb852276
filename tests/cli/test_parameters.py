"""Words are read as Typer reads them, or left to it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vliwdbg.cli import app, typer_app
from vliwdbg.cli.options import in_one_list
from vliwdbg.cli.parameters import Option, Parameter, UsageError, parameters_of, read

NAMES = [*sorted(app.SUBCOMMANDS), app.OPEN]
COMMANDS = {name: app.command_of(name) for name in NAMES}
TEXTS = ["x", "-", "--", "-9", "7", "0", "1.5", "-1.5", "1e3", "nan", "inf", "", " 7", "+7", "07",
         "1_0", "--json", "-q", "-qq", "=", "a=b", "10" * 30, "٣", "--no-check", "-1"]  # fmt: skip


def by_typer(name: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The values that Typer makes of words; what it says of them where it takes none."""
    got: dict[str, Any] = {}

    def record(_: Callable[..., int], values: dict[str, Any]) -> int:
        got.update(values)
        return 0

    monkeypatch.setattr(typer_app, "call", record)
    try:
        typer_app.call_by_typer({name: COMMANDS[name]}, "open", [name, *words])
    except UsageError as refused:
        return str(refused)
    return got


def spellings(parameter: Parameter) -> list[str]:
    return list(parameter.spellings()) if isinstance(parameter.declared, Option) else []


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A subcommand and words for it: options in all spellings, with values and without."""
    name = draw(st.sampled_from(NAMES))
    options = [spelled for p in parameters_of(COMMANDS[name]) for spelled in spellings(p)]
    text = st.sampled_from(TEXTS)
    option = st.sampled_from(options or ["--nope"])
    joined = st.builds("{}={}".format, option, text)
    longer = st.builds("{}{}".format, option, st.sampled_from(["q", "x", "=", "9"]))
    words = st.one_of(option, option, text, joined, longer)
    return name, draw(st.lists(words, max_size=6))


@settings(deadline=None, max_examples=150)
@given(lines())
def test_words_are_read_as_typer_reads_them(line: tuple[str, list[str]]) -> None:
    name, words = line
    values = read(parameters_of(COMMANDS[name]), words)
    if values is not None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            theirs = by_typer(name, words, monkeypatch)
        assert isinstance(theirs, dict), theirs
        assert {k: v or None for k, v in values.items()} == {
            k: v or None for k, v in theirs.items()
        }


PLAIN = [
    (["run", "-q", "x.json"], {"quiet": 1, "program": "x.json"}),
    (["run", "-", "-qq", "--json"], {"quiet": 2, "as_json": True, "program": "-"}),
    (["run", "--no-check", "--seed", "-9"], {"check": False, "seed": -9}),
    (["run", "--timeout=1.5", "--break", "1", "--break", "-2"], {"breaks": ["1", "-2"]}),
    (["exec", "-ex", "print 1", "-x", "f", "-ex", "-x"], {"commands": ["print 1", "@f", "-x"]}),
    (["whatif", "-", "load=3", "rename"], {"program": "-", "changes": ["load=3", "rename"]}),
    (["build", "-o", "-", "--set", "a=b=c"], {"output": "-", "settings": ["a=b=c"]}),
]


@pytest.mark.parametrize(("line", "values"), PLAIN, ids=str)
def test_plain_words_are_read(line: list[str], values: dict[str, Any]) -> None:
    """What scripts say needs no Typer."""
    name, *words = in_one_list(line)
    got = read(parameters_of(COMMANDS[name]), words)
    assert got is not None
    assert values.items() <= got.items()
