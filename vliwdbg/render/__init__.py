"""Replies as text, for terminals and files."""
