"""Writes the pages about frameworks from their files: `python -m scripts.framework_docs`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from shared.domain.severity import ORDER
from shared.frameworks.loading import load_themes
from shared.frameworks.model import Control, ControlKind, Framework
from shared.frameworks.registry import current, frameworks
from shared.frameworks.scoring import WEIGHTS

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"

_HEAD: Final = """# Compliance frameworks

Written by `python -m scripts.framework_docs` from `shared/frameworks/data`; a test keeps it current.

A framework is one YAML file. Each control says which rules are evidence for it, or why no rule decides it.
Frameworks whose controls ask for facts and not for settings share themes: sets of rules that state one fact.
Titles and themes are in our own words; the numbers are those of the published texts.

## Status of a control

| status | when |
|---|---|
| `fail` | one of its rules fails somewhere |
| `error` | none fails, and one could not look somewhere, or did not run |
| `not_applicable` | none had anything to judge; or the control speaks of something that no longer exists |
| `pass` | every rule that had something to judge passed, everywhere |
| `manual` | only a person can tell |

## Score

A framework's score is 100 x the weight of its passed controls / the weight of its passed and failed ones, to
one decimal. A control weighs what its gravest rule weighs: {weights}.
Controls that are `error`, `manual` or `not_applicable` count neither way; their numbers stand beside the
score. Where nothing was assessed, the score is 0.0 and `assessed` is 0; such a framework is named in
`not_assessed` and left out of the mean.

The overall score is the mean of the scores shown, to one decimal. Shown are the frameworks that the scan was
asked for; where it named none, the current version of each:
{current}.

Posture is that of the latest full scan that ended `completed` or `partial`. It is taken from the scan's
ledger when the scan ends and kept as it was: a later build with other mappings does not change it. Findings
that people suppressed or resolved since still count: they were so when the scan looked.

## What each framework covers

| framework | version | controls | automated | manual | not applicable | rules |
|---|---|---|---|---|---|---|
"""

_PAGE: Final = """# {name}

Id `{id}`, version {version}. Source: <{source}>. {limits}

| control | holds when | judged by |
|---|---|---|
"""


def pages() -> dict[str, str]:
    """Path under `docs/` -> content."""
    written = {"frameworks.md": _summary(frameworks())}
    written |= {f"frameworks/{one.id}.md": _page(one) for one in frameworks().values()}
    return written


def _summary(known: Mapping[str, Framework]) -> str:
    weights = ", ".join(f"{severity.value} {WEIGHTS[severity]}" for severity in ORDER)
    shown = ", ".join(f"`{one}`" for one in current())
    rows = [_row(one) for one in known.values()]
    themes = [f"| `{one.id}` | {one.states} | {len(one.rules)} |" for one in load_themes().values()]
    return "\n".join(
        [
            _HEAD.format(weights=weights, current=shown).rstrip(),
            *rows,
            "",
            "## Themes",
            "",
            "| theme | states | rules |",
            "|---|---|---|",
            *themes,
            "",
        ]
    )


def _row(one: Framework) -> str:
    kinds = " | ".join(str(len(one.of_kind(kind))) for kind in ControlKind)
    rules = {rule for control in one.controls for rule in control.rules}
    link = f"[{one.name}](frameworks/{one.id}.md)"
    return f"| {link} | {one.version} | {len(one.controls)} | {kinds} | {len(rules)} |"


def _page(one: Framework) -> str:
    limits = [one.not_assessed or "Every control is listed."]
    if one.superseded_by is not None:
        limits.append(f"Superseded by `{one.superseded_by}`.")
    head = _PAGE.format(
        name=one.name, id=one.id, version=one.version, source=one.source, limits=" ".join(limits)
    )
    rows = [f"| {control.id} | {control.title} | {_judged(control)} |" for control in one.controls]
    return "\n".join([head.rstrip(), *rows, ""])


def _judged(control: Control) -> str:
    if control.reason is not None:
        return f"{control.kind.value.replace('_', ' ')}: {control.reason}"
    parts = []
    for one in control.evidence:
        named = ", ".join(f"`{rule}`" for rule in one.rules)
        parts.append(named if one.why is None else f"{one.why.rstrip('.')}: {named}")
    if control.beyond is not None:
        parts.append(f"Not seen: {control.beyond[0].lower()}{control.beyond[1:]}")
    return "<br>".join(parts)


def main() -> None:
    """Write every page."""
    for path, content in pages().items():
        target = DOCS / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
