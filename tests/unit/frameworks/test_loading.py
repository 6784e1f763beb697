"""What a framework file may not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.frameworks.loading import FrameworkDataError, load_frameworks, parse_framework
from shared.frameworks.model import ControlKind, Framework, Theme

THEMES = {"edge": Theme(id="edge", states="The edge is closed", rules=("network.nsg.a", "sql.firewall"))}
ONE: dict[str, Any] = {"id": "1.1", "title": "Something holds", "rules": ["network.nsg.a"]}


def parsed(*controls: dict[str, Any], **members: Any) -> Framework:
    document = {"id": "f", "name": "F", "version": "1", "source": "https://example.org/f", **members}
    return parse_framework({**document, "controls": list(controls)}, THEMES, "f.yaml")


def refused(*controls: dict[str, Any], **members: Any) -> str:
    with pytest.raises(FrameworkDataError) as caught:
        parsed(*controls, **members)
    return str(caught.value)


def test_kinds_follow_from_rules() -> None:
    framework = parsed(
        ONE,
        {"id": "1.2", "title": "People do it", "reason": "Nobody can see it."},
        {"id": "1.3", "title": "Gone", "kind": "not_applicable", "reason": "Retired."},
    )
    assert [one.kind for one in framework.controls] == list(ControlKind)
    assert framework.of_kind(ControlKind.MANUAL) == (framework.controls[1],)


def test_a_theme_brings_its_rules_and_its_fact() -> None:
    control = parsed({"id": "1", "title": "T", "evidence": [{"theme": "edge"}]}).controls[0]
    assert control.rules == ("network.nsg.a", "sql.firewall")
    assert control.evidence[0].why == "The edge is closed"


def test_rules_count_once() -> None:
    both = {"id": "1", "title": "T", "rules": ["network.nsg.a"], "evidence": [{"theme": "edge"}]}
    assert parsed(both).controls[0].rules == ("network.nsg.a", "sql.firewall")


def test_a_rule_of_another_service_needs_a_word() -> None:
    strange = {**ONE, "subject": ["storage"]}
    assert "say why network.nsg.a is evidence" in refused(strange)
    said = {"id": "1", "title": "T", "subject": ["storage"]}
    why = [{"rules": ["network.nsg.a"], "why": "Filters the way to it."}]
    assert parsed({**said, "evidence": why}).controls[0].rules == ("network.nsg.a",)


@pytest.mark.parametrize(
    ("control", "message"),
    [
        ({**ONE, "kind": "manual", "reason": "r"}, "rules make a control automated"),
        ({"id": "1", "title": "T"}, "a reason is due"),
        ({**ONE, "reason": "r"}, "a reason is due"),
        ({"id": "1", "title": "T", "kind": "automated"}, "rules make a control automated"),
        ({"id": "1", "title": "T", "evidence": [{"theme": "nothing"}]}, "nothing"),
        ({**ONE, "severity": "high"}, "severity"),
        ({**ONE, "title": ""}, "title"),
    ],
)
def test_refused_controls(control: dict[str, Any], message: str) -> None:
    assert message in refused(control)


def test_controls_are_listed_once() -> None:
    assert "twice" in refused(ONE, ONE)


def test_a_source_is_due() -> None:
    assert "source" in refused(ONE, source="somewhere")


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


HEAD = "id: {id}\nname: F\nversion: '1'\nsource: https://example.org\n"
BODY = "controls:\n  - {id: '1', title: T, rules: [a.b.c]}\n"


def test_files_are_named_as_their_framework(tmp_path: Path) -> None:
    write(tmp_path, "themes.yaml", "[]")
    write(tmp_path, "one.yaml", HEAD.format(id="two") + BODY)
    with pytest.raises(FrameworkDataError, match="file name must be the id"):
        load_frameworks(tmp_path)


def test_a_successor_must_be_there(tmp_path: Path) -> None:
    write(tmp_path, "themes.yaml", "[]")
    write(tmp_path, "one.yaml", HEAD.format(id="one") + "superseded_by: two\n" + BODY)
    with pytest.raises(FrameworkDataError, match="superseded by two"):
        load_frameworks(tmp_path)


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    write(tmp_path, "themes.yaml", "[]")
    write(tmp_path, "one.yaml", "id: [")
    with pytest.raises(FrameworkDataError, match=r"one\.yaml"):
        load_frameworks(tmp_path)
