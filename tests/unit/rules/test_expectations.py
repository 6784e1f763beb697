"""Expectations: what is met, what is not, what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from shared.rules.base import RuleStatus
from shared.rules.columns import ColumnError
from shared.rules.expectations import (
    Expectation,
    all_of,
    any_of,
    every_word_is,
    flag_is,
    in_turn,
    includes,
    is_false,
    is_not_set,
    is_one_of,
    is_only,
    is_set,
    is_true,
    lacks_word,
    some_entry_has,
    stated,
    where,
)

PASS, FAIL, APART = RuleStatus.PASS, RuleStatus.FAIL, RuleStatus.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("expected", "value", "status"),
    [
        (is_true("p.x", absent=False), True, PASS),
        (is_true("p.x", absent=False), False, FAIL),
        (is_true("p.x", absent=False), None, FAIL),
        (is_true("p.x", absent=True), None, PASS),
        (is_false("p.x", absent=True), False, PASS),
        (is_false("p.x", absent=True), None, FAIL),
        (is_one_of("p.x", "Deny", "Alert", absent=None), "deny", PASS),
        (is_one_of("p.x", "Deny", absent="Alert"), "Alert", FAIL),
        (is_one_of("p.x", "Deny", absent="Alert"), None, FAIL),
        (is_one_of("p.x", "Alert", absent="Alert"), None, PASS),
        (is_set("p.x"), "here", PASS),
        (is_set("p.x"), "", FAIL),
        (is_not_set("p.x"), "here", FAIL),
        (is_not_set("p.x"), None, PASS),
        (is_only("p.x", "AAD"), ["aad"], PASS),
        (is_only("p.x", "AAD"), ["AAD", "Radius"], FAIL),
        (is_only("p.x", "AAD"), [], FAIL),
        (some_entry_has("p.x", "kind", "Bot"), [{"kind": "a"}, {"kind": "bot"}], PASS),
        (some_entry_has("p.x", "kind", "Bot"), [{"other": "bot"}], FAIL),
    ],
)
def test_values(expected: Expectation, value: Any, status: RuleStatus) -> None:
    said = expected.judge({"p": {} if value is None else {"x": value}})
    assert said.status is status and bool(said.words) is (status is FAIL)


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (is_true("p.x", absent=False), "true"),
        (is_false("p.x", absent=False), 0),
        (is_one_of("p.x", "Deny", absent="Alert"), 7),
        (is_one_of("p.x", "Deny", absent=None), None),
        (is_set("p.x"), ["list"]),
        (is_only("p.x", "AAD"), "AAD"),
        (is_only("p.x", "AAD"), [1]),
        (some_entry_has("p.x", "kind", "Bot"), {"kind": "bot"}),
    ],
)
def test_what_cannot_be_told_names_the_field(expected: Expectation, value: Any) -> None:
    with pytest.raises(ColumnError, match=r"^p\.x: "):
        expected.judge({"p": {"x": value}})


def test_combinations() -> None:
    on, named = is_true("on", absent=False), is_set("name")
    both, either = all_of(on, named), any_of(on, named)
    assert both.paths == either.paths == ("on", "name")
    assert both.judge({"on": True, "name": "n"}).status is PASS
    assert both.judge({}).words == "on is not set, expected true; name is not set"
    assert either.judge({"name": "n"}).status is PASS
    assert either.judge({}).words == "on is not set, expected true and name is not set"
    when = where(named, on)
    assert when.judge({"on": False}).status is APART
    assert when.judge({"name": "n"}).status is FAIL


def test_a_list_that_includes_a_word() -> None:
    owner = includes("roles", "Owner")
    assert owner.judge({"roles": ["Contributor", "owner"]}).status is PASS
    assert owner.judge({"roles": []}).words == "roles is empty, expected Owner in it"
    assert owner.judge({}).words == "roles is not set, expected Owner in it"
    with pytest.raises(ColumnError, match=r"^roles: not a list of text"):
        owner.judge({"roles": "Owner"})


def test_a_flag_without_a_documented_default() -> None:
    off = flag_is("on", False)
    assert off.judge({"on": False}).status is PASS
    assert off.judge({"on": True}).words == "on is true, expected false"
    for value, words in ((None, "on: missing"), ("false", "on: neither true nor false")):
        with pytest.raises(ColumnError, match=words):
            off.judge({"on": value})


@pytest.mark.parametrize(
    ("value", "status"),
    [("TLSv1.2", PASS), ("tlsV1.3, TLSv1.2", PASS), ("TLSv1.1,TLSv1.2", FAIL), ("", FAIL), (None, FAIL)],
)
def test_every_word(value: str | None, status: RuleStatus) -> None:
    assert every_word_is("x", "TLSv1.2", "TLSv1.3").judge({"x": value}).status is status


def test_in_turn_stops_at_the_first_that_does_not_hold() -> None:
    expected = in_turn(is_true("on", absent=False), is_one_of("mode", "Deny", absent=None))
    assert expected.paths == ("on", "mode")
    assert expected.judge({"on": False}).words == "on is false, expected true"
    assert expected.judge({"on": True, "mode": "deny"}).status is PASS
    with pytest.raises(ColumnError, match="mode: missing"):
        expected.judge({"on": True})


def test_a_stated_value_is_judged_and_a_missing_one_is_not() -> None:
    expected = stated("on", is_true("on", absent=False))
    assert expected.paths == ("on",)
    assert expected.judge({"on": True}).status is PASS
    assert expected.judge({"on": False}).status is FAIL
    with pytest.raises(ColumnError, match="on: missing"):
        expected.judge({"on": None})


def test_words_that_a_list_must_not_hold() -> None:
    expected = lacks_word("p.x", "*", "Null")
    assert expected.judge({"p": {"x": ["https://example.com"]}}).status is PASS
    assert expected.judge({}).status is PASS
    assert expected.judge({"p": {"x": ["a", "NULL", "*"]}}).words == "p.x contains NULL, *"
    with pytest.raises(ColumnError, match=r"p\.x: not a list"):
        expected.judge({"p": {"x": "*"}})
