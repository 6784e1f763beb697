"""`python -m shared.create_api_key --name NAME`: the first administrator's API key, made beside the app.

    python -m shared.create_api_key --name NAME [--role ROLE] [--tier TIER] [--days N] [--settings FILE]

Storage and the pepper come from the app's settings: the environment, or a JSON file (`local.settings.json`,
or the `settings.json` of a local stack's state folder), which goes first. Prints one JSON line on stdout: id,
role, tier, expires_at and the key, which is kept nowhere. The audit trail names the person at the machine.
Exit code 2: wrong use or settings; 1: storage does not answer.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from shared.container import open_key_desk
from shared.domain.audit import AuditIntent, AuditOutcome
from shared.domain.ids import IdKind, make_id
from shared.domain.principal import Role, Tier
from shared.domain.timestamps import whole_second, wire_time
from shared.ports.errors import StorageUnavailableError
from shared.services.api_keys import MAX_LIFETIME, NewApiKey
from shared.settings import KeyCommandSettings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the key and print it; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.create_api_key", description="Make an API key.")
    parser.add_argument("--name", required=True, help="what people will know it by")
    parser.add_argument("--role", choices=[role.value for role in Role], default=Role.ADMIN.value)
    parser.add_argument("--tier", choices=[tier.value for tier in Tier], default=Tier.STANDARD.value)
    parser.add_argument("--days", type=int, default=365, help=f"until it expires, 1 to {MAX_LIFETIME.days}")
    parser.add_argument("--settings", type=Path, help="JSON file with the app's settings")
    options = parser.parse_args(arguments)
    if not 1 <= options.days <= MAX_LIFETIME.days:
        parser.error(f"--days: a number from 1 to {MAX_LIFETIME.days}")
    try:
        settings = KeyCommandSettings.from_environment(_environment(options.settings))
        print(json.dumps(asyncio.run(_make(settings, options))), flush=True)
    except (SettingsError, OSError, ValueError) as error:
        print(f"create_api_key: {error}", file=sys.stderr)
        return 2
    except StorageUnavailableError as error:
        print(f"create_api_key: {error}", file=sys.stderr)
        return 1
    return 0


def _environment(file: Path | None) -> Mapping[str, str]:
    if file is None:
        return os.environ
    document = json.loads(file.read_text(encoding="utf-8"))
    values = document.get("Values", document) if isinstance(document, dict) else None
    if not isinstance(values, dict):
        raise ValueError(f"{file} holds no settings")
    return {**os.environ, **{name: str(value) for name, value in values.items()}}


async def _make(settings: KeyCommandSettings, options: argparse.Namespace) -> dict[str, str]:
    async with AsyncExitStack() as stack:
        keys, audit, clock, tokens = await open_key_desk(settings, stack)
        now = whole_second(clock.now())
        by = f"command:{getpass.getuser()}"
        intent = AuditIntent(
            request_id=make_id(IdKind.REQUEST, now, tokens.token(8)),
            at=now,
            principal_id=by,
            principal_name="python -m shared.create_api_key",
            role=None,
            address=None,
            method="COMMAND",
            path="/v1/api-keys",
            operation="create_api_key",
        )
        await audit.begin(intent)
        expires_at = now + timedelta(days=options.days)
        wanted = NewApiKey(options.name, Role(options.role), Tier(options.tier), expires_at)
        record, text = await keys.create(wanted, by)
        await audit.end(intent, AuditOutcome(status=201, resource=f"/v1/api-keys/{record.key_id}"))
        return {
            "id": record.key_id,
            "role": record.role.value,
            "tier": record.tier.value,
            "expires_at": wire_time(record.expires_at),
            "key": text,
        }
    raise AssertionError("unreachable")


if __name__ == "__main__":
    sys.exit(main())
