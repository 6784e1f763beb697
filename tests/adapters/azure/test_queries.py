"""The query texts: what they say, and that nothing given to them can change what they say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.azure.queries import (
    MAX_SUBSCRIPTIONS,
    MAX_TYPES,
    checked_subscriptions,
    query_id,
    query_text,
)
from shared.ports.errors import InventoryError
from shared.ports.inventory import InventoryQuery

NSG = "microsoft.network/networksecuritygroups"
NIC = "microsoft.network/networkinterfaces"
WHOLE = re.compile(
    r"// security-copilot/[a-z-]+/\d+\n"
    r"resources\n"
    r"\| where type in~ \('[a-z0-9./_-]+'(, '[a-z0-9./_-]+')*\)\n"
    r"(\| where resourceGroup =~ '[-\w.()]+'\n)?"
    r"\| project [a-zA-Z, ]+\n"
    r"\| order by id asc"
)


@pytest.mark.parametrize("query", list(InventoryQuery))
def test_a_text_begins_with_its_id_and_ends_ordered(query: InventoryQuery) -> None:
    lines = query_text(query, [NSG, NIC.upper(), NSG], "Net-RG").split("\n")
    assert lines[0] == f"// {query_id(query)}"
    assert re.fullmatch(r"security-copilot/[a-z-]+/\d+", query_id(query))
    assert lines[1:4] == [
        query.value,
        f"| where type in~ ('{NIC}', '{NSG}')",
        "| where resourceGroup =~ 'Net-RG'",
    ]
    assert lines[-1] == "| order by id asc"


def test_every_column_of_a_resource_is_projected() -> None:
    (project,) = [
        line for line in query_text(InventoryQuery.RESOURCES, [NSG]).split("\n") if "project" in line
    ]
    assert project.removeprefix("| project ").split(", ") == [
        *("id", "name", "type", "location", "tags", "sku", "kind"),
        *("identity", "managedBy", "properties"),
        *("subscriptionId", "resourceGroup", "tenantId"),
    ]


@given(st.text(max_size=300))
def test_no_type_can_change_the_query(text: str) -> None:
    try:
        query = query_text(InventoryQuery.RESOURCES, [NSG, text])
    except InventoryError:
        return
    assert WHOLE.fullmatch(query)


@given(st.text(max_size=100))
def test_no_resource_group_can_change_the_query(text: str) -> None:
    try:
        query = query_text(InventoryQuery.RESOURCES, [NSG], text)
    except InventoryError:
        return
    assert WHOLE.fullmatch(query)
    assert query.count("\n") == 5


@pytest.mark.parametrize("name", ["rg", "My_Group-1.(x)", "a" * 90, "группа", "1"])
def test_names_that_azure_allows_are_allowed(name: str) -> None:
    assert f"=~ '{name}'" in query_text(InventoryQuery.RESOURCES, [NSG], name)


@pytest.mark.parametrize("name", ["", "a" * 91, "ends.", "a b", "a'", "a\\", "a\n", "a\u2028b", "a/b", '"'])
def test_names_that_azure_does_not_allow_are_refused(name: str) -> None:
    with pytest.raises(InventoryError, match=r"^resource_group: "):
        query_text(InventoryQuery.RESOURCES, [NSG], name)


def test_counts_are_limited() -> None:
    with pytest.raises(InventoryError, match=r"^types: "):
        query_text(InventoryQuery.RESOURCES, [f"a.b/c{number}" for number in range(MAX_TYPES + 1)])
    with pytest.raises(InventoryError, match=r"^subscriptions: "):
        checked_subscriptions([f"s{number}" for number in range(MAX_SUBSCRIPTIONS + 1)])
