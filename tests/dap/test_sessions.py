"""Conversations with the adapter; what it answers is what the commands say.

Each message of either side is held against the declarations of the protocol.
"""

import base64
import json
from pathlib import Path

import pytest

from tests.cli.command import FAULT, unchecked
from tests.dap.client import Client
from tests.dap.conftest import LOOP, program_file
from vliwdbg import __version__
from vliwdbg.dap.requests import REQUESTS

LISTING = {"sourceReference": 1}


@pytest.fixture
def at_entry(client: Client, loop: str) -> Client:
    client.initialize(supportsInvalidatedEvent=True, supportsMemoryEvent=True)
    assert client.launch(loop, stopOnEntry=True)["reason"] == "entry"
    return client


def lines_hit(client: Client, command: str) -> list[int]:
    """The lines of the stops of a move, until it does not come further."""
    found = []
    while (stopped := client.move(command))["reason"] not in ("end", "step"):
        found.append(client.pc() + 1)
        assert stopped["allThreadsStopped"]
    return found


# beginning and end


def test_capabilities_are_what_there_are_requests_for(client: Client) -> None:
    able = client.initialize()
    for name in able:
        if name.startswith("supports") and name.endswith("Request"):
            command = name.removeprefix("supports").removesuffix("Request")
            assert command[0].lower() + command[1:] in REQUESTS
    assert {one["filter"] for one in able["exceptionBreakpointFilters"]} == {"pauses", "debug"}


def test_nothing_is_done_before_its_time(client: Client, loop: str) -> None:
    assert client.refused("launch", program=loop) == "initialize comes first"
    client.initialize()
    assert "launch one" in client.refused("continue", threadId=1)
    assert "no such file" in client.refused("launch", program="nowhere.json")
    assert "no request" in client.refused("attach")
    client.launch(loop, stopOnEntry=True)
    assert "restart takes another" in client.refused("launch", program=loop)
    client.ask("terminate")
    client.wait_for("terminated")
    assert "launch one" in client.refused("continue", threadId=1)
    client.ask("disconnect")
    assert client.receive() is None


def test_a_program_runs_to_its_first_stop(client: Client, loop: str) -> None:
    client.initialize()
    stopped = client.launch(loop, breakpoints=["pc 3 if n == 2"], commands=["print 6 * 7"])
    assert (stopped["reason"], stopped["hitBreakpointIds"]) == ("breakpoint", [1])
    assert client.evaluate("$cycle") == "6"
    assert "$1 = 42" in client.output


def test_a_program_stands_where_the_commands_have_led(client: Client, loop: str) -> None:
    client.initialize()
    client.launch(loop, commands=["goto 5"])
    assert client.evaluate("$cycle") == "5"


def test_what_is_wrong_with_a_program_is_told(client: Client, tmp_path: Path) -> None:
    client.initialize()
    wrong = program_file(tmp_path, [{"alu": [["+", 0, 0]]}])
    assert "bundles[0].alu[0]" in client.refused("launch", program=wrong)
    loop = program_file(tmp_path, LOOP)
    assert "break nobody" in client.refused("launch", program=loop, breakpoints=["nobody"])
    client.launch("loop.json", cwd=str(tmp_path), stopOnEntry=True)


def test_without_debugging_it_is_judged(client: Client) -> None:
    client.initialize()
    sizes = {"forestHeight": 1, "rounds": 1, "batchSize": 8}
    client.ask("launch", program="default", sizes=sizes, noDebug=True, breakpoints=["pc 0"])
    client.ask("configurationDone")
    assert client.wait_for("exited") == {"exitCode": 0}
    client.wait_for("terminated")
    assert "correct" in client.output.lower()


def test_a_python_file_says_what_it_prints(client: Client, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "class KernelBuilder:\n"
        "    def build_kernel(self, *sizes):\n"
        "        print('built')\n"
        "        self.instrs = [{'alu': [('+', 0, 0, 0)]}]\n"
    )
    client.initialize()
    client.launch(str(tmp_path / "mine.py"), stopOnEntry=True)
    assert "built\n" in client.output


