"""The commands as methods. `methods.pyi` has their types, and is written by `vliwdbg.api.stub`."""

from vliwdbg.api.names import methods


class CommandMethods:
    """Has a method for each command, which asks `_ask` its line."""


def _method(name, command):
    def method(self, *words):
        return self._ask(" ".join((command.name, *map(str, words))))

    method.__name__ = name
    method.__qualname__ = f"{CommandMethods.__name__}.{name}"
    method.__doc__ = f"`{command.usage}`: {command.help}. {command.more}".rstrip()
    return method


for _name, _command in methods():
    setattr(CommandMethods, _name, _method(_name, _command))
