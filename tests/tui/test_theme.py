"""Whatever theme is chosen, what is written can be read."""

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from vliwdbg.tui.theme import ENGINE_COLOURS, GROUNDS, READABLE, THEME, contrast, inks, readable

THEMES = {**BUILTIN_THEMES, THEME.name: THEME}
PAINTED = [name for name in THEMES if not name.startswith("ansi")]


def variables_of(name: str) -> dict[str, str]:
    theme = THEMES[name]
    return {**theme.to_color_system().generate(), **theme.variables}


@pytest.mark.parametrize("name", PAINTED)
def test_every_ink_stands_out_from_every_ground(name: str) -> None:
    variables = variables_of(name)
    grounds = [Color.parse(variables[ground]) for ground in GROUNDS]
    made = inks(variables)
    dim = Color.parse(made.pop("dim"))
    assert contrast(dim, grounds[0]) >= READABLE
    for ink, colour in made.items():
        assert min(contrast(Color.parse(colour), ground) for ground in grounds) >= READABLE, ink


@pytest.mark.parametrize("name", PAINTED)
def test_engines_keep_colours_of_their_own(name: str) -> None:
    made = inks(variables_of(name))
    assert len({made[engine] for engine in ENGINE_COLOURS}) == len(ENGINE_COLOURS)


def test_a_theme_of_the_terminal_leaves_colours_to_it() -> None:
    left = set(THEMES) - set(PAINTED)
    assert left
    for name in left:
        made = inks(variables_of(name))
        assert all(made[engine].startswith("ansi_") for engine in ENGINE_COLOURS)
        assert len({made[engine] for engine in ENGINE_COLOURS}) == len(ENGINE_COLOURS)


def test_contrast_is_that_of_wcag() -> None:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(white, black) == pytest.approx(21)
    assert contrast(Color(119, 119, 119), white) == pytest.approx(4.48, abs=0.01)


def test_what_can_be_read_stays_as_it_is() -> None:
    white = Color(255, 255, 255)
    assert readable(white, [Color(0, 0, 0)]) == white
