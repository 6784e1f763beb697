"""The command that makes the first key: its key is one that the app knows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.adapters.clock import SecretsTokenSource, SystemClock
from shared.adapters.storage_clients import table_service
from shared.adapters.tables.api_keys import TableApiKeyStore
from shared.adapters.tables.audit import TableAuditLog
from shared.domain.principal import Role
from shared.services.api_keys import ApiKeys

ROOT = Path(__file__).resolve().parents[2]
PEPPER = "Wn6cT2fX8hV4jD1sG9kP5qM7bR3yL0zE"


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shared.create_api_key", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "USER": "robin", **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.local_stack
async def test_the_key_works_and_is_audited(storage_connection_string: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    values = {
        "Storage__connectionString": storage_connection_string,
        "SECURITY_COPILOT_API_KEY_PEPPER": PEPPER,
    }
    file.write_text(json.dumps({"Values": values}))
    done = run("--name", "First administrator", "--settings", str(file))
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert set(printed) == {"id", "role", "tier", "expires_at", "key"}
    async with table_service(connection_string=storage_connection_string) as tables:
        keys = ApiKeys(TableApiKeyStore(tables), PEPPER, SystemClock(), SecretsTokenSource())
        principal = await keys.principal_of(printed["key"])
        assert principal is not None
        assert (principal.id, principal.role) == (printed["id"], Role.ADMIN)
        entries = (await TableAuditLog(tables).page(50)).entries
        written = [entry for entry in entries if entry.intent.operation == "create_api_key"]
        assert written[0].intent.principal_id.startswith("command:")
        assert written[0].outcome is not None
        assert written[0].outcome.resource == f"/v1/api-keys/{printed['id']}"


def test_settings_that_are_missing_are_named() -> None:
    done = run("--name", "n")
    assert done.returncode == 2
    assert "AzureWebJobsStorage is required" in done.stderr
    assert "SECURITY_COPILOT_API_KEY_PEPPER is required" in done.stderr


@pytest.mark.parametrize("days", ["0", "731", "99999999999"])
def test_an_expiry_that_cannot_be(days: str, storage_connection_string: str) -> None:
    settings = {"AzureWebJobsStorage": storage_connection_string, "SECURITY_COPILOT_API_KEY_PEPPER": PEPPER}
    done = run("--name", "n", "--days", days, **settings)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_storage_that_is_away_is_one_sentence() -> None:
    away = (
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=YQ==;"
        "TableEndpoint=http://127.0.0.1:1/devstoreaccount1;"
    )
    done = run("--name", "n", AzureWebJobsStorage=away, SECURITY_COPILOT_API_KEY_PEPPER=PEPPER)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
