"""Kinds of Databricks workspaces.

A serverless workspace has no network, nodes or disks in the subscription of its owner. API versions before
`computeMode` know hybrid workspaces only:
https://github.com/Azure/azure-rest-api-specs/tree/main/specification/databricks
"""

from __future__ import annotations

from typing import Final

from shared.rules.expectations import is_none_of, is_one_of

_MODE: Final = "properties.computeMode"

is_hybrid: Final = is_none_of(_MODE, "Serverless", absent="Hybrid")
"""Its clusters run in a network of the subscription."""

is_serverless: Final = is_one_of(_MODE, "Serverless", absent="Hybrid")
"""It has no clusters of its own."""
