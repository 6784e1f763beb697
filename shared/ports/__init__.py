"""Protocols of everything that does I/O: an Azure adapter and an in-memory twin each, one contract suite."""
