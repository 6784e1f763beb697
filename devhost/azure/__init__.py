"""A stand-in for Azure Resource Manager, Resource Graph and managed identity: an estate file on loopback.

Start it with ``python -m devhost.azure`` or, in a process, with :func:`devhost.azure.server.serve`.
"""
