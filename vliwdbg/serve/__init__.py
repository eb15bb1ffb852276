"""The debugger in a browser: a web server that shows each visitor a debugger of their own.

gate      who may come in: host, origin, token
visit     a visitor's debugger: a process, which ends with the tab
server    pages and websockets (the extra `serve`: textual-serve)
visitor   what that process does
"""
