"""Furnished estates: settings in both variants, a truth that resources bear out, dates around a fixed day."""

import hashlib
import io
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from samples.control_readers import READERS, UNREAD, View
from samples.control_truth import control_records
from samples.controls import ABSENT, Expectation, Setting, child, put, vary
from samples.estate import EstateSpec, Part, parts
from samples.full import NOW
from samples.generate import main, write_estate
from samples.records import PlantingError
from shared.rules.registry import all_rules

ROOT = Path(__file__).parents[2]
CATALOGUE = Path(os.environ.get("CORPUS_DIR", ROOT.parent / "shared" / "data")).parent / "catalogue.json"


def everything(spec: EstateSpec) -> list[dict[str, Any]]:
    return [resource for part in parts(spec) for resource in part.resources]


@pytest.fixture(scope="module")
def made() -> list[Part]:
    return list(parts(EstateSpec(10_000, 1, furnished=True)))


@pytest.fixture(scope="module")
def controls(made: list[Part]) -> list[dict[str, Any]]:
    return [record for part in made for record in part.truth() if record["kind"] == "controls"]


@pytest.mark.parametrize("count", [1, 50, 130, 999, 3000])
def test_a_furnished_estate_has_exactly_as_many_resources_as_asked_for(count: int) -> None:
    assert len(everything(EstateSpec(count, 4, furnished=True))) == count


def test_same_seed_and_day_same_bytes() -> None:
    def digest(**changes: Any) -> str:
        stream, truth = io.BytesIO(), io.BytesIO()
        spec = EstateSpec(1500, 3, furnished=True, **changes)
        write_estate(spec, stream, truth, io.StringIO())
        return hashlib.sha256(stream.getvalue() + truth.getvalue()).hexdigest()

    assert digest() == digest()
    assert digest() != digest(now=NOW + timedelta(days=1))


def test_a_furnished_landing_zone_has_the_network_of_the_plain_one() -> None:
    plain = list(parts(EstateSpec(2000, 6, subscriptions=1)))[:20]
    made = parts(EstateSpec(2000, 6, subscriptions=1, furnished=True))
    furnished = [part for part in made if part.edge is None][1:21]
    for one, other in zip(plain, furnished, strict=True):
        assert one.plants == other.plants
        networks = [
            [resource for resource in part.resources if resource["type"].startswith("Microsoft.Network/")]
            for part in (one, other)
        ]
        assert networks[0] == networks[1]


def test_ids_are_unique(made: list[Part]) -> None:
    ids = [(one["id"].lower(), one["type"]) for part in made for one in part.resources]
    assert len(set(ids)) == len(ids)


def test_children_have_their_parents_and_scopes(made: list[Part]) -> None:
    known = {one["id"].lower() for part in made for one in part.resources}
    for part in made:
        for one in part.resources:
            names = one["id"].rpartition("/providers/")[2].split("/")
            if one["type"].startswith("Microsoft.") and len(names) > 3:
                assert one["id"].rsplit("/", 2)[0].lower() in known, one["id"]
                assert one["type"] == "/".join([names[0], *names[1::2]])


def test_every_rule_of_the_truth_has_both_variants_somewhere() -> None:
    fails: set[str] = set()
    passes: set[str] = set()
    for seed in range(8):
        for part in parts(EstateSpec(3000, seed, subscriptions=3, furnished=True)):
            for one in part.expectations:
                (passes if one.passes else fails).add(one.rule_id)
    assert passes == fails
    assert passes | fails == READERS.keys() | UNREAD


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the rule catalogue is not beside this checkout")
def test_the_rules_are_the_catalogues_or_this_builds() -> None:
    catalogue = {row["id"] for row in json.loads(CATALOGUE.read_text())}
    assert READERS.keys() | UNREAD <= catalogue | {rule.metadata.rule_id for rule in all_rules()}


def test_a_record_names_each_rule_once(controls: list[dict[str, Any]]) -> None:
    assert len(controls) > 1500
    for record in controls:
        assert not set(record["fails"]) & set(record["passes"])
        assert record["as_of"].keys() <= {*record["fails"], *record["passes"]}
    assert len({record["resource_id"] for record in controls}) == len(controls)