def test_restart_reads_the_file_again(client: Client, tmp_path: Path, loop: str) -> None:
    client.initialize()
    spots = [{"line": 4, "hitCondition": "2"}, {"line": 8}]
    client.launch(
        loop, configure=lambda: client.ask("setBreakpoints", source=LISTING, breakpoints=spots)
    )
    assert client.evaluate("$cycle") == "6"
    client.ask("restart")
    client.wait_for("stopped")
    assert client.evaluate("$cycle") == "6"
    program_file(tmp_path, {**LOOP, "bundles": LOOP["bundles"][:7], "tags": []})
    client.ask("restart")
    changes = [client.wait_for("breakpoint") for _ in range(2)]
    assert [change["reason"] for change in changes] == ["changed"] * 2
    assert [change["breakpoint"]["verified"] for change in changes] == [True, False]
    assert client.wait_for("loadedSource")["source"]["sourceReference"] > 1
    assert "is 2, not 1" in client.refused("source", sourceReference=1)
    (tmp_path / "loop.json").write_text("[")
    assert "loop.json" in client.refused("restart")
    client.wait_for("stopped")
    assert client.move("stepBack")["reason"] == "step"  # of the program that was


# moves


def test_steps_go_both_ways(at_entry: Client) -> None:
    pcs = []
    for command in ("next", "stepIn", "next", "next", "stepBack", "next", "stepOut"):
        assert at_entry.move(command)["reason"] in ("step", "pause")
        pcs.append(at_entry.pc())
    assert pcs == [1, 2, 3, 4, 3, 4, 2]


def test_all_the_way_and_back(at_entry: Client) -> None:
    at_entry.ask("setBreakpoints", source=LISTING, breakpoints=[{"line": 3}])
    assert lines_hit(at_entry, "continue")[:3] == [3, 3, 3]
    frame = at_entry.ask("stackTrace", threadId=1)["stackFrames"][0]
    assert (frame["line"], "the end" in frame["name"]) == (9, True)
    assert "has ended" in at_entry.refused("continue", threadId=1)
    at_entry.ask("setExceptionBreakpoints", filters=[])
    assert lines_hit(at_entry, "reverseContinue") == [3, 3, 3]
    assert at_entry.pc() == 0
    assert "No more" in at_entry.refused("stepBack", threadId=1)


def test_pauses_stop_if_they_are_to(at_entry: Client) -> None:
    stopped = at_entry.move("continue")
    assert (stopped["reason"], stopped["description"]) == ("pause", "pause at cycle 12")
    at_entry.ask("setExceptionBreakpoints", filters=["debug"])
    at_entry.ask("restart")
    assert at_entry.wait_for("stopped")["reason"] == "entry"
    assert at_entry.move("continue")["reason"] == "end"


def test_goto_goes_on_elsewhere(at_entry: Client) -> None:
    (target,) = at_entry.ask("gotoTargets", source=LISTING, line=7)["targets"]
    assert at_entry.ask("gotoTargets", source=LISTING, line=70)["targets"] == []
    at_entry.ask("goto", threadId=1, targetId=target["id"])
    assert at_entry.wait_for("stopped")["reason"] == "goto"
    assert (at_entry.pc(), at_entry.evaluate("$cycle")) == (6, "0")


def test_pause_at_rest_tells_where_it_rests(at_entry: Client) -> None:
    assert at_entry.move("pause")["reason"] == "pause"
    assert "one thread" in at_entry.refused("next", threadId=2)


def test_a_fault_is_an_exception(client: Client, tmp_path: Path) -> None:
    client.initialize()
    stopped = client.launch(program_file(tmp_path, unchecked(FAULT)))
    assert stopped["reason"] == "exception"
    assert "division by zero" in stopped["text"]
    info = client.ask("exceptionInfo", threadId=1)
    assert info["exceptionId"] == "division by zero"
    assert "at cycle 2, pc 2" in info["description"]
    client.move("stepBack")
    assert "no fault" in client.refused("exceptionInfo", threadId=1)


# breakpoints


