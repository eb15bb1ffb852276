"""For editors: the debugger by the Debug Adapter Protocol.

wire          messages on a stream of bytes: what comes in, whatever it is, and what goes out
arguments     the arguments of a request, read as the types that its handler is annotated with
conversation  one client: its requests in order, responses and events; knows nothing of debugging
server        conversations on standard input and output, or on a port of this machine
requests      the table of requests: those of launching, running, stops, code and words
adapter       a debugger's events as the protocol's, and what is between two requests

`initialize` is answered before any of the debugger is loaded.
"""
