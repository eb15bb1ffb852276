"""The debugger: a session over the machine, its commands, and the faces that drive it."""

__version__ = "0.1.0"
