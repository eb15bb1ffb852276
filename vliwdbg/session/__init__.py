"""The debugger without a terminal: a session, its time, its breakpoints, its places."""