def test_each_kind_of_breakpoint_stops(at_entry: Client) -> None:
    def set_(kind: str, **arguments: object) -> list[dict[str, object]]:
        return list(at_entry.ask(f"set{kind}Breakpoints", **arguments)["breakpoints"])

    far, logged = (
        {"line": 99},
        {"line": 3, "logMessage": 'n is {n}, "100%"\\', "condition": "n < 3"},
    )
    source = set_("", source=LISTING, breakpoints=[{"line": 4, "condition": "n == 1"}, far, logged])
    assert [one["verified"] for one in source] == [True, False, True]
    assert "no bundle at pc 98" in str(source[1]["message"])
    tags = set_("Function", breakpoints=[{"name": "its end"}, {"name": "engine valu"}])
    assert [(one["verified"], one.get("line")) for one in tags] == [(True, 4), (True, None)]
    (at,) = set_("Instruction", breakpoints=[{"instructionReference": "0x4", "offset": 1}])
    assert (at["verified"], at["line"]) == (True, 6)
    info = at_entry.ask("dataBreakpointInfo", name="mem[2]")
    (data,) = set_("Data", breakpoints=[{"dataId": info["dataId"], "accessType": "readWrite"}])
    assert data["verified"]

    stops = [at_entry.move("continue") for _ in range(3)]
    assert [stop["reason"] for stop in stops] == [
        "function breakpoint",
        "data breakpoint",
        "function breakpoint",
    ]
    assert "mem[2]: 9 → 3" in stops[1]["text"]
    assert 'n is 2, "100%"\\\n' in at_entry.output
    assert "n is 3" not in at_entry.output
    set_("Function", breakpoints=[])
    set_("Data", breakpoints=[])
    assert at_entry.move("continue")["reason"] == "breakpoint"
    assert at_entry.evaluate("n") == "1"
    assert at_entry.move("continue")["reason"] == "instruction breakpoint"


def test_a_log_point_tells_lanes(at_entry: Client) -> None:
    at_entry.do("set v = 3")
    spot = {"line": 2, "logMessage": "{v[2:4]} and {'v 2'}, {n}"}
    told = at_entry.ask("setBreakpoints", source=LISTING, breakpoints=[spot])["breakpoints"]
    assert told[0]["verified"]
    at_entry.move("next")
    at_entry.move("next")
    assert "{3, 3} and {0, 0, 0, 0, 0, 0, 0, 0}, 3\n" in at_entry.output


@pytest.mark.parametrize(("times", "n"), [("1", 3), ("2", 2), (">= 3", 1), ("> 1", 2)])
def test_hits_are_counted(at_entry: Client, times: str, n: int) -> None:
    spot = {"line": 4, "hitCondition": times}
    for _ in range(2):  # what is the same is not set anew
        at_entry.ask("setBreakpoints", source=LISTING, breakpoints=[spot])
    at_entry.move("continue")
    assert at_entry.evaluate("n") == str(n)


@pytest.mark.parametrize(
    "spot",
    [
        {"line": 4, "hitCondition": "often"},
        {"line": 4, "condition": "nobody == 1"},
        {"line": 4, "condition": "n =="},
        {"line": 4, "logMessage": "{v + 1}"},
        {"line": 4, "logMessage": "{s[0]@100}"},
        {"line": 4, "logMessage": "{}"},
        {"line": 0},
        {"line": -1},
    ],
    ids=str,
)
def test_what_cannot_be_set_says_why_and_is_not(at_entry: Client, spot: dict[str, object]) -> None:
    told = at_entry.ask("setBreakpoints", source=LISTING, breakpoints=[spot])["breakpoints"]
    assert not told[0]["verified"]
    assert told[0]["message"]
    assert at_entry.do("info breakpoints").startswith("No breakpoints")


def test_breakpoints_are_of_the_listing(at_entry: Client) -> None:
    elsewhere = {"path": "/home/kernel.py", "name": "kernel.py"}
    (one,) = at_entry.ask("setBreakpoints", source=elsewhere, breakpoints=[{"line": 4}])[
        "breakpoints"
    ]
    assert not one["verified"]
    assert "listing" in one["message"]
    by_name = {"path": "dap-src:/3/loop.listing"}
    (one,) = at_entry.ask("setBreakpoints", source=by_name, breakpoints=[{"line": 4}])[
        "breakpoints"
    ]
    assert one["verified"]
    found = at_entry.ask("breakpointLocations", source=LISTING, line=2, endLine=4)["breakpoints"]
    assert [one["line"] for one in found] == [2, 3, 4]


