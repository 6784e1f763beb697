"""Text of others on one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.text import one_line
from shared.ports.errors import MAX_MESSAGE, InventoryError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Client address is not authorized.\r\nVault: kv\r\n", "Client address is not authorized. Vault: kv"),
        ("a\tb\x00c\x1b[31m\u2028d", "a b c [31m d"),
        ("", ""),
        ("x" * 30, "x" * 17 + "..."),
        ("x" * 20, "x" * 20),
    ],
)
def test_lines(text: str, line: str) -> None:
    assert one_line(text, 20 if text.startswith("x") else 100) == line


@given(st.text(max_size=300), st.integers(4, 60))
def test_always_one_bounded_line(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert len(line) <= longest and line.isprintable() and len(line.splitlines()) <= 1
    assert one_line(line, longest) == line


def test_no_error_of_azure_has_several_lines() -> None:
    assert str(InventoryError("one\r\ntwo " + "x" * 5000)).startswith("one two x")
    assert len(str(InventoryError("x" * 5000))) == MAX_MESSAGE
