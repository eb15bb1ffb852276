"""`tune`: the search for better parameters, and building with what it found."""

import signal
import time
from xml.etree.ElementTree import fromstring

from tests.cli.command import Command

SIZES = ("--forest-height", "3", "--rounds", "4", "--batch-size", "24")
SEARCH = ("tune", *SIZES, "--from-scratch", "--tries", "60", "--seed", "4")


def test_a_search_repeats_exactly_and_its_file_builds_what_it_says(vliwdbg: Command) -> None:
    first, second = (vliwdbg(*SEARCH, "-o", name, "--json") for name in ("a.json", "b.json"))
    told = first.json
    assert (told["schema"], told["ok"], told["tries"]) == ("vliwdbg.tune/1", True, 60)
    assert told["history"][-1][1] == told["cycles"] == second.json["cycles"]
    found = (vliwdbg.folder / "a.json").read_text()
    assert found == (vliwdbg.folder / "b.json").read_text()
    built = vliwdbg("run", *SIZES, "--set", "tuning=a.json", "--json").json
    assert (built["cycles"], built["correct"]) == (told["cycles"], True)


def test_a_search_goes_on_from_its_file_and_never_gets_worse(vliwdbg: Command) -> None:
    before = vliwdbg(*SEARCH, "-o", "a.json", "--json").json["cycles"]
    again = [word for word in SEARCH if word != "--from-scratch"]
    ended = vliwdbg(*again, "-o", "a.json", "--json")
    assert ended.code == 0
    assert ended.json["cycles"] <= before


def test_progress_is_narration(vliwdbg: Command) -> None:
    ended = vliwdbg(*SEARCH)
    assert ended.out.startswith("cycles   ")
    assert "tries" in ended.err


def test_an_interrupt_keeps_the_best(vliwdbg: Command) -> None:
    words = ["tune", *SIZES, "--from-scratch", "--time", "60", "-o", "a.json"]
    process = vliwdbg.start(*words)
    assert process.stderr is not None
    process.stderr.readline()  # the first gain: the search is under way
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    cycles = int(out.split()[1])
    built = vliwdbg("run", *SIZES, "--set", "tuning=a.json", "-q")
    assert (built.code, int(built.out)) == (0, cycles)


def test_an_interrupt_before_anything_is_found(vliwdbg: Command) -> None:
    process = vliwdbg.start("tune", "--time", "60", "--from-scratch", "-o", "a.json")
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"fits into scratch" not in err


def test_parameters_for_other_sizes_are_refused(vliwdbg: Command) -> None:
    vliwdbg(*SEARCH, "-o", "a.json")
    ended = vliwdbg("run", "--forest-height", "2", "--set", "tuning=a.json")
    assert (ended.code, ended.out) == (2, "")
    assert "other sizes" in ended.err
    spoilt = vliwdbg("build", "--set", f"tuning={vliwdbg.file('{}', 'spoilt.json')}")
    assert spoilt.code == 2
    assert "Traceback" not in spoilt.err


def test_designs_are_explored_and_the_log_is_drawn(vliwdbg: Command) -> None:
    designs = ("--design", "whole", "--design", "without remainders")
    ended = vliwdbg("tune", *SIZES, *designs, "--tries", "40", "--log", "log", "-o", "a.json")
    assert ended.code == 0
    assert "without remainders" in ended.out
    built = vliwdbg("run", *SIZES, "--set", "tuning=a.json", "-q")
    assert built.out.strip() == ended.out.split()[1]
    drawn = vliwdbg("tune", "--draw", "log", "--svg", "log.svg")
    assert drawn.out.startswith("a whole  ")
    svg = (vliwdbg.folder / "log.svg").read_text()
    assert fromstring(svg).tag.endswith("svg")
    assert vliwdbg("tune", "--draw", "log", "--json").json["designs"]["whole"]
    assert vliwdbg("tune", "--draw", "a.json").code == 2
    assert "--draw" in vliwdbg("tune", "--svg", "x.svg").err
    assert "folder does not exist" in vliwdbg("tune", *SIZES, "--log", "no/log").err
