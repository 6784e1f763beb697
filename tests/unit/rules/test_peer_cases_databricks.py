"""Rules over Databricks workspaces agree with labelled rows."""

from __future__ import annotations

from tests.unit.rules.labelled_rows import Row, agrees, never_raises, recorded, resource


def _rows(found: dict[str, Row]) -> list[Row]:
    (one,) = found.values()
    network = {"value": one.get("custom_managed_vnet_id", "")}
    return [resource("Microsoft.Databricks/workspaces", {"parameters": {"customVirtualNetworkId": network}})]


def test_agreement() -> None:
    check = "databricks_workspace_vnet_injection_enabled"
    agrees(check, "databricks.vnet_injection", "workspaces", _rows, {})


def test_recorded_resources() -> None:
    rows = recorded(["microsoft.databricks/", "microsoft.network/virtualnetworks"])
    never_raises("databricks", rows)
