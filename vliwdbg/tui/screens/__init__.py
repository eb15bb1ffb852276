"""The screens: the debugger itself, and the keys as a page."""
