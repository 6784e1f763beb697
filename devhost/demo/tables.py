"""What the demo shows: tables that fit a terminal, colour only where there is one."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

STYLES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
SHOWN: Final = 20
"""Rows of a table; the rest is in the JSON files."""
REASON: Final = 300
"""Characters of a reason; the rest is in the JSON files."""
TITLES: Final = 8
"""Kinds of problems named for each severity."""
PATHS_SHOWN: Final = 5
"""Attack paths of theirs: each is several lines."""
MAX_WIDTH: Final = 80
"""Columns of the narrowest terminal that is thought of."""


def findings_table(console: Console, results: dict[str, Any], findings: list[Any]) -> None:
    """Counts by severity, and which rule found how many."""
    table = Table(title="Findings by severity", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("severity")
    table.add_column("findings", justify="right")
    table.add_column("what", overflow="fold")
    titles: dict[str, Counter[str]] = {}
    for finding in findings:
        titles.setdefault(finding["severity"], Counter())[finding["title"]] += 1
    for severity, count in results["summary"]["by_severity"].items():
        named = titles.get(severity, Counter()).most_common()
        what = "; ".join(f"{title} x{times}" for title, times in named[:TITLES])
        if len(named) > TITLES:
            what += f"; and {len(named) - TITLES} other problems"
        table.add_row(f"[{STYLES[severity]}]{severity}[/]", str(count), escape(what))
    console.print()
    console.print(table)


def exposure_table(console: Console, exposures: list[Any]) -> None:
    """What a stranger reaches, through which address, and the rule that lets them."""
    exposed = [row for row in exposures if row["verdict"] == "exposed" and row["class"] == "internet"]
    exposed.sort(key=lambda row: row["public_ip"] is None)  # machines before platform services
    table = Table(
        title=f"Reachable from the internet ({len(exposed)} of {len(exposures)} exposure rows)",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    for name in ("address", "receiver", "ports", "decided by"):
        table.add_column(name, overflow="fold")
    for row in exposed[:SHOWN]:
        table.add_row(
            row["public_ip"] or "-",
            escape(_name(row["resource_id"])),
            f"{row['protocol']} {', '.join(row['ports'])}",
            escape(_deciding(row)),
        )
    console.print()
    console.print(table)
    if len(exposed) > SHOWN:
        console.print(f"  ... and {len(exposed) - SHOWN} more in exposure.json")


def posture_table(console: Console, posture: dict[str, Any]) -> None:
    """The score of each framework, over what could be assessed of it."""
    table = Table(
        title=f"Posture: {posture['overall_score']} of 100", box=box.SIMPLE_HEAD, title_justify="left"
    )
    counts = ("passed", "failed", "errors", "manual")
    for name in ("framework", "score", *counts):
        table.add_column(name, justify="left" if name == "framework" else "right")
    for framework, score in posture["frameworks"].items():
        controls = posture["controls"][framework]
        table.add_row(escape(framework), f"{score}", *(str(controls[name]) for name in counts))
    console.print()
    console.print(table)


def attack_path_table(console: Console, found: dict[str, Any]) -> None:
    """The worst ways from the internet to something worth having, step by step."""
    paths, coverage = found["attack_paths"], found["coverage"]
    known = "" if coverage["complete"] else ", not everything was read"
    table = Table(
        title=f"Attack paths (the worst {len(paths[:PATHS_SHOWN])} of {found['total']}{known})",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        width=MAX_WIDTH,
    )
    table.add_column("score", justify="right")
    table.add_column("from", overflow="fold", max_width=14)
    table.add_column("to", overflow="fold", max_width=16)
    table.add_column("step by step", overflow="fold", ratio=1)
    for row in paths[:PATHS_SHOWN]:
        style = STYLES[row["severity"]]
        sure = "" if row["verdict"] == "exposed" else f"\n{row['verdict']}"
        steps = "\n".join(f"{number}. {step['words']}" for number, step in enumerate(row["steps"], start=1))
        target = _name(row["target"])
        if row["target"].count("/") == 2:
            target = f"subscription {target[:8]}"
        table.add_row(
            f"[{style}]{row['score']}[/]{sure}",
            escape(_name(row["workload"])),
            escape(target),
            escape(steps),
            end_section=True,
        )
    console.print()
    console.print(table)


def coverage_table(console: Console, coverage: dict[str, Any]) -> None:
    """What was read, and what was not."""
    table = Table(
        title=f"Coverage: {'complete' if coverage['complete'] else 'INCOMPLETE'}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    table.add_column("subscription", no_wrap=True)
    table.add_column("type", overflow="fold", max_width=32)
    table.add_column("status")
    for name in ("asked", "read", "failed"):
        table.add_column(name, justify="right")
    telling = [row for row in coverage["resource_types"] if row["asked"] or row["status"] != "read"]
    telling.sort(key=lambda row: row["status"] == "read")  # first what was not read
    for row in telling[:SHOWN]:
        table.add_row(
            row["subscription_id"].removeprefix("tenant-")[:8],
            escape(row["type"].rpartition("/")[2]),
            row["status"],
            *(str(row[name]) for name in ("asked", "read", "failed")),
        )
    console.print()
    console.print(table)
    for row in telling[:SHOWN]:
        if row["reason"] is not None:
            reason = textwrap.shorten(row["reason"], REASON, placeholder=" ...")
            console.print(f"  {escape(row['type'].rpartition('/')[2])}: {escape(reason)}")
    left = len(coverage["resource_types"]) - len(telling[:SHOWN])
    if left:
        console.print(f"  ... and {left} more in coverage.json, most of types that the estate has none of")
    for scanner in coverage["scanners"]:
        if scanner["status"] != "read":
            console.print(f"  scanner {scanner['name']}: {scanner['status']} ({scanner['reason']})")


def _deciding(row: dict[str, Any]) -> str:
    decided = [
        f"{_name(step['resource_id'] or '')} '{step['rule']}'"
        + ("" if step["priority"] is None else f" ({step['priority']})")
        for step in row["path"]
        if step["rule"] is not None
    ]
    if decided:
        return " and ".join(decided)
    if any(step["decision"] == "open" for step in row["path"]):
        return "no NSG on the way: a Basic public IP is open" if row["public_ip"] else "open to all networks"
    return str(row["path"][-1]["decision"])


def _name(resource_id: str) -> str:
    return resource_id.rsplit("/", 1)[-1]
