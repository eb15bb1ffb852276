"""What can be shown of a program and its run, as plain data: no colours, no widths, no terminal."""
