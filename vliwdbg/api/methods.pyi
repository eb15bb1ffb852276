"""The commands as methods; written by `python -m vliwdbg.api.stub`."""

from vliwdbg.views.base import View
from vliwdbg.views.breakpoints import BreakpointChanged, BreakpointsChanged, Saved
from vliwdbg.views.bundle import Slots
from vliwdbg.views.data import Displays, Printed, Undisplayed
from vliwdbg.views.dataflow import Found, Uses, Who, Writes
from vliwdbg.views.diff import Diff
from vliwdbg.views.diverge import Diverge
from vliwdbg.views.explain import Explain
from vliwdbg.views.export import Exported
from vliwdbg.views.general import Commands, Nothing
from vliwdbg.views.listing import Listing
from vliwdbg.views.moves import Moved
from vliwdbg.views.program import Checked, CheckpointSet, Dumped, MarkSet, ProgramLoaded, Rebuilt
from vliwdbg.views.schedule import Critical, Floor, Slack, Stats, Why
from vliwdbg.views.storage import Live
from vliwdbg.views.whatif import WhatIf

class CommandMethods:
    def _ask(self, line: str) -> View: ...
    def step(self, *words: object) -> Moved:
        """`step [N]`: N bundles on."""
    def next(self, *words: object) -> Moved:
        """`next [N]`: the same: nothing is called."""
    def reverse_step(self, *words: object) -> Moved:
        """`reverse-step [N]`: N bundles back."""
    def reverse_next(self, *words: object) -> Moved:
        """`reverse-next [N]`: the same."""
    def continue_(self, *words: object) -> Moved:
        """`continue [N]`: to the next stop, or the Nth."""
    def reverse_continue(self, *words: object) -> Moved:
        """`reverse-continue [N]`: to the previous stop, or the Nth."""
    def until(self, *words: object) -> Moved:
        """`until LOC`: to where a bundle meets LOC."""
    def advance(self, *words: object) -> Moved:
        """`advance LOC`: to where a bundle meets LOC."""
    def finish(self, *words: object) -> Moved:
        """`finish`: out of the current tag, or to a pause, halt or the end."""
    def reverse_finish(self, *words: object) -> Moved:
        """`reverse-finish`: back out of the current tag."""
    def run(self, *words: object) -> Moved:
        """`run`: restart, and to the first stop."""
    def start(self, *words: object) -> Moved:
        """`start`: restart."""
    def goto(self, *words: object) -> Moved:
        """`goto N | +N | -N | 50% | end | 'MARK`: to a cycle or a mark, either way, past all stops
        but faults."""
    def mark(self, *words: object) -> MarkSet:
        """`mark NAME`: name this position, for goto 'NAME."""
    def checkpoint(self, *words: object) -> CheckpointSet:
        """`checkpoint`: number this position, for restart."""
    def restart(self, *words: object) -> Moved:
        """`restart N`: to a checkpoint."""
    def break_(self, *words: object) -> BreakpointChanged:
        """`break LOC [if EXPR]`: stop before a bundle there."""
    def tbreak(self, *words: object) -> BreakpointChanged:
        """`tbreak LOC [if EXPR]`: the same, once."""
    def watch(self, *words: object) -> BreakpointChanged:
        """`watch RANGE [if EXPR]`: stop after a bundle that changed a word; old and new are
        told."""
    def rwatch(self, *words: object) -> BreakpointChanged:
        """`rwatch RANGE [if EXPR]`: stop after a bundle that read a word."""
    def awatch(self, *words: object) -> BreakpointChanged:
        """`awatch RANGE [if EXPR]`: stop after a bundle that read or wrote a word."""
    def dprintf(self, *words: object) -> BreakpointChanged:
        """`dprintf LOC, "FORMAT", EXPR, …`: print there, and go on."""
    def condition(self, *words: object) -> BreakpointChanged:
        """`condition N [EXPR]`: give one a condition."""
    def ignore(self, *words: object) -> BreakpointChanged:
        """`ignore N K`: pass one over K times."""
    def delete(self, *words: object) -> BreakpointsChanged:
        """`delete [N…]`: delete some, or all."""
    def disable(self, *words: object) -> BreakpointsChanged:
        """`disable [N…]`: pass some over, or all."""
    def enable(self, *words: object) -> BreakpointsChanged:
        """`enable [N…]`: heed some again, or all."""
    def clear(self, *words: object) -> BreakpointsChanged:
        """`clear [LOC]`: delete what stops at LOC."""
    def save(self, *words: object) -> Saved:
        """`save breakpoints FILE`: write them as commands, for source."""
    def source(self, *words: object) -> Nothing:
        """`source FILE`: execute the commands in a file."""
    def print(self, *words: object) -> Printed:
        """`print[/FMT] EXPR`: compute and show."""
    def x(self, *words: object) -> View:
        """`x/NFU PLACE`: show N words, or bundles with /Ni."""
    def display(self, *words: object) -> Displays:
        """`display[/FMT] [EXPR]`: show after each move."""
    def undisplay(self, *words: object) -> Undisplayed:
        """`undisplay [N…]`: no longer."""
    def set(self, *words: object) -> View:
        """`set PLACE = EXPR | set pauses|debug on|off | set radix hex|decimal|signed`: overwrite
        words, which forks history; or change how moves stop, how words are written."""
    def info(self, *words: object) -> View:
        """`info scratch|memory|engines|history|schedulers|program|pc|breakpoints`: what is known of
        one subject."""
    def who(self, *words: object) -> Who:
        """`who PLACE [@CYCLE]`: who wrote these words, and from what."""
    def uses(self, *words: object) -> Uses:
        """`uses PLACE [@CYCLE]`: who reads these words until they are overwritten."""
    def writes(self, *words: object) -> Writes:
        """`writes RANGE`: all writes to these words."""
    def find(self, *words: object) -> Found:
        """`find EXPR [A..B]`: at which cycles an expression holds."""
    def why(self, *words: object) -> Why:
        """`why [CYCLE [ENGINE]]`: why slots are free, in a bundle or in total."""
    def slots(self, *words: object) -> Slots:
        """`slots [CYCLE]`: what each slot of a bundle reads and writes."""
    def stats(self, *words: object) -> Stats:
        """`stats`: how much of each engine is used, when and for what."""
    def floor(self, *words: object) -> Floor:
        """`floor`: the least cycles for the same operations."""
    def critical(self, *words: object) -> Critical:
        """`critical`: the chain of waits up to the last output, and what it waits for."""
    def slack(self, *words: object) -> Slack:
        """`slack`: how much later slots could be."""
    def whatif(self, *words: object) -> WhatIf:
        """`whatif [CHANGE…]`: the cycles with other limits, other words, or something for
        nothing."""
    def live(self, *words: object) -> Live:
        """`live`: which words hold a value, and when."""
    def diverge(self, *words: object) -> Diverge:
        """`diverge [GOOD]`: the first wrong output, the slot that makes it wrong, and a repair."""
    def explain(self, *words: object) -> Explain:
        """`explain`: which vector, round and stage slots work for, of a program that does not
        tell."""
    def diff(self, *words: object) -> Diff:
        """`diff [A] B`: what differs between two programs, whatever their order and registers."""
    def lint(self, *words: object) -> View:
        """`lint [RULE]`: what looks wrong or wasteful; or what a rule means."""
    def export(self, *words: object) -> Exported:
        """`export perfetto|csv|asm|html FILE`: the run as a file for other programs, or for
        people."""
    def list(self, *words: object) -> Listing:
        """`list [LOC[,N]]`: bundles around the cursor or from LOC, with operand values."""
    def disassemble(self, *words: object) -> Listing:
        """`disassemble [LOC[,N]]`: the same."""
    def file(self, *words: object) -> ProgramLoaded:
        """`file PROGRAM`: debug another program; file - after a rebuild."""
    def reload(self, *words: object) -> ProgramLoaded:
        """`reload`: read the program again."""
    def check(self, *words: object) -> Checked:
        """`check`: hold memory against the reference kernel."""
    def rebuild(self, *words: object) -> Rebuilt:
        """`rebuild [--scheduler S] [--kernel K] [height= rounds= batch= seed=]`: build the bundled
        kernel and debug it, with the same breakpoints."""
    def dump(self, *words: object) -> Dumped:
        """`dump memory|scratch FILE [RANGE]`: write words as a JSON list."""
    def help(self, *words: object) -> View:
        """`help [COMMAND]`: what a command does."""
    def apropos(self, *words: object) -> Commands:
        """`apropos WORD`: the commands that are about it."""
