"""The API for people: one page made of the OpenAPI document, without scripts or anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

HTML: Final = "text/html; charset=utf-8"

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:14px ui-monospace,monospace}summary{cursor:pointer;padding:.3rem 0}"
    "details{border-bottom:1px solid #8884}details details{border:0;margin-left:1rem}"
    "b.m{display:inline-block;min-width:4.5rem}table{border-collapse:collapse}"
    "td,th{text-align:left;vertical-align:top;padding:.15rem .8rem .15rem 0}"
    ":root{color-scheme:light dark}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Nothing but this page's own style (https://www.w3.org/TR/CSP3/)."""


def page(document: Mapping[str, Any]) -> bytes:
    """The page of an OpenAPI document."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        '<meta name=viewport content="width=device-width,initial-scale=1">',
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>",
        f'<p>{escape(info["description"])}</p><p><a href="openapi.json">openapi.json</a></p>',
    ]
    tag = None
    for method, path, operation in sorted(_operations(document), key=lambda one: one[2]["tags"]):
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            parts.append(f"<h2>{escape(tag)}</h2>")
        parts += _operation(method, path, operation)
    parts.append("<h2>schemas</h2>")
    parts += (_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    return "".join(parts).encode()


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<details><summary><b class=m>{method}</b> <code>{escape(path)}</code> "
    yield f"{escape(operation['summary'])}</summary><p>{escape(operation['description'])}</p>"
    rows = [
        (one["name"], one["in"], _kind(one["schema"]), one.get("description", ""))
        for one in operation.get("parameters", ())
    ]
    yield _table(("parameter", "in", "type", ""), rows)
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body <code>{escape(media_type)}</code>: {escape(_kind(content['schema']))}</p>"
    answers = [
        (
            status,
            answer["description"],
            ", ".join(_kind(one["schema"]) for one in answer.get("content", {}).values()),
        )
        for status, answer in operation["responses"].items()
    ]
    yield _table(("status", "meaning", "body"), answers) + "</details>"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    rows = [
        (
            member,
            _kind(one),
            "required" if member in schema.get("required", ()) else "",
            one.get("description", ""),
        )
        for member, one in schema.get("properties", {}).items()
    ]
    about = escape(schema.get("description", _kind(schema)))
    return (
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary><p>{about}</p>'
        f"{_table(('member', 'type', '', ''), rows)}</details>"
    )


def _table(heads: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _kind(schema: Mapping[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("const") or schema.get("type", "any"))
