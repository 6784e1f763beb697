"""The official schema of CloudEvents judges its published rows; what we publish is judged by it elsewhere."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.unit.events.test_signatures import CORPUS, rows


def cloud_events_schema() -> jsonschema.Draft7Validator:
    """The schema as the specification's repository has it."""
    path = CORPUS / "cloudevents.schema.json"
    if not path.is_file():
        pytest.skip(f"no corpus at {path}; set CORPUS_DIR")
    return jsonschema.Draft7Validator(json.loads(path.read_text()), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("row", rows("cloudevents.jsonl"))
def test_valid_rows_are_valid(row: dict[str, Any]) -> None:
    if row.get("mode") != "structured" or not isinstance(row.get("body"), dict) or not row["valid"]:
        pytest.skip("a form that is not published here, or broken in ways that a schema cannot tell")
    assert list(cloud_events_schema().iter_errors(row["body"])) == []
