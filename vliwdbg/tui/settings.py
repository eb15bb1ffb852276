"""The table of settings that the debugger in a terminal has; `vliwdbg config` shows and sets them.

`python -m vliwdbg.tui.settings` prints docs/settings.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.theme import BUILTIN_THEMES

from vliwdbg.settings.manual import page
from vliwdbg.settings.schema import KEYS, ONE_OF, PERCENT, Setting, Settings, by_key
from vliwdbg.tui.arrangement import LAYOUTS, SHARES
from vliwdbg.tui.keymap import KEYS as KEYS_OF_SCREEN
from vliwdbg.tui.theme import THEME
from vliwdbg.views.radix import BY_LABEL, HEX

PREFIX_OF_KEYS = "keys."
PREFIX_OF_PANES = "panes."

SETTINGS: Mapping[str, Setting] = by_key(
    (
        Setting(
            "theme",
            ONE_OF,
            THEME.name,
            "the colours; Ctrl+P, Theme shows each",
            (THEME.name, *sorted(BUILTIN_THEMES)),
        ),
        Setting(
            "radix",
            ONE_OF,
            HEX.label,
            "how words are written at first",
            (*BY_LABEL,),
        ),
        Setting(
            "layout",
            ONE_OF,
            LAYOUTS[0],
            "the panes to be seen: as many as fit, the code and one other, or one",
            LAYOUTS,
        ),
        *(
            Setting(f"{PREFIX_OF_PANES}{name}", PERCENT, str(percent), f"how much {what}")
            for name, (percent, what) in SHARES.items()
        ),
        *(Setting(f"{PREFIX_OF_KEYS}{key.id}", KEYS, key.keys, key.help) for key in KEYS_OF_SCREEN),
    )
)


def clashes(settings: Settings) -> Iterator[str]:
    """What the user gave two meanings, a line each."""
    meanings: dict[str, list[str]] = {}
    for key in KEYS_OF_SCREEN:
        for pressed in settings[f"{PREFIX_OF_KEYS}{key.id}"].split(","):
            meanings.setdefault(pressed, []).append(key.id)
    return (
        f"{pressed} is the key of {' and of '.join(ids)}"
        for pressed, ids in meanings.items()
        if len(ids) > 1
    )


if __name__ == "__main__":
    print(page(SETTINGS.values()), end="")