def test_breakpoints_of_commands_are_told_and_may_become_the_clients(at_entry: Client) -> None:
    at_entry.do("break pc 3")
    new = at_entry.wait_for("breakpoint")
    assert (new["reason"], new["breakpoint"]["line"]) == ("new", 4)
    (same,) = at_entry.ask("setBreakpoints", source=LISTING, breakpoints=[{"line": 4}])[
        "breakpoints"
    ]
    assert same["id"] == new["breakpoint"]["id"]
    at_entry.do("delete 1")
    assert at_entry.wait_for("breakpoint")["reason"] == "removed"
    (other,) = at_entry.ask("setBreakpoints", source=LISTING, breakpoints=[{"line": 4}])[
        "breakpoints"
    ]
    assert other["verified"]


def test_what_may_be_watched(at_entry: Client) -> None:
    def watched(**arguments: object) -> object:
        return at_entry.ask("dataBreakpointInfo", **arguments)["dataId"]

    assert watched(name="v[2:4]") == "v[2:4]"
    assert watched(name="n + 1") is None
    assert watched(name="nobody") is None
    assert watched(name="0x4", asAddress=True, bytes=8) == "mem[1:3]"
    assert watched(name="0x400", asAddress=True) is None
    scopes = {one["name"]: one["variablesReference"] for one in scopes_of(at_entry)}
    assert watched(name="acc", variablesReference=scopes["named scratch"]) == "acc"
    assert watched(name="[9]", variablesReference=scopes["scratch"]) == "v[1]"
    assert watched(name="$pc", variablesReference=scopes["core"]) is None


# what is seen


def scopes_of(client: Client) -> list[dict[str, object]]:
    return list(client.ask("scopes", frameId=1)["scopes"])


def variables(client: Client, reference: object, **more: object) -> dict[str, dict[str, object]]:
    found = client.ask("variables", variablesReference=reference, **more)["variables"]
    return {one["name"]: one for one in found}


def test_the_stack_is_the_bundle_and_the_tags_around_it(at_entry: Client) -> None:
    at_entry.do("goto 3")
    trace = at_entry.ask("stackTrace", threadId=1)
    frames = [(frame["name"], frame["line"]) for frame in trace["stackFrames"]]
    assert frames == [("pc 3  alu (1) | store (1)", 4), ("its end", 4), ("round", 3)]
    page = at_entry.ask("stackTrace", threadId=1, startFrame=1, levels=1)
    assert [frame["name"] for frame in page["stackFrames"]] == ["its end"]
    assert page["totalFrames"] == 3
    assert at_entry.ask("threads")["threads"] == [{"id": 1, "name": "core"}]


def test_lines_are_counted_as_the_client_counts(client: Client, loop: str) -> None:
    client.initialize(linesStartAt1=False, columnsStartAt1=False)
    client.launch(loop, stopOnEntry=True)
    frame = client.ask("stackTrace", threadId=1)["stackFrames"][0]
    assert (frame["line"], frame["column"]) == (0, 0)
    client.ask("setBreakpoints", source=LISTING, breakpoints=[{"line": 3}])
    client.move("continue")
    assert client.pc() == 3
    assert client.ask("completions", text="pri", column=3)["targets"][0]["start"] == 0


def test_scopes_are_engines_core_and_words(at_entry: Client) -> None:
    at_entry.do("goto 3")
    scopes = {str(one["name"]): one["variablesReference"] for one in scopes_of(at_entry)}
    assert list(scopes) == ["alu (1)", "store (1)", "core", "named scratch", "scratch", "memory"]
    (slot,) = variables(at_entry, scopes["alu (1)"]).values()
    assert slot["value"] == "n = n - one"
    operands = variables(at_entry, slot["variablesReference"])
    assert {name: one["value"] for name, one in operands.items()} == {
        "a n": "3", "b one": "1", "n before": "3", "n after": "2",
    }  # fmt: skip
    assert variables(at_entry, scopes["core"])["$pc"]["value"] == "3"
    named = variables(at_entry, scopes["named scratch"])
    assert named["acc"]["value"] == "3"
    lanes = variables(at_entry, named["v"]["variablesReference"])
    assert list(lanes) == [f"[{lane}]" for lane in range(8)]
    assert lanes["[3]"]["evaluateName"] == "v[3]"
    memory = variables(at_entry, scopes["memory"])["memory"]
    assert variables(at_entry, memory["variablesReference"], format={"hex": True})["[3]"][
        "value"
    ] == "0xa"  # fmt: skip
    of_the_tag = at_entry.ask("scopes", frameId=2)["scopes"]
    assert of_the_tag[0]["name"] == "core"


