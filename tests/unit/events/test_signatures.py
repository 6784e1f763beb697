"""Signatures: the contract's golden vectors, published rows, the seed's own receiver, and others' library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.webhook_signatures import (
    body_signature,
    message_key,
    message_signature,
    signature_headers,
    verify_body,
    verify_message,
)

ROOT = Path(__file__).resolve().parents[3]
CORPUS = Path(os.environ.get("CORPUS_DIR", str(ROOT.parent / "shared" / "data"))) / "webhooks"
SECRET = "your-webhook-secret"
BODY = (
    b'{"event_type":"finding.created","timestamp":"2025-08-05T17:43:01Z","data":{"finding_id":'
    b'"finding-20250805-174301","severity":"critical","title":"Unrestricted SSH access detected",'
    b'"resource_name":"SSH","resource_group":"Honeypot_group"}}'
)


def rows(name: str) -> list[Any]:
    path = CORPUS / name
    if not path.is_file():
        mark = pytest.mark.skip(reason=f"no corpus at {path}; set CORPUS_DIR")
        return [pytest.param(None, marks=mark, id="corpus-absent")]
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [pytest.param(row, id=row["id"]) for row in found]


def test_golden_vectors() -> None:
    assert len(BODY) == 236
    assert body_signature(SECRET, BODY) == (
        "sha256=3caf37ac1b3e0065c82c660d069faf7e8ca71c95c07a00e4f9f35a89335e1c2b"
    )
    assert message_signature(SECRET, "msg_20250805174301", 1754415781, BODY) == (
        "v1,oh5OQN3hOAj1KFbpI1noalEIBG9jyJW59RCAsa6i0k8="
    )


@pytest.mark.parametrize("row", rows("signatures.jsonl"))
def test_published_rows(row: dict[str, Any]) -> None:
    if row["scheme"] == "raw-hmac-sha256":
        key, data = bytes.fromhex(row["key_hex"]), bytes.fromhex(row["data_hex"])
        encoded = "whsec_" + base64.b64encode(key).decode()
        assert message_key(encoded) == key
        assert hmac.new(message_key(encoded), data, hashlib.sha256).hexdigest() == row["expected_hex"]
        return
    if row.get("kind") == "signed_content":
        stamp = int(row["timestamp"])
        expected = hmac.new(b"k", row["expected_signed_content"].encode(), hashlib.sha256).digest()
        signed = message_signature("k", row["msg_id"], stamp, row["payload"].encode())
        assert signed == "v1," + base64.b64encode(expected).decode()
        return
    secret = base64.b64decode(row["secret_b64"]).decode()
    if row["scheme"] == "hmac-sha256-hex":
        assert verify_body(secret, row["signature"], row["payload"].encode()) is row["valid"]
        return
    # The libraries of the scheme take what lacks the prefix for base64 too.
    secret = secret if secret.startswith("whsec_") else f"whsec_{secret}"
    now = datetime.fromtimestamp(row["now"], UTC)
    given_headers, body = row["headers"], row["payload"].encode()
    assert verify_message(secret, given_headers, body, now, row["tolerance_s"]) is row["valid"]


def seed_verify_webhook(payload: str, signature: str, secret: str) -> bool:
    """The receiver's function as the API documentation of the product prints it."""
    expected = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={expected}", signature)


TEXTS = st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=200)


@given(body=TEXTS, secret=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=16))
def test_the_documented_receiver_accepts_what_is_sent(body: str, secret: str) -> None:
    if secret.startswith("whsec_"):
        return
    headers = signature_headers([secret], "msg_1", datetime(2026, 1, 1, tzinfo=UTC), body.encode())
    assert seed_verify_webhook(body, headers["X-Security-Copilot-Signature"], secret)


@pytest.mark.parametrize("secret", [SECRET, "whsec_" + base64.b64encode(b"\x00\xff" * 16).decode()])
def test_the_library_of_standard_webhooks_accepts_what_is_sent(secret: str) -> None:
    library = pytest.importorskip("standardwebhooks")
    now = datetime.now(UTC)
    sent = signature_headers([secret, "an-older-secret"], "msg_20250805174301", now, BODY)
    headers = {name.lower(): value for name, value in sent.items()}
    for one in (secret, "an-older-secret"):
        encoded = one if one.startswith("whsec_") else "whsec_" + base64.b64encode(one.encode()).decode()
        assert library.Webhook(encoded).verify(BODY.decode(), headers) == json.loads(BODY)
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook("whsec_" + base64.b64encode(b"somebody else's").decode()).verify(BODY, headers)


@given(
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature", "x"]), TEXTS
    ),
    body=st.binary(max_size=50),
    secret=TEXTS,
)
def test_no_header_makes_verification_fail_otherwise_than_by_refusing(
    headers: dict[str, str], body: bytes, secret: str
) -> None:
    assert verify_message(secret, headers, body, datetime(2026, 1, 1, tzinfo=UTC)) is False


def test_the_tolerance_counts_both_ways() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    headers = signature_headers([SECRET], "msg_1", now, BODY)
    for seconds, valid in ((300, True), (-300, True), (301, False), (-301, False)):
        assert verify_message(SECRET, headers, BODY, now + timedelta(seconds=seconds)) is valid
