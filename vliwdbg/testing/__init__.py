"""For test files of kernels: a pytest plugin, off unless `--vliwdbg` is given.

option      what pytest always loads: the option alone
machines    which machines a test has made, ours or the public simulator's
kernels     what can be said of the program of one
plugin      what is told of tests that fail, and of those that pass
"""
