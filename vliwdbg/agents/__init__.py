"""For agents: the questions as tools of the Model Context Protocol.

folder    which files may be looked at
bounded   answers as JSON of a bounded size, in pages
tools     what can be asked; knows nothing of the protocol
server    the protocol, by its official Python SDK (the extra `mcp`)
"""
