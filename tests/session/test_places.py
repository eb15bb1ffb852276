"""Places and expressions: what they mean, and what is said where they mean nothing."""

import pytest

from machine import Machine, Program
from machine.disassembly import ScratchNames, format_slot, format_slots
from vliwdbg.session.errors import DebuggerError
from vliwdbg.session.locations import find_location
from vliwdbg.session.places import Expression, Place, Scope, find_place

NAMES = {
    12: ("tmp", 1),
    16: ("v_val", 8),
    40: ("tmp", 1),
    50: ("v node 3", 8),
    70: ("s", 1),
    71: ("it's", 1),
}


@pytest.fixture(name="scope")
def a_scope() -> Scope:
    bundles = [{"load": [["const", 12, 3]], "valu": [["*", 16, 20, 64]]}]
    program = Program.from_bundles(bundles, scratch_map=NAMES, memory=range(100, 120))
    machine = Machine(program)
    machine.run()
    machine.scratch[16:24] = range(8)
    scope = Scope(program, machine.core)
    scope.values = [42, (1, 2)]
    return scope


MEANT = {
    "s[12]": 3,
    "s[12:13]": (3,),
    "s[16:19]": (0, 1, 2),
    "s[16]@4": (0, 1, 2, 3),
    "tmp@12": 3,
    "v_val": tuple(range(8)),
    "v_val[3]": 3,
    "v_val[2:4]": (2, 3),
    "v_val[tmp@12]": 3,
    "'v node 3'[1]": 0,
    "'s'": 0,
    r"'it\'s'": 0,
    "mem[5]": 105,
    "mem[s[12]]": 103,
    "mem[s[12]:s[12] + 2]": (103, 104),
    "$cycle": 1,
    "$pc": 1,
    "$step": 1,
    "$1": 42,
    "$": (1, 2),
    "0x10 + 010": 26,
    "-1": 2**32 - 1,
    "~0 >> 28": 15,
    "1 << 31 << 1": 0,
    "1 << 40": 0,
    "2 + 3 * 4": 14,
    "(2 + 3) * 4": 20,
    "7 / 2 + 7 % 4 + 7 // 2": 9,
    "1 | 6 ^ 4 & 5": 3,
    "1 < 2 == 1": 1,
    "3 - 4 > 0": 1,
    "!5 + !0": 1,
    "v_val + 1": tuple(range(1, 9)),
    "v_val == 3": (0, 0, 0, 1, 0, 0, 0, 0),
    "-v_val[0:2]": (0, 2**32 - 1),
    "all(v_val < 8)": 1,
    "all(v_val == 3)": 0,
    "any(v_val == 3)": 1,
    "0 && 1 / 0": 0,
    "1 || 1 / 0": 1,
    "$cycle > 0 && any(v_val)": 1,
}


@pytest.mark.parametrize("text", MEANT)
def test_meaning(scope: Scope, text: str) -> None:
    assert Expression.parse(text).value(scope) == MEANT[text]


