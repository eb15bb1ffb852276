"""Questions about a program and its run: one graph, and one file for each question.

    replay        runs a program on a private machine, never the user's, and gives its flow
    flow          the def-use graph of the lanes of that run
    dependences   its slots in their order, and what each waits for
    questions     all questions about a program, in the words of a person

    flow = replay(program, memory)
    who(flow, False, 64, 72, cycle=120)
    floor(Dependences(flow))

Each question is a function of these that returns a view (`vliwdbg.views`); none changes anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vliwdbg.inspect.access_log import uses, writes
    from vliwdbg.inspect.critical import critical, slack
    from vliwdbg.inspect.dependences import Dependences
    from vliwdbg.inspect.diff import diff
    from vliwdbg.inspect.diverge import diverge
    from vliwdbg.inspect.explain import Explanation
    from vliwdbg.inspect.find import find
    from vliwdbg.inspect.floor import floor
    from vliwdbg.inspect.flow import Flow
    from vliwdbg.inspect.lint import lint
    from vliwdbg.inspect.live import live
    from vliwdbg.inspect.questions import Questions
    from vliwdbg.inspect.replay import replay
    from vliwdbg.inspect.stats import stats
    from vliwdbg.inspect.whatif import whatif
    from vliwdbg.inspect.who import who
    from vliwdbg.inspect.why import why

_FILES = {
    "Dependences": "dependences",
    "Explanation": "explain",
    "Flow": "flow",
    "Questions": "questions",
    "slack": "critical",
    "uses": "access_log",
    "writes": "access_log",
}
"""Where a name comes from, if it is not the file that is called so."""


def __getattr__(name: str) -> Any:
    # All questions together take as long to import as a small program to run.
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_FILES.get(name, name)}"), name)


__all__ = [
    "Dependences",
    "Explanation",
    "Flow",
    "Questions",
    "critical",
    "diff",
    "diverge",
    "find",
    "floor",
    "lint",
    "live",
    "replay",
    "slack",
    "stats",
    "uses",
    "whatif",
    "who",
    "why",
    "writes",
]
