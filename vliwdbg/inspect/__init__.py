"""Questions about a program and its run: one graph, and one file for each question.

    replay        runs a program on a private machine, never the user's, and gives its flow
    flow          the def-use graph of the lanes of that run
    dependences   its slots in their order, and what each waits for
    questions     all questions about a program, in the words of a person

    from vliwdbg.inspect.replay import replay

    flow = replay(program, memory)
    who(flow, False, 64, 72, cycle=120)
    floor(Dependences(flow))

Each question is a function of these that returns a view (`vliwdbg.views`); none changes anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vliwdbg.inspect.dependences import Dependences
    from vliwdbg.inspect.explain import Explanation
    from vliwdbg.inspect.flow import Flow
    from vliwdbg.inspect.questions import Questions

__all__ = ["Dependences", "Explanation", "Flow", "Questions"]
_FILES = {name: name.lower() for name in __all__} | {"Explanation": "explain"}


def __getattr__(name: str) -> Any:
    # All of them together take as long to import as a small program to run.
    if name not in _FILES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_FILES[name]}"), name)