def test_many_words_come_in_pages(at_entry: Client) -> None:
    scratch = next(one for one in scopes_of(at_entry) if one["name"] == "scratch")
    reference = scratch["variablesReference"]
    assert scratch["indexedVariables"] == 1536
    page = variables(at_entry, reference, start=8, count=3, filter="indexed")
    assert list(page) == ["[8]", "[9]", "[10]"]
    assert variables(at_entry, reference, filter="named") == {}
    groups = variables(at_entry, reference)
    assert list(groups) == ["[0:500]", "[500:1000]", "[1000:1500]", "[1500:1536]"]
    last = variables(at_entry, groups["[1500:1536]"]["variablesReference"])
    assert list(last)[-1] == "[1535]"
    assert last["[1535]"]["evaluateName"] == "s[1535]"
    at_entry.move("next")
    assert "since the last move" in at_entry.refused("variables", variablesReference=reference)


def test_expressions_have_values(at_entry: Client) -> None:
    assert at_entry.evaluate("mem[1] * 2 + 1") == "17"
    whole = at_entry.ask("evaluate", expression="v", context="hover")
    assert (whole["result"], whole["indexedVariables"]) == ("{0, 0, 0, 0, 0, 0, 0, 0}", 8)
    sums = at_entry.ask("evaluate", expression="v + 5", context="watch")
    assert variables(at_entry, sums["variablesReference"])["[7]"]["value"] == "5"
    assert at_entry.evaluate("s[0]@100") == "100 words"
    assert at_entry.evaluate("s[0]@100", "clipboard").count(",") == 99
    assert at_entry.ask("evaluate", expression="255", format={"hex": True})["result"] == "0xff"
    assert "no scratch is called nobody" in at_entry.refused("evaluate", expression="nobody")


def test_words_are_set(at_entry: Client) -> None:
    scopes = {one["name"]: one["variablesReference"] for one in scopes_of(at_entry)}
    named, core = scopes["named scratch"], scopes["core"]
    set_ = at_entry.ask("setVariable", variablesReference=named, name="n", value="6 * 7")
    assert set_["value"] == "42"
    at_entry.wait_for("invalidated")
    assert variables(at_entry, named)["n"]["value"] == "42"
    assert at_entry.ask("setExpression", expression="v", value="3")["value"].count("3") == 8
    at_entry.ask("setVariable", variablesReference=core, name="$pc", value="5")
    assert at_entry.pc() == 5
    for name, value in (("$cycle", "1"), ("n", "nobody"), ("nobody", "1"), ("v", "mem[0:3]")):
        within = core if name.startswith("$") else named
        assert at_entry.refused("setVariable", variablesReference=within, name=name, value=value)


def test_memory_is_bytes(at_entry: Client) -> None:
    read = at_entry.ask("readMemory", memoryReference="0x0", offset=2, count=4)
    assert base64.b64decode(read["data"]) == b"\0\0\x08\0"
    past = at_entry.ask("readMemory", memoryReference="0x8", count=100)
    assert (len(base64.b64decode(past["data"])), past["unreadableBytes"]) == (8, 92)
    assert at_entry.ask("readMemory", memoryReference="0x100", count=4)["unreadableBytes"] == 4
    assert at_entry.ask("readMemory", memoryReference="0x0", offset=-4, count=8)["unreadableBytes"]
    data = base64.b64encode(b"\x01\x02").decode()
    written = at_entry.ask("writeMemory", memoryReference="0x4", offset=1, data=data)
    assert written["bytesWritten"] == 2
    assert at_entry.wait_for("memory") == {"memoryReference": "0x5", "offset": 0, "count": 2}
    assert at_entry.evaluate("mem[1]") == str(0x020108)
    reference = at_entry.ask("evaluate", expression="v[1]")["memoryReference"]
    at_entry.ask("writeMemory", memoryReference=reference, data=data)
    assert at_entry.evaluate("v[1]") == str(0x0201)
    for wrong in ({"memoryReference": "x", "data": data}, {"memoryReference": "0x0", "data": "?"},
                  {"memoryReference": "0xf", "data": data}):  # fmt: skip
        assert at_entry.refused("writeMemory", **wrong)
    end = at_entry.ask("writeMemory", memoryReference="0xf", data=data, allowPartial=True)
    assert end["bytesWritten"] == 1


