"""Columns: exactly the declared paths are kept, and what is not as documented is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.resource import Resource, UnreadableResourceError, parse_row
from shared.rules.columns import (
    MAX_ENTRIES,
    ColumnError,
    ColumnPlan,
    Fact,
    entries_at,
    read_fact,
    select,
    text_at,
    tree_of,
    value_at,
)

ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/things/one"
KIND = "microsoft.network/things"


def thing(**row: Any) -> Resource:
    return parse_row({"id": ID, "type": KIND, "properties": {}, **row})


def test_only_declared_paths_are_kept_in_their_own_shape() -> None:
    resource = thing(
        properties={"a": {"b": 1, "secret": 2}, "parts": [{"id": "x", "big": "y"}, {"id": "z"}], "other": 3},
        sku={"name": "Basic", "tier": "T"},
        tags={"owner": "me", "cost": "you"},
        location="westeurope",
    )
    tree = tree_of(["properties.a.b", "properties.parts[*].id", "sku.name", "tags.owner", "location"])
    assert select(resource, tree) == {
        "properties": {"a": {"b": 1}, "parts": [{"id": "x"}, {"id": "z"}]},
        "sku": {"name": "Basic"},
        "tags": {"owner": "me"},
        "location": "westeurope",
    }


def test_nothing_declared_is_nothing_kept() -> None:
    assert select(thing(properties={"large": "x" * 1000}), tree_of([])) == {}
    assert ColumnPlan.of([({KIND: ()}, ())]).columns(thing(properties={"large": "x"})) == {}


def test_absent_and_null_are_left_out_and_read_as_none() -> None:
    columns = select(thing(properties={"a": None}), tree_of(["properties.a.b", "properties.c"]))
    assert columns["properties"] == {}
    assert value_at(columns, "properties.a.b") is None and text_at(columns, "properties.c") is None
    assert entries_at(columns, "properties.d") == []


def test_what_is_not_as_documented_is_kept_and_refused_by_its_reader() -> None:
    columns = select(
        thing(properties={"a": "flat", "parts": {"no": "list"}, "mixed": [1]}),
        tree_of(["properties.a.b", "properties.parts[*].id", "properties.mixed[*].id"]),
    )
    with pytest.raises(ColumnError, match=r"^properties\.a: not an object$"):
        value_at(columns, "properties.a.b")
    with pytest.raises(ColumnError, match=r"^properties\.parts: not a list$"):
        entries_at(columns, "properties.parts")
    with pytest.raises(ColumnError, match=r"^properties\.mixed\[0\]: not an object$"):
        entries_at(columns, "properties.mixed")


def test_a_list_longer_than_any_of_azure_makes_the_resource_unreadable() -> None:
    resource = thing(properties={"parts": [{}] * (MAX_ENTRIES + 1)})
    with pytest.raises(UnreadableResourceError, match=r"properties\.parts: more than 5000 entries"):
        select(resource, tree_of(["properties.parts[*].id"]))


def test_a_path_must_begin_with_a_member_of_a_resource() -> None:
    with pytest.raises(ValueError, match="identity"):
        tree_of(["plan.type"])


def test_facts_hold_a_value_or_why_there_is_none() -> None:
    def refuse(_: Resource) -> int:
        raise ValueError("properties.x: not a number")

    plan = ColumnPlan.of([({}, (Fact("good", KIND, lambda _: 7), Fact("bad", KIND, refuse)))])
    columns = plan.columns(thing())
    assert columns is not None and plan.types == (KIND,)
    assert read_fact(columns, "good") == 7
    with pytest.raises(ColumnError, match="not a number"):
        read_fact(columns, "bad")
    with pytest.raises(ColumnError, match="was not read"):
        read_fact(columns, "unknown")


def test_a_type_of_no_rule_has_no_columns() -> None:
    assert (
        ColumnPlan.of([({KIND: ("sku.name",)}, ())]).columns(thing(type="microsoft.network/others")) is None
    )
