"""The panes, the status line and the command line. Each draws itself line by line."""
