"""Views as HTML: drawn where something draws them, and nothing of a program's is markup."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

import vliwdbg
from machine import Program
from vliwdbg.export.fragments import html_of
from vliwdbg.views.base import View

TAGS = {
    "div", "style", "p", "table", "tr", "th", "td", "code", "span", "small", "svg", "path", "ul",
    "li", "pre",
}  # fmt: skip
EVIL = '<script>alert("1")</script>&amp;\'" onload=x'


class Reader(HTMLParser):
    """Elements, each of which is closed, and the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def session() -> vliwdbg.OpenSession:
    bundles: list[Any] = [
        {"load": [["const", 0, 6], ["const", 1, 7]], "debug": [["comment", EVIL]]},
        {"alu": [["*", 2, 0, 1]]},
        {"store": [["store", 0, 2]]},
    ]
    names = {0: (EVIL, 1), 2: (f"{EVIL} 2", 1)}
    program = Program.from_bundles(bundles, name=EVIL, scratch_map=names, notes=(EVIL,))
    return vliwdbg.open(program, memory=[0] * 16)


def views() -> list[View]:
    it = session()
    return [
        it.stats(),
        it.slots(1),
        it.who("s[2]", "@3"),
        it.uses("s[2]", "@2"),
        it.floor(),
        it.list(),
        it.info("program"),
        it.execute("step 2")[0],
        *it.execute("info scratch"),
    ]


@pytest.mark.parametrize("view", views(), ids=lambda view: view.kind)
def test_a_view_is_drawn_and_nothing_in_it_is_markup(view: View) -> None:
    drawn = view._repr_html_()
    assert drawn == html_of(view)
    read = Reader(drawn)
    assert read.open == []
    assert read.seen <= TAGS
    assert read.attributes <= {"class", "style", "viewbox", "preserveaspectratio", "d"}
    assert re.findall(r"https?:|url\(|@import", drawn) == []


def test_what_is_drawn() -> None:
    it = session()
    slots = Reader(str(it.slots(1)._repr_html_()))
    assert "<script>alert" in slots.text  # as text
    assert "Cycle 1, pc 1: 1 alu; free: 11 alu" in slots.text
    assert "0 → 42" in slots.text
    stats = str(it.stats()._repr_html_())
    assert stats.count("<svg") == 5
    assert "V0.9167H2" in stats  # one of twelve slots of alu, in cycle 1
    who = Reader(str(it.who("s[2]", "@3")._repr_html_()))
    assert "= 42 before cycle 3" in who.text
    assert "cycle 0 load[1]: s[1] = 7" in who.text


def test_a_diff() -> None:
    small = [{"load": [["const", 0, 6]]}, {"store": [["store", 0, 0]]}]
    longer = [small[0], {}, {"alu": [["+", 1, 0, 0]]}, small[1]]
    from vliwdbg.inspect import Questions

    a, b = (Questions(Program.from_bundles(one), [0] * 16) for one in (small, longer))
    told = Reader(str(a.diff(b, ("before", EVIL))._repr_html_()))
    assert EVIL in told.text
    assert "opcode+01" in told.text
    assert "script" not in told.seen
