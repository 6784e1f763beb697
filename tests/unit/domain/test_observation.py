"""Observations: small while a scan runs, and the same object as ever where they are stored."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.finding import FrozenFinding, Observation, pack_evidence, unpack_evidence
from tests.adapters.builders import finding, frozen, observation

GROUP = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/Web"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [GROUP, GROUP.lower(), f"{GROUP}/securityRules/a", "\x00", "\x01\x02", "S", "s"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=5), TEXTS, TEXTS)
def test_unpacking_gives_what_was_packed(evidence: dict[str, Any], subject: str, evaluated: str) -> None:
    assert unpack_evidence(pack_evidence(evidence, subject, evaluated), subject, evaluated) == evidence


def test_ids_of_its_own_take_one_byte() -> None:
    rule = f"{GROUP}/securityRules/ssh"
    packed = pack_evidence({"group": rule.lower(), "owner": GROUP}, rule, GROUP)
    assert len(packed) == len(b'{"group":"-","owner":"-"}')


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        pack_evidence({"what": object()}, GROUP, GROUP)


def test_stored_with_its_evidence_as_the_last_member() -> None:
    seen = observation(evidence={"source": "*", "ports": ["22"]})
    stored = json.loads(finding(observation=seen).model_dump_json())["observation"]
    assert list(stored) == [
        "rule_id",
        "resource_id",
        "discriminator",
        "evaluated_id",
        "subscription_id",
        "resource_group",
        "resource_name",
        "resource_type",
        "severity",
        "title",
        "description",
        "risk_score",
        "cvss_score",
        "auto_remediable",
        "remediation_steps",
        "tags",
        "evidence",
    ]
    assert stored["evidence"] == {"source": "*", "ports": ["22"]}
    assert stored["severity"] == "high"


def test_read_back_as_it_was() -> None:
    kept = frozen(1)
    assert FrozenFinding.model_validate_json(kept.model_dump_json()) == kept
    assert FrozenFinding.model_validate(kept.model_dump()) == kept


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"risk_score": 101}, "risk_score"),
        ({"cvss_score": 10.5}, "cvss_score"),
        ({"evidence": "text"}, "evidence"),
        ({"resource_id": 7}, "resource_id"),
        ({"other": 1}, "other"),
    ],
)
def test_a_damaged_row_is_refused(change: dict[str, Any], field: str) -> None:
    stored = frozen(1).model_dump(mode="json")
    stored["observation"] |= change
    with pytest.raises(ValidationError, match=field):
        FrozenFinding.model_validate(stored)


def test_replacing_a_member_keeps_the_evidence() -> None:
    seen = observation(evidence={"source": "*"})
    assert replace(seen, description="other").evidence == {"source": "*"}
    assert TypeAdapter(Observation).validate_python(seen) is seen
