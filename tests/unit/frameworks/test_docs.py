"""The pages about frameworks are those that the framework files give."""

from __future__ import annotations

from scripts.framework_docs import DOCS, pages


def test_the_pages_are_current() -> None:
    stale = [
        path
        for path, content in pages().items()
        if not (DOCS / path).is_file() or (DOCS / path).read_text() != content
    ]
    assert stale == [], "run `python -m scripts.framework_docs`"


def test_no_page_is_left_over() -> None:
    kept = {f"frameworks/{path.name}" for path in (DOCS / "frameworks").glob("*.md")}
    assert kept == set(pages()) - {"frameworks.md"}