def test_the_listing_has_a_bundle_a_line(at_entry: Client) -> None:
    (source,) = at_entry.ask("loadedSources")["sources"]
    assert source["name"] == "loop.listing"
    content = at_entry.ask("source", source=source, sourceReference=0)["content"]
    lines = content.splitlines()
    assert len(lines) == len(LOOP["bundles"]) + 1
    assert lines[2] == "     2  alu acc = acc + n  ; round"
    assert lines[3] == "     3  alu n = n - one | store mem[p] = acc  ; its end"
    around = at_entry.ask(
        "disassemble", memoryReference="0x0", offset=7, instructionOffset=-8, instructionCount=10
    )["instructions"]
    assert [one["address"] for one in around] == ["-1", *map(hex, range(9))]
    assert around[3] == {
        "address": "0x2", "instruction": "alu acc = acc + n", "location": source, "line": 3,
    }  # fmt: skip
    assert [one.get("presentationHint") for one in around][-1] == "invalid"
    assert at_entry.refused("disassemble", memoryReference="0x0", instructionCount=10**6)


def test_names_do_not_break_lines(client: Client, tmp_path: Path) -> None:
    evil = {**LOOP, "name": "a\nb\x1b", "scratch_map": {"3": ["a\nb\u2028", 1]}}
    client.initialize()
    client.launch(program_file(tmp_path, evil), stopOnEntry=True)
    content = client.ask("source", sourceReference=1)["content"]
    assert len(content.splitlines()) == len(LOOP["bundles"]) + 1


# commands


def test_the_console_takes_commands(at_entry: Client) -> None:
    assert at_entry.do("print acc + 1") == "$1 = 1"
    assert "cycle 2" in at_entry.do("goto 2")
    at_entry.wait_for("continued")
    assert at_entry.wait_for("stopped")["reason"] == "step"
    assert at_entry.do("break pc 4\ncommands\nprint n\nend\n") != ""
    assert "$2 = 2" in at_entry.do("continue")
    at_entry.wait_for("stopped")
    at_entry.do("set n = 9")
    at_entry.wait_for("invalidated")
    assert "is no command" in at_entry.refused("evaluate", expression="42", context="repl")
    assert at_entry.do("") == ""
    assert __version__


def test_another_program_takes_the_place(at_entry: Client) -> None:
    at_entry.do("rebuild --kernel baseline --scheduler serial rounds=1 height=2 batch=2")
    assert at_entry.wait_for("loadedSource")["source"]["sourceReference"] == 2
    assert at_entry.wait_for("stopped")["reason"] == "entry"
    at_entry.ask("source", sourceReference=2)


def test_quit_has_an_exit_code(at_entry: Client) -> None:
    at_entry.do("quit 7")
    assert at_entry.wait_for("exited") == {"exitCode": 7}
    at_entry.wait_for("terminated")


def test_lines_are_completed(at_entry: Client) -> None:
    def completed(text: str, column: int | None = None) -> list[tuple[str, int, int]]:
        column = len(text) + 1 if column is None else column
        found = at_entry.ask("completions", text=text, column=column)["targets"]
        return [(one["label"], one["start"], one["length"]) for one in found]

    assert completed("rever") == [("reverse-step", 1, 5), ("reverse-next", 1, 5),
                                  ("reverse-continue", 1, 5), ("reverse-finish", 1, 5)]  # fmt: skip
    assert completed("print ac") == [("acc", 7, 2)]
    assert completed("print acXYZ", 9) == [("acc", 7, 2)]
    assert completed("😀", 3) == []
    assert completed("p 😀 ac", 8) == []
    assert completed("rever", -5)


def test_the_page_of_the_protocol_is_known() -> None:
    declared = json.loads((Path(__file__).with_name("protocol.json")).read_text())
    assert set(REQUESTS) <= set(declared["command"])
