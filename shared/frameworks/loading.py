"""Reading framework files: `data/<id>.yaml` for each framework, `data/themes.yaml` for what they share.

A control names rules in `rules` where its title shows why, or in `evidence`: entries with `rules` or a
`theme`, and `why`. Without either it is manual, unless `kind` says that it does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from shared.frameworks.model import Control, ControlKind, Evidence, Framework, Theme

DATA: Final = Path(__file__).parent / "data"
THEMES: Final = "themes.yaml"


class FrameworkDataError(Exception):
    """A framework file breaks the conventions; the product must not assess by it."""


def load_frameworks(folder: Path = DATA) -> dict[str, Framework]:
    """Every framework of the folder by id, in order of the ids.

    Raises:
        FrameworkDataError: a file is not valid, or not named as its framework.
    """
    themes = load_themes(folder)
    loaded: dict[str, Framework] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == THEMES:
            continue
        framework = parse_framework(_parsed(path), themes, path.name)
        if path.stem != framework.id:
            raise FrameworkDataError(f"{path.name} holds {framework.id}: the file name must be the id")
        loaded[framework.id] = framework
    for framework in loaded.values():
        if framework.superseded_by is not None and framework.superseded_by not in loaded:
            raise FrameworkDataError(f"{framework.id} is superseded by {framework.superseded_by}: unknown")
    return loaded


def load_themes(folder: Path = DATA) -> dict[str, Theme]:
    """The shared themes by id.

    Raises:
        FrameworkDataError: the file is not valid, or lists a theme twice.
    """
    try:
        themes = TypeAdapter(list[Theme]).validate_python(_parsed(folder / THEMES))
    except ValidationError as error:
        raise FrameworkDataError(f"{THEMES}: {error}") from error
    by_id = {theme.id: theme for theme in themes}
    if len(by_id) != len(themes):
        raise FrameworkDataError(f"{THEMES} lists a theme twice")
    return by_id


def parse_framework(document: Any, themes: Mapping[str, Theme], name: str) -> Framework:
    """A framework from its parsed file; `name` is for messages.

    Raises:
        FrameworkDataError: it is not valid, or names a theme that there is not.
    """
    try:
        controls = tuple(_control(row, themes) for row in document["controls"])
        return Framework.model_validate({**document, "controls": controls})
    except (ValidationError, KeyError, TypeError) as error:
        raise FrameworkDataError(f"{name}: {error}") from error


def _control(row: Mapping[str, Any], themes: Mapping[str, Theme]) -> Control:
    members = {name: value for name, value in row.items() if name not in ("rules", "evidence")}
    evidence = [Evidence(rules=row["rules"])] if "rules" in row else []
    evidence += [_evidence(entry, themes) for entry in row.get("evidence", ())]
    members.setdefault("kind", ControlKind.AUTOMATED if evidence else ControlKind.MANUAL)
    return Control(evidence=tuple(evidence), **members)


def _evidence(entry: Mapping[str, Any], themes: Mapping[str, Theme]) -> Evidence:
    members = dict(entry)
    if "theme" in members:
        theme = themes[members.pop("theme")]
        return Evidence(rules=theme.rules, why=members.pop("why", theme.states), **members)
    return Evidence(**members)


def _parsed(path: Path) -> Any:
    import yaml  # noqa: PLC0415 - only when frameworks are first asked for, not at a cold start

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise FrameworkDataError(f"{path.name}: {error}") from error