def test_a_setting_that_was_changed_afterwards_is_a_disagreement(made: list[Part]) -> None:
    part = next(part for part in made if any(one.rule_id == "storage.min_tls" for one in part.expectations))
    meant = next(one for one in part.expectations if one.rule_id == "storage.min_tls")
    resources = orjson.loads(orjson.dumps(part.resources))
    account = next(one for one in resources if one["id"] == meant.resource_id)
    put(account, "properties.minimumTlsVersion", "TLS1_0" if meant.passes else "TLS1_2")
    with pytest.raises(PlantingError, match=r"storage\.min_tls"):
        list(control_records(resources, part.expectations))


def test_a_missing_child_is_a_disagreement() -> None:
    server = {"id": "/s", "type": "Microsoft.Sql/servers", "properties": {}}
    with pytest.raises(PlantingError, match=r"sql\.auditing"):
        list(control_records([server], [Expectation("sql.auditing", "/s", True)]))


def test_variants_are_written_under_their_path() -> None:
    resource: dict[str, Any] = {"id": "/r", "properties": {"old": 1}}
    settings = (
        Setting("r.one", "properties.a.b", True, False, 1.0),
        Setting("r.two", "properties.old", 1, ABSENT, 1.0),
    )
    assert vary(resource, settings, Random(1)) == [
        Expectation("r.one", "/r", False),
        Expectation("r.two", "/r", False),
    ]
    assert resource["properties"] == {"a": {"b": False}}


def test_the_view_tells_children_from_extensions() -> None:
    account = {
        "id": "/subscriptions/s/resourceGroups/g/providers/A.B/c/one",
        "type": "A.B/c",
        "properties": {},
    }
    below = child(account, "A.B/c/d", "x", {})
    extension = {"id": account["id"] + "/providers/I.J/k/y", "type": "I.J/k", "properties": {}}
    on_subscription = {"id": "/subscriptions/s/providers/I.J/k/z", "type": "I.J/k", "properties": {}}
    view = View([account, below, extension, on_subscription])
    assert view.below(account["id"].upper(), "/d") == [below]
    assert view.below(account["id"], "/k") == [extension]
    assert view.below("/subscriptions/s", "/k") == [on_subscription]


def test_dates_lie_around_the_given_day() -> None:
    now = datetime(2031, 5, 6, tzinfo=UTC)
    found = everything(EstateSpec(3000, 2, furnished=True, now=now))
    secrets = [one for one in found if one["type"] == "Microsoft.KeyVault/vaults/secrets"]
    days = {
        round((one["properties"]["attributes"]["exp"] - now.timestamp()) / 86_400)
        for one in secrets
        if "exp" in one["properties"]["attributes"]
    }
    assert days == {-40, 12, 400}
    apps = [one["properties"] for one in found if one["type"] == "graph/applications"]
    ends = {key["endDateTime"] for app in apps for key in app["passwordCredentials"]}
    assert min(ends) < "2031-05-06" < max(ends)


def test_no_secret_has_a_value(made: list[Part]) -> None:
    for part in made:
        for one in part.resources:
            if one["type"].startswith("Microsoft.KeyVault/"):
                assert "value" not in one["properties"]


def test_the_directory_answers_for_the_role_assignments(made: list[Part]) -> None:
    people = {one["properties"]["id"] for one in made[0].resources if one["type"].startswith("graph/")}
    orphans = {
        one.resource_id
        for part in made
        for one in part.expectations
        if one.rule_id == "rbac.orphaned_assignment" and not one.passes
    }
    assigned = [
        one
        for part in made[:-1]
        for one in part.resources
        if one["type"] == "Microsoft.Authorization/roleAssignments"
    ]
    assert len(assigned) > 300
    for one in assigned:
        assert (one["properties"]["principalId"] in people) == (one["id"] not in orphans)


def test_ten_thousand_take_less_than_three_seconds() -> None:
    began = time.perf_counter()
    write_estate(EstateSpec(10_000, 5, furnished=True), io.BytesIO(), None, io.StringIO())
    assert time.perf_counter() - began < 3


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "full.jsonl"
    arguments = ["--resources", "500", "--seed", "1", "--full", "--now", "2030-01-01", "--out", str(out)]
    assert main([*arguments, "--truth", str(tmp_path / "truth.jsonl")]) == 0
    assert b'"graph/applications"' in out.read_bytes()
    with pytest.raises(SystemExit):
        main(["--resources", "5", "--seed", "1", "--now", "yesterday"])
    assert "--now" in capsys.readouterr().err
