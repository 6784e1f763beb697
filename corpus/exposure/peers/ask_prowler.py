"""Asks Prowler's own SSH and RDP checks. Runs in Prowler's environment: JSON on stdin, JSON on stdout.

The NSGs go through the Azure SDK's model and through the code of Prowler's own collector
(`Network._get_security_groups`), so that a check sees exactly the fields that Prowler keeps. Only the Azure
client and the provider behind them are stand-ins.
"""

import importlib
import json
import sys
import types
from importlib.metadata import version
from typing import Any

from azure.mgmt.network import models
from prowler.providers.azure.services.network.network_service import Network

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
PACKAGE = "prowler.providers.azure.services.network"
CHECKS = {
    22: "network_ssh_internet_access_restricted",
    3389: "network_rdp_internet_access_restricted",
}


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


def stand_in() -> Any:
    """The module that checks take their NSGs from."""
    module: Any = types.ModuleType(f"{PACKAGE}.network_client")
    module.network_client = types.SimpleNamespace(
        security_groups={}, subscriptions={SUBSCRIPTION: "corpus"}, audited_tenant="corpus"
    )
    sys.modules[module.__name__] = module
    return module.network_client


def main() -> None:
    """Answer every question, one at a time: a check that fails on one NSG must not take others along."""
    questions = json.load(sys.stdin)
    client = stand_in()
    checks = {
        port: getattr(importlib.import_module(f"{PACKAGE}.{name}.{name}"), name)()
        for port, name in CHECKS.items()
    }
    answers: dict[str, bool] = {}
    failures: dict[str, str] = {}
    for question in questions:
        try:
            groups = collected([question["group"]])
            if not groups:
                raise LookupError("its collector kept nothing of the NSG")
            client.security_groups = {SUBSCRIPTION: groups}
            [report] = checks[question["port"]].execute()
            answers[question["id"]] = report.status == "FAIL"
        except Exception as error:  # whatever the tool raises is its answer
            failures[question["id"]] = f"{type(error).__name__}: {error}"
    result = {"variant": "own checks", "answers": answers, "failures": failures}
    json.dump({"version": version("prowler"), "results": [result]}, sys.stdout)


if __name__ == "__main__":
    main()
