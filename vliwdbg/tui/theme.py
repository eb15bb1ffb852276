"""The colours of the house, and how they are made readable in any theme.

A theme gives the grounds: background, surface and panel. The inks, one for each engine and one for
each state of a word, keep their hue and become as much lighter or darker as it takes to stand out
from all grounds. What a state is, a glyph tells as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.color import Color
from textual.theme import Theme

ENGINE_COLOURS = {
    "alu": "#7aa2f7",
    "valu": "#bb9af7",
    "load": "#7dcfff",
    "store": "#73daca",
    "flow": "#ff9e64",
}
"""One colour an engine, wherever it shows; `$alu` and so on in app.tcss."""
STATE_COLOURS = {
    "changed": "warning",
    "new": "success",
    "wrong": "error",
    "mark": "accent",
    "name": "secondary",
    "chosen": "primary",
}
"""The variable of a theme that each state takes its hue from; `$changed` and so on."""
TERMINAL_COLOURS = {
    "alu": "ansi_bright_blue",
    "valu": "ansi_bright_magenta",
    "load": "ansi_bright_cyan",
    "store": "ansi_bright_green",
    "flow": "ansi_bright_yellow",
}
"""For themes that leave all colours to the terminal: nobody here knows what those look like."""
DIM = 0.6
"""How much of the foreground is in what is less important."""
GROUNDS = ("background", "surface", "panel")
READABLE = 4.5
"""The contrast that inks have to all grounds, as WCAG 2 measures it for text."""
_STEPS = 40

THEME = Theme(
    name="vliwdbg",
    primary="#7aa2f7",
    secondary="#8fa4d4",
    accent="#e0af68",
    warning="#e0af68",
    error="#f7768e",
    success="#9ece6a",
    foreground="#c8d0e8",
    background="#16171f",
    surface="#1d1f2b",
    panel="#262938",
    dark=True,
)


def inks(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of app.tcss that no theme has, made from those that one has."""
    states = {ink: variables.get(name, "ansi_default") for ink, name in STATE_COLOURS.items()}
    parsed = [Color.parse(variables[name]) for name in ("foreground", *GROUNDS)]
    if any(colour.ansi is not None or colour.is_transparent for colour in parsed):
        return TERMINAL_COLOURS | states | dict.fromkeys(("ink", "dim"), variables["foreground"])
    foreground, *grounds = parsed
    hues = {ink: Color.parse(hue) for ink, hue in (ENGINE_COLOURS | states).items()}
    hues["ink"] = foreground
    dim = grounds[0].blend(foreground, DIM)
    readable_hues = {ink: readable(hue, grounds) for ink, hue in hues.items()}
    readable_hues["dim"] = readable(dim, grounds[:1])
    return {ink: hue.hex6 for ink, hue in readable_hues.items()}


def readable(colour: Color, grounds: Iterable[Color]) -> Color:
    """The colour, as much lighter or darker as it takes to be read on all grounds."""
    grounds = list(grounds)
    dark = sum(map(luminance, grounds)) / len(grounds) < luminance(Color(118, 118, 118))
    towards = Color(255, 255, 255) if dark else Color(0, 0, 0)
    shades = (colour.blend(towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(
        (shade for shade in shades if min(contrast(shade, on) for on in grounds) >= READABLE),
        towards,
    )


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    """The relative luminance of a colour, 0 to 1, as WCAG 2 defines it."""
    red, green, blue = map(_linear, colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
