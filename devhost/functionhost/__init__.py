"""Stands where Azure's Functions host stands: runs what ``function_app.py`` registers, on loopback."""
