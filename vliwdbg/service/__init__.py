"""The debugger as a service: commands in, events out. Every face is an adapter of it."""

from vliwdbg.service.debugger import Debugger
from vliwdbg.service.events import Event, Progress

__all__ = ["Debugger", "Event", "Progress"]
