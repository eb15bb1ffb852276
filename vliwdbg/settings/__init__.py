"""What a user keeps between two sessions of the debugger: settings, and what was set in a program.

    schema      the rows of a table of settings, and a file read by it, key by key
    document    the file itself: TOML, statement by statement; how a value is set or taken out
    workspace   breakpoints, displays and marks of a program
    files       read within bounds, written whole, safe with two debuggers at once
    folders     where all of it is

Only the debugger in a terminal has a user: runs, scripts and analyses read none of this.
"""