WRONG = {
    "tmp": ("tmp is at tmp@12, tmp@40; say which", 0),
    "tmp@13": ("say which", 0),
    "v_val[8]": ("v_val has 8 words, 0:8", 6),
    "v_val[4:4]": ("v_val has 8 words", 6),
    "1 + vval": ("did you mean v_val?", 4),
    "s[1535:1537]": ("scratch has 1536 words", 0),
    "s[3:3]": ("holds no words", 0),
    "mem[20]": ("memory has 20 words", 0),
    "1 / 0": ("division by zero", 4),
    "s[v_val]": ("one word is wanted here, this is 8", 2),
    "1 && v_val": ("one word is wanted here", 5),
    "v_val + s[0]@3": ("8 words and 3 words do not go together", 0),
    "$foo": ("no $foo is known", 0),
    "$9": ("it has 2", 0),
    "1 +": ("something is missing at the end", 3),
    "1 ) 2": ("')' is not understood here", 2),
    "12abc": ("'12abc' is not understood here", 0),
    "": ("something is missing", 0),
    "9" * 40: ("far too large", 0),
    "(" * 300 + "1" + ")" * 300 + " ! 2": ("is not understood here", 602),
    "!" * 300 + "1": ("nested more than 100 deep", 101),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_and_where(scope: Scope, text: str) -> None:
    message, column = WRONG[text]
    with pytest.raises(DebuggerError) as wrong:
        Expression.parse(text).value(scope)
    assert message in wrong.value.message
    assert wrong.value.column == column


def test_a_message_points_to_the_place(scope: Scope) -> None:
    with pytest.raises(DebuggerError) as wrong:
        Expression.parse("1 + vval").value(scope)
    assert str(wrong.value).splitlines()[1:] == ["    1 + vval", "        ^"]


LOCATIONS = {
    "120": "cycle 120",
    "cycle 0x10": "cycle 16",
    "pc 0": "pc 0",
    "*0": "pc 0",
    "v_val": "v_val (scratch 16:24)",
    "v_val[3]": "v_val[3] (scratch 19:20)",
    "scratch 64:72": "scratch 64:72",
    "scratch 64": "scratch 64:65",
    "scratch v_val": "v_val (scratch 16:24)",
    "engine valu": "engine valu",
    "valu:multiply_add": "valu:multiply_add",
    "alu:<<": "alu:<<",
    "mem 3:5": "mem[3:5]",
    "mem[s[12]]": "mem[3]",
}


@pytest.mark.parametrize("text", LOCATIONS)
def test_locations_say_what_was_understood(scope: Scope, text: str) -> None:
    assert find_location(text, scope).text(scope.names) == LOCATIONS[text]


@pytest.mark.parametrize("address", range(90))
@pytest.mark.parametrize("width", [1, 3, 8])
def test_texts_of_places_name_the_same_place_again(scope: Scope, address: int, width: int) -> None:
    text = scope.names.text(address, width)
    assert find_place(text, scope) == Place(False, address, address + width)


def test_slots_are_shown_with_names_where_their_roles_are_scratch() -> None:
    names = ScratchNames({8: ("v_val", 8), 16: ("t", 1)})
    bundles = [
        {"load": [["const", 16, 8], ["load_offset", 8, 8, 3]], "valu": [["^", 8, 8, 24]]},
        {"flow": [["cond_jump_rel", 16, -8]], "debug": [["comment", "here", 16]]},
        {"debug": [["compare", 9, [0, 8, "val"]]]},
    ]
    program = Program.from_bundles(bundles)
    assert [format_slot(slot, names) for bundle in program for slot in bundle] == [
        "t = 8",
        "v_val[0] = mem[v_val[0]] (+3)",
        "v_val = v_val ^ s[24]@8",
        "cond_jump_rel t, -8",
        "comment here 16",
        "compare v_val[1], (0, 8, 'val')",
    ]


def test_slots_side_by_side_that_do_the_same_are_shown_as_one() -> None:
    names = ScratchNames({8: ("v", 8), 16: ("w", 8), 24: ("t", 1)})

    def shown(*slots: list[object], engine: str = "alu") -> list[str]:
        program = Program.from_bundles([{engine: list(slots)}])
        return [text for _, text in format_slots(iter(program.bundle(0)), names)]

    lanes = [["+", 8 + i, 16 + i, 24] for i in range(8)]
    assert shown(*lanes) == ["8× v = w + t"]
    assert shown(*lanes[1:3], ["^", 11, 19, 24]) == ["2× v[1:3] = w[1:3] + t", "v[3] = w[3] ^ t"]
    assert shown(lanes[0], lanes[2]) == ["v[0] = w[0] + t", "v[2] = w[2] + t"]
    assert shown(["+", 8, 16, 24], ["+", 9, 17, 25]) == ["2× v[0:2] = w[0:2] + s[24]@2"]
    # Neither backwards, nor out of step, nor to one and the same word.
    assert len(shown(*lanes[1::-1])) == 2
    assert shown(*lanes[:2], ["+", 10, 18, 25]) == ["2× v[0:2] = w[0:2] + t", "v[2] = w[2] + s[25]"]
    assert len(shown(lanes[0], lanes[0])) == 2
    assert len(shown(["const", 8, 1], ["const", 9, 2], engine="load")) == 2
