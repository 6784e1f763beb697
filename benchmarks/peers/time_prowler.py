"""Times Prowler's four port checks. Runs in its environment: NSGs on stdin, figures on stdout, in JSON.

As in corpus/exposure/peers/ask_prowler.py, the NSGs go through the Azure SDK's model and Prowler's own
collector; only the checks are timed. All reports are kept, as Prowler keeps them.
"""

import gc
import importlib
import json
import os
import sys
import time
import types
from importlib.metadata import version
from pathlib import Path
from typing import Any

from azure.mgmt.network import models
from prowler.providers.azure.services.network.network_service import Network

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
PACKAGE = "prowler.providers.azure.services.network"
CHECKS = ("ssh", "rdp", "http", "udp")


def collected(groups: list[dict[str, Any]]) -> list[Any]:
    """The NSGs as Prowler's collector keeps them."""
    listed = [models.NetworkSecurityGroup.deserialize(group) for group in groups]
    client = types.SimpleNamespace(
        network_security_groups=types.SimpleNamespace(list_all=lambda: listed, list=lambda *_: listed)
    )
    collector = types.SimpleNamespace(
        clients={SUBSCRIPTION: client},
        list_with_rg_scope=lambda _subscription, list_all, _by_group: list_all(),
    )
    found: list[Any] = Network._get_security_groups(collector)[SUBSCRIPTION]
    return found


def resident_bytes() -> int:
    """The resident set of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Run the checks once over all NSGs."""
    groups = collected(json.load(sys.stdin))
    module: Any = types.ModuleType(f"{PACKAGE}.network_client")
    module.network_client = types.SimpleNamespace(
        security_groups={SUBSCRIPTION: groups}, subscriptions={SUBSCRIPTION: "bench"}, audited_tenant="bench"
    )
    sys.modules[module.__name__] = module
    names = [f"network_{check}_internet_access_restricted" for check in CHECKS]
    checks = [getattr(importlib.import_module(f"{PACKAGE}.{name}.{name}"), name)() for name in names]
    gc.collect()
    before, began = resident_bytes(), time.process_time()
    reports = [report for check in checks for report in check.execute()]
    seconds = time.process_time() - began
    figures = {
        "version": version("prowler"),
        "checks": len(checks),
        "groups": len(groups),
        "reports": len(reports),
        "seconds": seconds,
        "bytes_per_report": (resident_bytes() - before) / len(reports),
    }
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
