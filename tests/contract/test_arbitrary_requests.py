"""Whatever arrives, no answer is a 500: through the whole pipeline and the real use cases."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.api.security import SecurityScanBody
from shared.api.v1 import ScanBody
from tests.contract.harness import Api
from tests.contract.harness import settings as app_settings

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine and a first run, which builds the tables of characters, are no failures."""

API = Api(app_settings(SECURITY_COPILOT_FAILED_ATTEMPTS="1000000"))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
LIKELY = st.sampled_from(
    ["full", "network", "critical", "slack", "resource_group", "subscription", "", "s-1"]
)
FIELDS = st.sampled_from([*ScanBody.model_fields, *SecurityScanBody.model_fields])
DOCUMENTS = st.dictionaries(FIELDS, VALUES | LIKELY | st.lists(LIKELY, max_size=3), max_size=5)
LISTS = st.sampled_from(["/v1/scans", "/v1/findings", "/v1/rules", "/api/v1/security/scans"])
PARAMETERS = st.sampled_from(
    ["limit", "offset", "cursor", "status", "severity", "scan_type", "class", "other"]
)


@PATIENT
@given(st.sampled_from(["/v1/scans", "/api/v1/security/scans"]), DOCUMENTS)
def test_bodies(url: str, document: dict[str, Any]) -> None:
    answer = asyncio.run(API.post(url, json.dumps(document).encode()))
    assert answer.status in (202, 400)
    if answer.status == 400:
        assert answer.error["details"]["field"]


@PATIENT
@given(st.sampled_from(["/v1/scans", "/api/v1/security/scans"]), st.binary(max_size=80))
def test_bytes(url: str, body: bytes) -> None:
    assert asyncio.run(API.post(url, body)).status in (202, 400)


@PATIENT
@given(LISTS, st.dictionaries(PARAMETERS, st.text(max_size=20), max_size=3))
def test_queries(url: str, parameters: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    assert asyncio.run(API.get(f"{url}?{query}")).status in (200, 400)


@PATIENT
@given(st.text(min_size=1).filter(lambda text: "/" not in text and "?" not in text and "#" not in text))
def test_ids(text: str) -> None:
    for kind in ("scans", "findings", "rules"):
        answer = asyncio.run(API.call("GET", f"/v1/{kind}/x", path_value=text))
        assert answer.status == 404


@PATIENT
@given(st.text(max_size=60), st.text(max_size=60))
def test_headers(authorization: str, accept: str) -> None:
    headers = {"Authorization": authorization, "Accept": accept}
    assert asyncio.run(API.get("/v1/scans", role=None, headers=headers)).status == 401
