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


def valid_objects() -> list[Any]:
    """Rows that the schema speaks of. The invalid ones are the judgement of `POST /v1/eventgrid`."""
    found = []
    for given in rows("cloudevents.jsonl"):
        row = given.values[0]
        if row is None or (row["valid"] and row["mode"] == "structured"):
            found.append(given)
    return found


@pytest.mark.parametrize("row", valid_objects())
def test_valid_rows_are_valid(row: dict[str, Any]) -> None:
    assert list(cloud_events_schema().iter_errors(row["body"])) == []
