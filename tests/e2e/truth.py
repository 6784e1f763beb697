"""A scan's result against the truth file of a generated estate, whose evaluator shares no code with ours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devhost.demo.client import ApiClient

EFFECTIVE = "network.exposure.vm_effective"
JUDGED = (
    "network.nsg.ssh_from_internet",
    "network.nsg.rdp_from_internet",
    "network.nsg.database_ports_from_internet",
)
Key = tuple[str, str, str, str]
"""Rule, subject (lower-cased), discriminator, severity."""


@dataclass
class Truth:
    """What the evaluator says must be found, and what must not be reachable."""

    findings: set[Key]
    reachable: dict[str, set[tuple[str, str, int]]]
    """Entry point -> (protocol, class, port) of what strangers reach there, among the ports looked at."""
    exactly: dict[str, set[tuple[str, str, int]]]
    """The same for entry points of which every TCP port was looked at."""
    quiet: set[str]

    @classmethod
    def load(cls, path: Path) -> Truth:
        truth = cls(set(), {}, {}, set())
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if record["kind"] == "endpoint":
                truth._endpoint(record)
            elif record["kind"] == "entry_point":
                truth._entry_point(record)
            elif record.get("nsg_id") is not None:
                truth._nsg(record)
        return truth

    def _nsg(self, record: dict[str, Any]) -> None:
        nsg = record["nsg_id"].lower()
        if not record["expect_finding"]:
            self.quiet.add(nsg)
        for finding in record["findings"]:
            subject = f"{nsg}/securityrules/{finding['subject'].lower()}"
            self.findings.add((finding["rule_id"], subject, "", finding["severity"]))

    def _endpoint(self, record: dict[str, Any]) -> None:
        subject = (record["vm_id"] or record["nic_id"]).lower()
        for finding in record["findings"]:
            self.findings.add((EFFECTIVE, subject, finding["subject"], finding["severity"]))
        self.reachable[record["public_ip_id"].lower()] = _reached(record)

    def _entry_point(self, record: dict[str, Any]) -> None:
        """An edge: strangers reach exactly these ports of TCP at it."""
        if record["entry_point_id"] is not None:
            entry_point = record["entry_point_id"].lower()
            self.reachable[entry_point] = self.exactly[entry_point] = _reached(record)


def _reached(record: dict[str, Any]) -> set[tuple[str, str, int]]:
    return {
        (protocol, source_class, port)
        for protocol, classes in record["reachable"].items()
        for source_class, ports in classes.items()
        for port in ports
    }


def found(findings: list[Any]) -> set[Key]:
    """The judged rules' findings of a scan, in the truth's terms; a double one fails here."""
    keys = [
        (
            finding["rule_id"],
            finding["resource_id"].lower(),
            finding["discriminator"],
            finding["severity"],
        )
        for finding in findings
        if finding["rule_id"] in (*JUDGED, EFFECTIVE)
    ]
    assert len(keys) == len(set(keys)), "a finding is there twice"
    assert len({finding["id"] for finding in findings}) == len(findings)
    return set(keys)


def exposed(exposures: list[Any]) -> dict[str, list[tuple[str, str, int, int]]]:
    """Entry point -> (protocol, class, first port, last port) of what is `exposed`."""
    ranges: dict[str, list[tuple[str, str, int, int]]] = {}
    for row in exposures:
        if row["verdict"] != "exposed" or row["protocol"] == "icmp":
            continue
        for text in row["ports"]:
            first, _, last = ("0-65535" if text == "*" else text).partition("-")
            ranges.setdefault(row["entry_point"].lower(), []).append(
                (row["protocol"], row["class"], int(first), int(last or first))
            )
    return ranges


def check_scan_against(truth: Truth, client: ApiClient, scan_id: str) -> None:
    """Every planted weakness found with its severity, nothing else; every sampled port as the truth says."""
    findings = client.rows(f"/v1/scans/{scan_id}/results", "findings")
    results = found(findings)
    assert not truth.findings - results, f"missed: {sorted(truth.findings - results)[:5]}"
    assert not results - truth.findings, f"too much: {sorted(results - truth.findings)[:5]}"
    ranges = exposed(client.rows(f"/v1/scans/{scan_id}/exposure", "exposures"))
    for entry_point, ports in truth.reachable.items():
        rows = ranges.get(entry_point, [])
        for protocol, source_class, port in ports:
            assert any(row[:2] == (protocol, source_class) and row[2] <= port <= row[3] for row in rows), (
                entry_point,
                protocol,
                source_class,
                port,
            )
    for entry_point, only in truth.exactly.items():
        reached = {
            (source_class, port)
            for protocol, source_class, first, last in ranges.get(entry_point, [])
            for port in range(first, last + 1)
            if protocol == "tcp"
        }
        expected = {(source_class, port) for _, source_class, port in only}
        assert reached == expected, (entry_point, sorted(reached ^ expected)[:5])
