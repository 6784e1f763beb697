"""Bodies and their errors: whatever arrives is either understood or refused with a field and a reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.api.findings import FindingsQuery
from shared.api.json_body import parse_object
from shared.api.query import PageQuery
from shared.api.security import SecurityScanBody
from shared.api.v1 import ScanBody
from shared.api.validation import field_title, validate, validate_query
from shared.domain.errors import InvalidRequestError, Reason
from shared.domain.severity import Severity

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine and a first run, which builds the tables of characters, are no failures."""

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*ScanBody.model_fields, *SecurityScanBody.model_fields])
DOCUMENTS = st.dictionaries(FIELDS | st.text(), JSON_VALUES, max_size=6)
VOCABULARY = {reason.value for reason in Reason}


def _checked(error: InvalidRequestError) -> None:
    assert error.details["reason"] in VOCABULARY
    assert isinstance(error.details["field"], str)
    assert error.details["field"]
    assert error.message


@PATIENT
@given(st.binary(max_size=300))
def test_any_bytes(body: bytes) -> None:
    try:
        parse_object(body)
    except InvalidRequestError as error:
        _checked(error)


@PATIENT
@given(DOCUMENTS)
def test_any_document(document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    for model in (ScanBody, SecurityScanBody):
        try:
            validate(model, parse_object(body))
        except InvalidRequestError as error:
            _checked(error)


@PATIENT
@given(st.text(alphabet=st.characters(categories=["Lu", "Nd"]), min_size=12, max_size=30), FIELDS)
def test_no_value_is_repeated(secret: str, field: str) -> None:
    for value in (secret, [secret], {"a": secret}):
        for model in (ScanBody, SecurityScanBody):
            try:
                validate(model, {field: value})
            except InvalidRequestError as error:
                assert secret not in error.message
                assert secret not in json.dumps(error.details, ensure_ascii=False)


@PATIENT
@given(st.dictionaries(st.sampled_from(["limit", "offset", "cursor", "status", "severity", "x"]), st.text()))
def test_any_query(parameters: dict[str, str]) -> None:
    try:
        query = validate_query(FindingsQuery, parameters)
        assert 1 <= query.limit <= 200
        assert 0 <= query.offset <= 10_000
    except InvalidRequestError as error:
        _checked(error)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("subscription_id", "Subscription ID"),
        ("resource_group", "Resource group"),
        ("severity_filter.1", "Severity filter 1"),
        ("target_resources", "Target resources"),
        ("finding_ids", "Finding IDs"),
    ],
)
def test_field_titles(path: str, title: str) -> None:
    assert field_title(path) == title


def test_messages_name_field_and_requirement() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        validate(ScanBody, {"scope": "x", "severity_filter": ["x"], "custom_rules": ["a" * 201]})
    assert [(entry.field, entry.message) for entry in refused.value.errors] == [
        ("subscription_id", "Subscription ID is required"),
        ("scope", "Scope must be one of subscription, resource_group"),
        ("severity_filter.0", "Severity filter 0 must be one of critical, high, medium, low"),
        ("custom_rules.0", "Custom rules 0 must have at most 200 characters"),
    ]


def test_errors_are_capped() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        validate(SecurityScanBody, {f"field{index}": 1 for index in range(1000)})
    assert len(refused.value.errors) == 50


def test_severities_are_read_in_any_case_and_once() -> None:
    query = validate_query(FindingsQuery, {"severity": " High,info,LOW,high"})
    assert query.severity == (Severity.HIGH, Severity.LOW)
    assert query.filters() == {"severity": "high,low"}


def test_page_defaults() -> None:
    query = validate_query(PageQuery, {})
    assert (query.limit, query.offset, query.cursor) == (50, 0, None)
