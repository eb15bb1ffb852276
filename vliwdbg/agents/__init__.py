"""For agents: questions and commands as tools of the Model Context Protocol.

folder      which files may be looked at
tools       what can be asked; knows nothing of the protocol
calls       a tool's name, parameters and answer as JSON and its schema
bounded     how an answer is cut
turns       one question after the other, each until its time is up
texts       what can be read: the machine's contract, the commands, the schema of program files
server      the protocol, by its official Python SDK (the extra `mcp`)
"""
