"""Route templates against ASP.NET Core's documented rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhost.functionhost.routes import RouteTable, RouteTemplate, RouteTemplateError, decode_path

GUID = "2b1c1c0e-aaaa-4bbb-8ccc-0123456789ab"


def match(template: str, path: str) -> dict[str, str] | None:
    table: RouteTable[str] = RouteTable()
    table.add(RouteTemplate.parse(template), None, template)
    hit = table.find("GET", path)
    return None if hit is None else hit[1]


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("v1/scans", "/v1/scans", {}),
        ("v1/scans", "/V1/Scans/", {}),
        ("v1/scans", "/v1/scans/x", None),
        ("/v1/scans/", "/v1/scans", {}),
        ("", "/", {}),
        ("a/{id}", "/a/B c", {"id": "B c"}),
        ("a/{id}", "/a", None),
        ("a/{id}", "/a/", None),
        ("a/{id}", "/a/b/c", None),
        ("a/{id?}", "/a", {}),
        ("a/{id?}", "/a/5", {"id": "5"}),
        ("a/{id}/b", "/a/x/B", {"id": "x"}),
        ("a/{id}/b", "/a//b", None),
        ("a/{*rest}", "/a/b/c", {"rest": "b/c"}),
        ("a/{*rest}", "/a", {}),
        ("a/{**rest}", "/a/b", {"rest": "b"}),
        ("{id:guid}", f"/{GUID}", {"id": GUID}),
        ("{id:guid}", f"/{GUID.replace('-', '')}", {"id": GUID.replace("-", "")}),
        ("{id:guid}", f"/{GUID[:-1]}", None),
        ("{n:int}", "/-5", {"n": "-5"}),
        ("{n:int}", "/2147483648", None),
        ("{n:long}", "/2147483648", {"n": "2147483648"}),
        ("{n:int?}", "/", {}),
        ("{b:bool}", "/TRUE", {"b": "TRUE"}),
        ("{b:bool}", "/yes", None),
        ("{a:alpha}", "/ab1", None),
        ("{a:alpha:minlength(3)}", "/ab", None),
        ("{a:alpha:minlength(3)}", "/abc", {"a": "abc"}),
        ("{a:maxlength(2)}", "/abc", None),
        ("{a:length(2,3)}", "/abc", {"a": "abc"}),
        ("{a:length(2)}", "/abc", None),
        ("{n:range(1,10)}", "/11", None),
        ("{n:min(18)}", "/18", {"n": "18"}),
        ("{n:max(120)}", "/121", None),
        ("{x:regex(^\\d{{3}}$)}", "/123", {"x": "123"}),
        ("{x:regex(^\\d{{3}}$)}", "/12", None),
        ("{x:regex(^[a-f]/?[0-9]$)}", "/a1", {"x": "a1"}),
        ("{when:datetime}", "/2026-01-02", {"when": "2026-01-02"}),
        ("{when:datetime}", "/soon", None),
        ("{d:decimal}", "/1.5", {"d": "1.5"}),
    ],
)
def test_match(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert match(template, path) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{id:uuid}",
        "{id:length(x)}",
        "{id:range(1)}",
        "{id:regex([)}",
        "{id:regex(^a{2}$)}",
        "{id",
        "id}",
        "a{id}",
        "{a}/{A}",
        "{a?}/b",
        "{*a}/b",
        "a//b",
        "{1a}",
        "x" * 2000,
    ],
)
def test_refused(template: str) -> None:
    with pytest.raises(RouteTemplateError):
        RouteTemplate.parse(template)


ROUTES = ["{*rest}", "items/{id}", "items/{id:guid}", "items/special", "items/{*path}", "items/{*g:guid}"]


@given(st.permutations(ROUTES))
def test_precedence_does_not_depend_on_the_order(order: list[str]) -> None:
    table: RouteTable[str] = RouteTable()
    for template in order:
        table.add(RouteTemplate.parse(template), ["GET"], template)
    expected = {
        "/items/special": "items/special",
        f"/items/{GUID}": "items/{id:guid}",
        "/items/x": "items/{id}",
        "/items/x/y": "items/{*path}",
        "/other": "{*rest}",
    }
    for path, template in expected.items():
        hit = table.find("GET", path)
        assert hit is not None and hit[0] == template


def test_the_method_is_part_of_the_match() -> None:
    table: RouteTable[str] = RouteTable()
    table.add(RouteTemplate.parse("a/b"), ["POST"], "literal")
    table.add(RouteTemplate.parse("a/{x}"), ["GET"], "parameter")
    table.add(RouteTemplate.parse("any"), None, "any")
    assert table.find("GET", "/a/b") == ("parameter", {"x": "b"})
    assert table.find("POST", "/a/b") == ("literal", {})
    assert table.find("PUT", "/a/b") is None
    assert table.find("TRACE", "/any") == ("any", {})


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a/b", "/a/b"),
        (b"/a%20b", "/a b"),
        (b"/a%2Fb", "/a%2Fb"),
        (b"/%2f%41", "/%2fA"),
        (b"/k%C3%B6rper", "/körper"),
    ],
)
def test_an_escaped_slash_stays_in_its_segment(raw: bytes, path: str) -> None:
    assert decode_path(raw) == path


@given(st.text(max_size=60))
def test_any_template_parses_or_is_refused(template: str) -> None:
    try:
        parsed = RouteTemplate.parse(template)
    except RouteTemplateError:
        return
    parsed.match(["a", "b"])


@given(st.binary(max_size=60))
def test_any_path_is_answered(raw: bytes) -> None:
    table: RouteTable[str] = RouteTable()
    table.add(RouteTemplate.parse("a/{id:int}/{*rest}"), None, "x")
    table.find("GET", decode_path(b"/" + raw))
