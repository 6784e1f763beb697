"""The index over an estate file against a plain list of the same resources."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devhost.azure.arm_id import parse
from devhost.azure.estate import Estate
from devhost.azure.estate_file import EstateFile
from devhost.azure.graph_row import COLUMNS, flags_of, render, row_of
from tests.azure_standin import estates
from tests.azure_standin.estates import NSG, STORAGE, SUB_A, SUB_B

KINDS = [NSG, STORAGE, "Microsoft.Sql/servers"]
names = st.text(st.sampled_from("aB-.0_é~ /"), min_size=1, max_size=4).map(
    lambda text: text.replace("/", "z")
)
resources = st.builds(
    estates.resource,
    st.sampled_from([SUB_A, SUB_B, SUB_A.upper()]),
    st.sampled_from(["g", "G-1", "g1"]),
    st.sampled_from(KINDS),
    names,
)
edits = st.lists(st.tuples(st.sampled_from(["put", "delete"]), resources), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=120)
@given(lines=st.lists(resources, max_size=25), changes=edits, kinds=st.sets(st.sampled_from(KINDS)))
def test_selections_equal_a_filter_over_all_resources(
    tmp_path: Path, lines: list[dict[str, Any]], changes: list[tuple[str, dict[str, Any]]], kinds: set[str]
) -> None:
    file = EstateFile.load(estates.write(tmp_path / "estate.jsonl", lines))
    estate = Estate(file)
    model = {line["id"].lower(): line for line in lines}
    for verb, change in changes:
        key = change["id"].lower()
        if verb == "put":
            estate.put(change)
            model[key] = change
        else:
            estate.delete(change["id"])
            model.pop(key, None)
    for prefix in ("/", f"/subscriptions/{SUB_A}/", f"/subscriptions/{SUB_B}/resourcegroups/g/"):
        expected = sorted(
            key for key, line in model.items() if key.startswith(prefix) and line["type"] in kinds
        )
        refs = estate.select((kind.lower() for kind in kinds), [prefix])
        by_bytes = sorted(expected, key=str.encode)
        assert [estate.key_of(ref) for ref in refs] == by_bytes
        assert [estate.stored(ref).decoded() for ref in refs] == [model[key] for key in by_bytes]
        for index, ref in enumerate(refs):
            assert estate.position(refs, estate.key_of(ref), ref) == index + 1
    for line in [*lines, *(change for _, change in changes)]:
        stored = estate.find(line["id"].swapcase())
        kept = model.get(line["id"].lower())
        assert (stored and stored.decoded()) == kept
    assert len(estate) == len(model)
    file.close()


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=6) | st.sampled_from(['W/"1"', "x"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["etag", "type"]), inner, max_size=2)
    ),
    max_leaves=4,
)
members = st.dictionaries(
    st.sampled_from(["kind", "sku", "tags", "properties", "etag", "location", "name", "zones", "tenantId"]),
    values,
    max_size=6,
)


@settings(deadline=None, max_examples=300)
@given(
    more=members,
    order=st.permutations(["id", "type", "name", "more"]),
    indent=st.booleans(),
    columns=st.frozensets(st.sampled_from(COLUMNS)) | st.just(frozenset(COLUMNS) - {"zones"}),
)
def test_a_spliced_row_equals_the_decoded_one(
    more: dict[str, Any], order: list[str], indent: bool, columns: frozenset[str]
) -> None:
    made = estates.resource(SUB_A, "Group", STORAGE, "Name")
    resource: dict[str, Any] = {}
    for part in order:
        resource.update(more if part == "more" else {part: made[part]})
    raw = orjson.dumps(resource, option=orjson.OPT_INDENT_2 if indent else 0)
    row = row_of(resource, "tenant")
    assert orjson.loads(render(raw, flags_of(raw, resource), "tenant")) == row
    some = orjson.loads(render(raw, flags_of(raw, resource), "tenant", columns))
    assert some == {column: row[column] for column in columns}


@pytest.mark.parametrize("etag_first", [True, False])
def test_only_the_resources_own_tag_is_left_out_of_a_row(etag_first: bool) -> None:
    made = estates.nsg(SUB_A, "Group", "Name")
    tag = made["properties"]["securityRules"][0]["etag"]
    properties = made.pop("properties")
    made |= {"etag": tag, "properties": properties} if etag_first else {"properties": properties, "etag": tag}
    raw = orjson.dumps(made)
    row = orjson.loads(render(raw, flags_of(raw, made), "tenant"))
    assert "etag" not in row
    assert row["properties"] == properties


@pytest.mark.parametrize(
    ("path", "kind", "parent", "scope", "collection"),
    [
        ("/subscriptions/s", "", None, "/subscriptions/s", False),
        (f"/subscriptions/s/providers/{NSG}", NSG, None, "/subscriptions/s", True),
        (
            f"/subscriptions/s/resourceGroups/g/providers/{NSG}/n/securityRules/r",
            f"{NSG}/securityRules",
            f"/subscriptions/s/resourceGroups/g/providers/{NSG}/n",
            "/subscriptions/s/resourceGroups/g",
            False,
        ),
        (
            f"/subscriptions/s/providers/{NSG}/n/providers/Microsoft.Authorization/locks/",
            "Microsoft.Authorization/locks",
            None,
            f"/subscriptions/s/providers/{NSG}/n",
            True,
        ),
    ],
)
def test_paths_taken_apart(path: str, kind: str, parent: str | None, scope: str, collection: bool) -> None:
    parsed = parse(path)
    assert (parsed.resource_type, parsed.parent, parsed.scope) == (kind, parent, scope)
    assert parsed.is_collection is collection
    assert parsed.is_resource is (bool(kind) and not collection)
