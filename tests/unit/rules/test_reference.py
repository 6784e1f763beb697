"""The reference of rules is current, and every check of the catalogue is built or accounted for."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from scripts.rule_docs import PAGE, page
from shared.rules.not_automated import DROPPED, MANUAL
from shared.rules.registry import all_rules

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = Path(os.environ.get("CORPUS_DIR", ROOT.parent / "shared" / "data")).parent / "catalogue.json"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m scripts.rule_docs"


def test_what_is_built_is_not_said_to_be_left_out() -> None:
    built = {rule.metadata.rule_id for rule in all_rules()}
    assert not built & {*MANUAL, *DROPPED}
    assert not set(MANUAL) & set(DROPPED)


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the catalogue of checks is not on this machine")
def test_every_check_of_the_catalogue_is_built_manual_or_dropped() -> None:
    wanted = {row["id"] for row in json.loads(CATALOGUE.read_text())}
    built = {rule.metadata.rule_id for rule in all_rules()}
    assert wanted - built == {*MANUAL, *DROPPED}
