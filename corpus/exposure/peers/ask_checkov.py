"""Asks Checkov's CKV_AZURE_10 (SSH) and CKV_AZURE_9 (RDP). Runs in its environment: JSON on stdin and stdout.

Every NSG is written twice: as Terraform (an `azurerm_network_security_group` with its rules inside) and as an
ARM template (the resource as ARM returns it, without its ids). Runners are Checkov's own.
"""

import json
import logging
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from checkov.arm.runner import Runner as ArmRunner
from checkov.runner_filter import RunnerFilter
from checkov.terraform.runner import Runner as TerraformRunner

Group = dict[str, Any]

CHECKS = {22: "CKV_AZURE_10", 3389: "CKV_AZURE_9"}
FIELDS = {
    "protocol": "protocol",
    "access": "access",
    "direction": "direction",
    "priority": "priority",
    "sourcePortRange": "source_port_range",
    "sourcePortRanges": "source_port_ranges",
    "destinationPortRange": "destination_port_range",
    "destinationPortRanges": "destination_port_ranges",
    "sourceAddressPrefix": "source_address_prefix",
    "sourceAddressPrefixes": "source_address_prefixes",
    "destinationAddressPrefix": "destination_address_prefix",
    "destinationAddressPrefixes": "destination_address_prefixes",
}
GROUPS = {
    "sourceApplicationSecurityGroups": "source_application_security_group_ids",
    "destinationApplicationSecurityGroups": "destination_application_security_group_ids",
}


def terraform(group: Group) -> str:
    """The NSG as a person would write it for the azurerm provider: fields without a value are left out."""
    lines = [
        'resource "azurerm_network_security_group" "nsg" {',
        '  name                = "nsg"',
        '  location            = "westeurope"',
        '  resource_group_name = "rg"',
    ]
    for rule in group["properties"]["securityRules"]:
        properties = rule["properties"]
        lines += ["  security_rule {", f"    name = {json.dumps(rule['name'])}"]
        for field, argument in FIELDS.items():
            if properties.get(field) not in (None, "", []):
                lines.append(f"    {argument} = {json.dumps(properties[field])}")
        for field, argument in GROUPS.items():
            if properties.get(field):
                lines.append(f"    {argument} = {json.dumps([one['id'] for one in properties[field]])}")
        lines.append("  }")
    return "\n".join([*lines, "}", ""])


def template(group: Group) -> str:
    """The NSG as an ARM template."""
    resource = {
        "type": "Microsoft.Network/networkSecurityGroups",
        "apiVersion": "2024-05-01",
        "name": group["name"],
        "location": group["location"],
        "properties": {
            "securityRules": [
                {"name": rule["name"], "properties": rule["properties"]}
                for rule in group["properties"]["securityRules"]
            ]
        },
    }
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return json.dumps({"$schema": schema, "contentVersion": "1.0.0.0", "resources": [resource]}, indent=1)


def run(
    runner: Any,
    framework: str,
    questions: list[dict[str, Any]],
    write: Callable[[Group], str],
    suffix: str,
) -> tuple[dict[str, bool], dict[str, str]]:
    """Verdict of each question: whether the check for its port failed in its folder."""
    with tempfile.TemporaryDirectory() as root:
        names = {}
        for number, question in enumerate(questions):
            path = Path(root) / f"case{number:04d}" / f"main{suffix}"
            path.parent.mkdir()
            path.write_text(write(question["group"]))
            names[path.parent.name] = question
        chosen = RunnerFilter(framework=[framework], checks=list(CHECKS.values()))
        report = runner.run(root_folder=root, runner_filter=chosen)
        verdicts: dict[tuple[str, str], bool] = {}
        for records, failed in ((report.passed_checks, False), (report.failed_checks, True)):
            for record in records:
                name = Path(record.file_path).parts[1]
                verdicts[name, record.check_id] = failed
    answers: dict[str, bool] = {}
    failures: dict[str, str] = {}
    for name, question in names.items():
        found = verdicts.get((name, CHECKS[question["port"]]))
        if found is None:
            failures[question["id"]] = "its check gave no verdict"
        else:
            answers[question["id"]] = found
    return answers, failures


def main() -> None:
    """Answer every question in both languages."""
    logging.disable(logging.CRITICAL)
    questions = json.load(sys.stdin)
    results = []
    for variant, runner, write, suffix in (
        ("terraform", TerraformRunner(), terraform, ".tf"),
        ("arm", ArmRunner(), template, ".json"),
    ):
        answers, failures = run(runner, variant, questions, write, suffix)
        results.append({"variant": variant, "answers": answers, "failures": failures})
    json.dump({"version": version("checkov"), "results": results}, sys.stdout)


if __name__ == "__main__":
    main()
