"""Questions about a program and its run: one graph, and one file for each question.

    replay     runs a program on a private machine, never the user's, and gives its flow
    flow       the def-use graph of the lanes of that run

Each question is a function of these, which returns a view; none of them changes anything.
"""

from vliwdbg.inspect.flow import Flow
from vliwdbg.inspect.replay import replay

__all__ = ["Flow", "replay"]
