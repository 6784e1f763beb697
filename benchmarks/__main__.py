"""`python -m benchmarks [--small]`: run every benchmark, print a table, write benchmarks/results/*.json."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import (
    app_import,
    exposure_paths,
    finding_reads,
    full_scan,
    network_scan,
    nsg_checks,
    rate_limit,
    rule_pack,
)

RESULTS = Path(__file__).with_name("results")


def main() -> int:
    """Run; 0 whatever the figures are: they are for people to judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--small", action="store_true", help="10,000 resources only, not 100,000")
    options = parser.parse_args()
    sizes = (10_000,) if options.small else (10_000, 100_000)
    save("import", app_import.run())
    save("rate_limit", rate_limit.run())
    save("finding_reads", finding_reads.run())
    save("nsg_checks", nsg_checks.run())
    save("exposure_paths", exposure_paths.run())
    save("rule_pack", rule_pack.run())
    save("network_scan", network_scan.run(sizes))
    save("full_scan", full_scan.run())
    return 0


def save(name: str, figures: dict[str, Any]) -> None:
    """Print figures and write them with when and where they were measured."""
    RESULTS.mkdir(exist_ok=True)
    record = {
        "benchmark": name,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "python": platform.python_version(),
        "cores": __import__("os").cpu_count(),
        **figures,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
    print(f"\n{name}")
    for key, value in figures.items():
        print(f"  {key}: {json.dumps(value)}")


if __name__ == "__main__":
    sys.exit(main())
