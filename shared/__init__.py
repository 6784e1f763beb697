"""The service: everything but its triggers. Layers and who may import whom: docs/architecture.md."""
