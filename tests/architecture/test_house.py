"""The house as documented: sizes, lazy imports, names that must agree with each other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from devhost.functionhost.host_rules import check_app
from devhost.functionhost.indexing import load_app
from shared.adapters.azure.api_versions import api_version_of
from shared.domain.reading import SUBSCRIPTION_TYPE
from shared.domain.scan import ScanRequest, ScanType
from shared.ports.messaging import Queue
from shared.rules.base import RuleScope
from shared.rules.registry import all_rules
from shared.rules.related_rule import SubscriptionRule
from shared.scanners.registry import BuiltScanners
from shared.scanners.wanted import WANTED

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("shared", "functions", "devhost", "samples", "benchmarks", "tests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
CEILING = 400
"""Lines; a file that wants more is two things."""


def test_no_file_is_two_things() -> None:
    long = {
        str(path.relative_to(ROOT)): n
        for path in SOURCES
        if (n := len(path.read_text().splitlines())) > CEILING
    }
    assert not long


def test_no_vague_names() -> None:
    vague = re.compile(r"(manager|helper|utils?|processor|common|misc)$")
    assert not [path.name for path in SOURCES if "tests" not in path.parts and vague.search(path.stem)]


def test_importing_the_app_imports_no_heavy_sdk() -> None:
    """The 1 s budget of a cold start: clients are imported when the container opens."""
    heavy = (
        "azure.data",
        "azure.storage",
        "azure.servicebus",
        "azure.identity",
        "azure.eventgrid",
        "jwt",
        "cryptography",
        "aiohttp",
    )
    code = f"import function_app, sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_queue_is_configured_alike_everywhere() -> None:
    configured = json.loads((ROOT / "devhost" / "queues.json").read_text())["queues"]
    assert set(configured) == {queue.value for queue in Queue}
    documented = (ROOT / "infra" / "README.md").read_text()
    for name, settings in configured.items():
        assert f"`{name}`" in documented
        assert settings["lock_duration"] == 60 and "lock 1 minute" in documented
        assert settings["max_delivery_count"] == 5 and "at most 5 deliveries" in documented
        assert (
            settings["duplicate_detection_window"] == 600 and "duplicate detection 10 minutes" in documented
        )


def test_a_scanner_reads_what_its_rules_read() -> None:
    build = BuiltScanners()
    assert build.names <= {name for names in WANTED.values() for name in names}
    for scan_type in ScanType:
        scanner = build.of(ScanRequest(scan_type=scan_type))
        if scanner is None:
            assert not build.names & set(WANTED[scan_type])
            continue
        reading = scanner.reading
        for rule in scanner.rules():
            read = reading.directory_types if rule.scope is RuleScope.DIRECTORY else reading.types
            assert set(rule.reads) <= set(read), f"{rule.rule_id} is not read: {set(rule.reads) - set(read)}"
        listed = {kind for one in scanner.listings for kind in one.types}
        assert {*reading.types, *reading.directory_types} <= listed | set(reading.derived)
        assert all(kind == kind.lower() for kind in listed)


def test_every_rule_has_samples_of_all_three_kinds() -> None:
    for rule in all_rules():
        folder = ROOT / "tests" / "corpus" / rule.metadata.rule_id
        samples = [json.loads(path.read_text()) for path in folder.glob("*.json")]
        said = {result["status"] for sample in samples for result in sample["results"]}
        assert {"fail", "pass", "error"} <= said, f"{rule.metadata.rule_id} has only {said}"


def test_the_real_host_would_take_the_app() -> None:
    environment = {"ServiceBus": "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=k"}
    # In a process of its own: loading an app is once per process.
    code = (
        "import json, sys; from pathlib import Path; "
        "from devhost.functionhost.host_rules import check_app; "
        "from devhost.functionhost.indexing import load_app; "
        f"print([str(v) for v in check_app(load_app(Path({str(ROOT)!r})), {environment!r})])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert callable(check_app) and callable(load_app)


def test_the_pins_are_exact() -> None:
    for name in ("requirements.txt", "requirements-local.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.fullmatch(r"[A-Za-z0-9.-]+==[0-9][0-9a-z.]*", line), f"{name}: {line}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-local.txt", "requirements-dev.txt"])
def test_every_dependency_is_justified(name: str) -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text()
    for line in (ROOT / name).read_text().splitlines():
        package = line.partition("==")[0]
        if package and not package.startswith(("#", "-r")):
            assert package in document, f"{package} has no line in docs/dependencies.md"


def test_every_judged_resource_can_be_asked_for_again() -> None:
    """A finding of a resource that is gone is resolved by a 404: its type's api-version must be known."""
    for rule in all_rules():
        kinds = set(getattr(rule, "types", rule.metadata.reads[:1])) - {SUBSCRIPTION_TYPE}
        if rule.metadata.scope is not RuleScope.RESOURCE or isinstance(rule, SubscriptionRule):
            continue
        unknown = [kind for kind in kinds if api_version_of(kind) is None]
        assert not unknown, f"{rule.metadata.rule_id}: {unknown}"
