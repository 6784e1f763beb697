"""Scanners: one file per kind of look at an estate. They do I/O only through ports."""
