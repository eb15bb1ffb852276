"""All keys, one row each. A key is a command line; the few that are not are actions of the screen.

    Key("step", "s,f11,f10", "step", "{n} bundles on", counted="step {n}")

Help, footer and palette derive from these rows, and Textual's keymap remaps them by id. In a
line, `{n}` is the count typed before the key, `{pc}` the bundle looked at, `{cycle}` its cycle and
`{place}` the words under the cursor. A key whose command the debugger does not have is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from textual.binding import Binding


@dataclass(frozen=True)
class Key:
    """A row. `keys` are Textual's names, separated by commas; `short` is what the footer says.

    `line` is the command line, `counted` the one after a count; `action` an action of the screen,
    or of its grid of panes, `grid.…`.
    """

    id: str
    keys: str
    help: str
    line: str = ""
    counted: str = ""
    action: str = ""
    short: str = ""
    twin: str = ""
    """The id of the key that does the same the other way; the footer shows both."""

    def command_line(self, count: int | None) -> str:
        """The line to be executed, with the count in its place."""
        if count is None or not self.counted:
            return self.line
        return self.counted.replace("{n}", str(count))

    @property
    def shown(self) -> str:
        """The first of its keys as people write it."""
        return shown_key(self.keys.split(",")[0])

    @property
    def all_shown(self) -> str:
        """All of its keys as people write them."""
        return " ".join(map(shown_key, self.keys.split(",")))

    def binding(self) -> Binding:
        """Of the screen, remappable by id.

        All have priority, because such keys are worked off in the order they come in: what is
        typed right after a `:` goes to the command line, and `10s` never loses its count.
        """
        action = f"key('{self.id}')"
        return Binding(self.keys, action, self.help, id=self.id, show=False, priority=True)


@dataclass(frozen=True)
class Group:
    """Keys that belong together, under a title."""

    title: str
    keys: tuple[Key, ...]


GROUPS = (
    Group(
        "Running",
        (
            Key(
                "step",
                "s,f11,f10",
                "a bundle on",
                "step",
                "step {n}",
                short="step",
                twin="reverse-step",
            ),
            Key(
                "reverse-step",
                "S,shift+f11,shift+f10",
                "a bundle back",
                "reverse-step",
                "reverse-step {n}",
            ),
            Key(
                "continue",
                "c,f5",
                "to the next stop",
                "continue",
                "continue {n}",
                short="continue",
                twin="reverse-continue",
            ),
            Key(
                "reverse-continue",
                "C,shift+f5",
                "to the previous stop",
                "reverse-continue",
                "reverse-continue {n}",
            ),
            Key("finish", "f", "out of the current tag", "finish"),
            Key("reverse-finish", "F", "to the start of the current tag", "reverse-finish"),
            Key(
                "reload",
                "ctrl+r",
                "read the program again, and stay at this cycle",
                action="reload",
            ),
            Key("run", "r", "from the start, to the first stop", "run"),
            Key("until", "t", "to the bundle at the cursor", "until pc {pc}", short="run to"),
            Key("play", "space", "play or pause, a step at a time", action="play", short="play"),
            Key("interrupt", "ctrl+c", "interrupt what is running", action="interrupt"),
        ),
    ),
    Group(
        "Timeline",
        (
            Key("cycle-back", "left_square_bracket", "a cycle back", "-1", "-{n}"),
            Key(
                "cycle-on",
                "right_square_bracket",
                "a cycle on",
                "+1",
                "+{n}",
                short="cycle",
                twin="cycle-back",
            ),
            Key("cycles-back", "left_curly_bracket", "10 cycles back", "-10", "-{n}0"),
            Key("cycles-on", "right_curly_bracket", "10 cycles on", "+10", "+{n}0"),
            Key("start", "g", "the start, or a cycle: 137g", "goto 0", "goto {n}"),
            Key(
                "end",
                "G",
                "the end, or a cycle: 137G",
                "goto end",
                "goto {n}",
                short="goto",
                twin="start",
            ),
        ),
    ),
    Group(
        "Picture",
        (
            Key("zoom", "z", "see fewer cycles of the run", action="zoom(0.5)", short="zoom"),
            Key("zoom-out", "Z", "see more cycles of the run", action="zoom(2)"),
            Key(
                "unfold",
                "e",
                "the operands of a slot, or no more",
                action="grid.unfold",
                short="operands",
            ),
        ),
    ),
    Group(
        "Stops",
        (
            Key(
                "break",
                "b",
                "a breakpoint here, or no more",
                action="breakpoint",
                short="break",
            ),
            Key("breakpoints", "B", "list the stops", "info breakpoints"),
            Key(
                "stop-toggle",
                "o",
                "the stop under the cursor on or off",
                action="stop('toggle')",
                short="on/off",
            ),
            Key("stop-delete", "delete", "delete it", action="stop('delete')", short="delete"),
            Key("stop-edit", "E", "edit its command", action="stop('edit')", short="edit"),
            Key("watch", "W", "watch the words under the cursor", "watch {place}", short="watch"),
        ),
    ),
    Group(
        "Values",
        (
            Key(
                "who",
                "enter",
                "to the slot that wrote the value; to a stop's bundle",
                action="follow",
                short="who/back",
                twin="back",
            ),
            Key("back", "backspace", "back to where it was followed from", action="back"),
            Key("why", "w", "why slots of this bundle are free", "why {cycle}", short="why"),
            Key(
                "change",
                "d",
                "the next word that changed",
                action="change(1)",
                short="changed",
                twin="change-back",
            ),
            Key("change-back", "D", "the previous word that changed", action="change(-1)"),
            Key("copy-value", "y", "copy the words under the cursor", action="copy('value')"),
            Key("copy-line", "Y", "copy the line", action="copy('line')"),
            Key("copy-place", "ctrl+y", "copy how the words are called", action="copy('place')"),
            Key(
                "rows",
                "m",
                "other rows: all, touched, live; the tree by level",
                action="grid.rows",
                short="rows",
            ),
            Key("radix", "x", "hexadecimal, decimal, signed", action="radix", short="hex"),
        ),
    ),
    Group(
        "Questions",
        (
            Key("origin", "a", "who wrote the words, and from what", "who {place}"),
            Key("uses", "u", "who reads the words next", "uses {place}"),
            Key("writes", "v", "all writes to the words", "writes {place}"),
            Key("stats", "i", "how the engines are used", "stats"),
            Key("floor", "I", "the least cycles for the same operations", "floor"),
            Key("critical", "K", "the chain of waits up to the last output", "critical"),
            Key("live", "P", "which words hold a value, and when", "live"),
            Key("lint", "L", "what looks wrong or wasteful", "lint"),
            Key("diverge", "V", "where the program goes wrong, and a repair", "diverge"),
            Key(
                "repair",
                "exclamation_mark",
                "try the repair in a copy",
                action="repair",
                short="try repair",
            ),
            Key("diff", "equals_sign", "what differs from the program before", "diff -"),
        ),
    ),
    Group(
        "Panes",
        (
            Key("next-pane", "tab", "the next pane", action="grid.turn(1)"),
            Key("previous-pane", "shift+tab", "the previous pane", action="grid.turn(-1)"),
            Key(
                "pane", "p", "the pane whose number follows: p3", action="await_pane", short="pane"
            ),
            Key("grow", "plus", "the pane alone, or all again", action="grid.grow"),
            Key("shrink", "underscore", "all panes again", action="grid.shrink"),
            Key("hide", "minus", "hide the pane; its number shows it again", action="grid.hide"),
            Key("wider", "greater_than_sign", "wider", action="grid.size('width', 1)"),
            Key("narrower", "less_than_sign", "narrower", action="grid.size('width', -1)"),
            Key("taller", "right_parenthesis", "taller", action="grid.size('height', 1)"),
            Key("lower", "left_parenthesis", "less tall", action="grid.size('height', -1)"),
            Key("up", "up,k", "up", action="grid.move(-1, 0)"),
            Key("down", "down,j", "down", action="grid.move(1, 0)"),
            Key("left", "left,h", "left", action="grid.move(0, -1)"),
            Key("right", "right,l", "right", action="grid.move(0, 1)"),
            Key("page-up", "pageup,ctrl+b", "a page up", action="grid.page(-1)"),
            Key("page-down", "pagedown,ctrl+f", "a page down", action="grid.page(1)"),
            Key("top", "home", "the first line", action="grid.ends(0)"),
            Key("bottom", "end", "the last line", action="grid.ends(1)"),
            Key("here", "full_stop", "the bundle that is next", action="grid.here"),
            Key("last", "comma", "the bundle executed last", action="grid.last"),
        ),
    ),
    Group(
        "Commands",
        (
            Key("command", "colon", "a command line", action="command", short="command"),
            Key("search", "slash", "search this pane", action="search"),
            Key("search-next", "n", "the next place found", action="find(1)"),
            Key("search-previous", "N", "the previous place found", action="find(-1)"),
            Key(
                "cancel", "escape", "interrupt; forget a count", action="cancel", short="interrupt"
            ),
            Key("help", "question_mark", "these keys", action="keys", short="keys"),
            Key("palette", "ctrl+p", "all commands and keys", action="palette"),
            Key("quit", "q", "quit, whatever runs", action="leave", short="quit"),
        ),
    ),
)
KEYS = tuple(key for group in GROUPS for key in group.keys)
_SHOWN = {
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "plus": "+",
    "minus": "-",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "right_parenthesis": ")",
    "left_parenthesis": "(",
    "exclamation_mark": "!",
    "equals_sign": "=",
    "underscore": "_",
    "colon": ":",
    "slash": "/",
    "question_mark": "?",
    "full_stop": ".",
    "comma": ",",
    "space": "Space",
    "enter": "Enter",
    "backspace": "⌫",
    "escape": "Esc",
    "tab": "Tab",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "delete": "Del",
    "end": "End",
}
_MODIFIERS = {"ctrl+": "Ctrl+", "shift+": "Shift+"}


def shown_key(key: str) -> str:
    """A key as people write it: `Ctrl+C`, `?`, `↑`, `F5`."""
    for modifier, shown in _MODIFIERS.items():
        if key.startswith(modifier):
            return shown + shown_key(key.removeprefix(modifier)).upper()
    if key in _SHOWN:
        return _SHOWN[key]
    return key.upper() if len(key) > 1 else key


def remapped(groups: Iterable[Group], keymap: Mapping[str, str]) -> Iterator[Group]:
    """The groups with a user's keys, by id, in place of ours."""
    for group in groups:
        keys = (replace(key, keys=keymap.get(key.id, key.keys)) for key in group.keys)
        yield Group(group.title, tuple(keys))


def available(groups: Iterable[Group], knows: Callable[[str], bool]) -> Iterator[Group]:
    """The keys whose command the debugger has; `knows` is asked for the first word of a line."""
    for group in groups:
        keys = (key for key in group.keys if not key.line or _known(key.line, knows))
        if kept := tuple(keys):
            yield Group(group.title, kept)


def _known(line: str, knows: Callable[[str], bool]) -> bool:
    # `+1` and `-10` are how a goto by cycles is written; they are no names of commands.
    return line[0] in "+-" or knows(line.split()[0])
