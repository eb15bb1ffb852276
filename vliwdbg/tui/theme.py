"""The colours of the house. Any other theme of Textual will do as well; the palette lists them."""

from __future__ import annotations

from textual.theme import Theme

ENGINE_COLOURS = {
    "alu": "#7aa2f7",
    "valu": "#bb9af7",
    "load": "#7dcfff",
    "store": "#73daca",
    "flow": "#ff9e64",
}
"""One colour an engine, wherever it shows; `$alu` and so on in app.tcss."""

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
