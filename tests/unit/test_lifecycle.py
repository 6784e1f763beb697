"""States of findings: the table of docs/findings.md, and what holds after any sequence of words on one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.config import DEFAULT_SLA_DAYS, Config, config_fields, sla_breached, sla_due_at
from shared.domain.errors import ConflictError
from shared.domain.finding import ChangeSource, Finding, FindingStatus, Resolution
from shared.domain.lifecycle import (
    TRANSITIONS,
    Author,
    Edit,
    Sighting,
    edited,
    first_seen,
    not_looked_at,
    not_seen,
    seen_again,
)
from shared.domain.severity import Severity
from shared.domain.suppression import Suppression, SuppressionScope, silenced
from tests.adapters.builders import T0, at, observation

DOCS = Path(__file__).parents[2] / "docs" / "findings.md"
NEW = first_seen(observation(), "finding-20250805-174258", Sighting("scan-20250805-174258", T0))


def author(seconds: float) -> Author:
    return Author(ChangeSource.PERSON, "somebody", at(seconds), "req-1")


def test_the_documented_table_is_the_one_that_holds() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", DOCS.read_text(), re.MULTILINE)
    columns = [str(one) for one in FindingStatus]
    documented = {
        name: {columns[place] for place, cell in enumerate(cells.split("|")) if cell.strip() == "yes"}
        for name, cells in rows
        if name in columns
    }
    assert documented == {str(one): {str(each) for each in to} for one, to in TRANSITIONS.items()}


@pytest.mark.parametrize("source", FindingStatus)
@pytest.mark.parametrize("target", FindingStatus)
def test_people_move_findings_where_the_table_says(source: FindingStatus, target: FindingStatus) -> None:
    record = NEW.model_copy(update={"status": source})
    edit = Edit(frozenset({"status"}), status=target)
    if source is target:
        assert edited(record, edit, author(1)) == record
    elif target in TRANSITIONS[source]:
        assert edited(record, edit, author(1)).status is target
    else:
        with pytest.raises(ConflictError):
            edited(record, edit, author(1))


SUPPRESSION = Suppression(
    suppression_id="sup-20250805-174258",
    scope=SuppressionScope(rule_id=NEW.observation.rule_id),
    reason="r",
    created_at=T0,
    created_by="a",
    expires_at=at(50),
)
WORDS = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from(FindingStatus)),
    st.tuples(st.just("assign"), st.sampled_from(["a", None])),
    st.tuples(st.just("seen"), st.sampled_from(Severity)),
    st.tuples(st.just("gone"), st.sampled_from([Resolution.FIXED, Resolution.RESOURCE_GONE])),
    st.tuples(st.just("missed"), st.none()),
    st.tuples(st.just("suppress"), st.none()),
)


def _said(record: Finding, word: tuple[str, Any], second: float) -> Finding:
    by = Sighting(f"scan-{second}", at(second))
    kind, value = word
    if kind == "seen":
        return seen_again(record, observation(severity=value), by)[0]
    if kind == "gone":
        return not_seen(record, value, by)[0]
    if kind == "missed":
        return not_looked_at(record, by)[0]
    if kind == "suppress":
        return silenced(record, [SUPPRESSION], at(second), None)
    members = {"status": value} if kind == "edit" else {"assigned_to": value}
    try:
        return edited(record, Edit(frozenset(members), **members), author(second))
    except ConflictError:
        return record


@given(st.lists(st.tuples(WORDS, st.integers(0, 3)), max_size=25))
def test_invariants_of_any_life(words: list[tuple[tuple[str, Any], int]]) -> None:
    record, second = NEW, 0
    for word, pause in words:
        second += pause
        before, record = record, _said(record, word, second)
        assert (record.id, record.fingerprint, record.detected_at) == (
            NEW.id,
            NEW.fingerprint,
            NEW.detected_at,
        )
        assert record.read_at >= before.read_at
        assert (record.status is FindingStatus.RESOLVED) == (record.resolved_at is not None)
        assert record.resolved_by is None or record.status is FindingStatus.RESOLVED
        assert record.suppressed_by is None or record.status is FindingStatus.SUPPRESSED
        if record.suppressed_by is not None:
            assert record.before_suppression in (FindingStatus.OPEN, FindingStatus.IN_PROGRESS)
        assert 0 <= record.changes - before.changes <= 1
        if record.status is not before.status or record.assigned_to != before.assigned_to:
            assert record.changes == before.changes + 1
            assert record.last_change is not None
            told = {one.field: (one.before, one.after) for one in record.last_change.fields}
            if record.status is not before.status:
                assert told["status"] == (before.status.value, record.status.value)
        if word[0] in ("seen", "gone", "missed"):
            kept = ("assigned_to", "priority", "waived")
            assert [getattr(record, name) for name in kept] == [getattr(before, name) for name in kept]
        if word[0] != "edit" and before.status is FindingStatus.FALSE_POSITIVE:
            assert record.status is FindingStatus.FALSE_POSITIVE, "only people take that back"


@given(st.sampled_from([FindingStatus.OPEN, FindingStatus.IN_PROGRESS]))
def test_a_suppression_that_ends_leaves_no_trace_but_history(status: FindingStatus) -> None:
    record = NEW.model_copy(update={"status": status})
    quiet = silenced(record, [SUPPRESSION], at(1), None)
    assert quiet.status is FindingStatus.SUPPRESSED
    assert silenced(quiet, [SUPPRESSION], at(2), None) == quiet
    loud = silenced(quiet, [SUPPRESSION], at(50), None)
    history = {"changes": 0, "last_change": None}
    assert loud.model_copy(update=history) == record
    assert loud.changes == 2


def test_a_resolved_finding_that_is_seen_again_says_so() -> None:
    resolved, _ = not_seen(NEW, Resolution.FIXED, Sighting("scan-2", at(10)))
    again, kind = seen_again(resolved, observation(), Sighting("scan-3", at(20)))
    assert (kind.value, again.status, again.reopened_at) == ("reopened", FindingStatus.OPEN, at(20))
    assert (again.resolved_at, again.resolution, again.detected_at) == (None, None, T0)
    assert again.last_change is not None
    assert again.last_change.by == "scan-3"


@pytest.mark.parametrize("severity", Severity)
def test_due_dates(severity: Severity) -> None:
    record = NEW.model_copy(update={"observation": observation(severity=severity)})
    due = sla_due_at(record, Config().sla_days)
    assert due == T0 + timedelta(days=DEFAULT_SLA_DAYS[severity])
    assert not sla_breached(record, due, due)
    assert sla_breached(record, due, due + timedelta(seconds=1))
    fixed = {"status": FindingStatus.RESOLVED, "resolved_at": due}
    assert not sla_breached(record.model_copy(update=fixed), due, datetime(2100, 1, 1, tzinfo=UTC))
    late = {**fixed, "resolved_at": due + timedelta(seconds=1)}
    assert sla_breached(record.model_copy(update=late), due, datetime(2100, 1, 1, tzinfo=UTC))
    again = record.model_copy(update={"reopened_at": at(86_400)})
    assert sla_due_at(again, {severity: 3}) == at(4 * 86_400)
    for status in (FindingStatus.SUPPRESSED, FindingStatus.FALSE_POSITIVE):
        assert sla_due_at(record.model_copy(update={"status": status}), {}) is None


def test_config_fields_name_what_differs() -> None:
    before = Config(environments={"a": ("1",), "b": ("2",)})
    after = Config(environments={"a": ("1",)}, expiring_days=3)
    fields = {one.field: (one.before, one.after) for one in config_fields(before, after)}
    assert fields == {"environments.b": (["2"], None), "expiring_days": (30, 3)}
    assert config_fields(before, before) == ()
