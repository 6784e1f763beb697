"""What the demo prints fits a terminal of 80 columns, and reasons can be read."""

from __future__ import annotations

import io

from rich.console import Console

from devhost.demo.tables import MAX_WIDTH, coverage_table

WHY = "https://kv-proddata.vault.azure.net/keys: 403 Forbidden (ForbiddenByFirewall): Vault: kv-proddata"


def test_reasons_of_what_was_not_read_stand_below_the_table() -> None:
    kind = "microsoft.keyvault/vaults/keys"
    counts = {"subscription_id": "e17f4f74-0d91-4313-9716-0a2edcceefb7", "asked": 6, "read": 5, "failed": 1}
    coverage = {
        "complete": False,
        "resource_types": [
            {"type": "microsoft.compute/disks", "status": "read", "reason": None, **counts},
            {"type": kind, "status": "partial", "reason": WHY, **counts},
        ],
        "scanners": [],
    }
    out = io.StringIO()
    coverage_table(Console(file=out, width=MAX_WIDTH), coverage)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= MAX_WIDTH
    rows = [" ".join(line.split()) for line in lines]
    assert "e17f4f74 keys partial 6 5 1" in rows
    assert f"keys: {WHY}" in " ".join(rows)
