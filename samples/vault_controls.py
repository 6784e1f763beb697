"""What is kept in a key vault: keys, secrets and certificates with dates around a fixed day."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from samples.arm import Resource
from samples.controls import ABSENT, Furnishing, Setting, child, extension, vary

KIND = "Microsoft.KeyVault/vaults"

VAULT = (
    Setting("keyvault.purge_protection", "properties.enablePurgeProtection", True, ABSENT, 0.25),
    Setting("keyvault.rbac", "properties.enableRbacAuthorization", True, False, 0.3),
)
_DAY = 86_400
_NAMES = ("orders", "billing", "signing", "partner-api", "mail", "search")


def attributes(now: datetime, rng: Random, expires_in_days: int | None) -> dict[str, Any]:
    """Attributes as the vault tells them, in seconds since the epoch; created up to 300 days before `now`."""
    today = int(now.timestamp())
    created = today - rng.randint(1, 300) * _DAY
    told: dict[str, Any] = {"enabled": True, "created": created, "updated": created}
    if expires_in_days is not None:
        told["exp"] = today + expires_in_days * _DAY
    return {**told, "recoveryLevel": "Recoverable+Purgeable"}


def expiry(rng: Random) -> int | None:
    """Days until an object expires: none, past, within 30 days, or later."""
    return rng.choices((None, -40, 12, 400), weights=(3, 1, 2, 6))[0]


def readable(vault: Resource) -> bool:
    """Whether a scanner outside the vault's network can list what is in it."""
    rules = vault["properties"].get("networkAcls") or {}
    return bool(
        vault["properties"].get("publicNetworkAccess") != "Disabled" and rules.get("defaultAction") != "Deny"
    )


def furnish(vault: Resource, rng: Random, now: datetime) -> Furnishing:
    """The vault's settings varied, its logging, and what it keeps where it can be listed."""
    done = Furnishing.empty()
    done.expectations += vary(vault, VAULT, rng)
    logged = rng.random() < 0.5
    if logged:
        logs = [{"category": None, "categoryGroup": "audit", "enabled": True}]
        group = vault["id"].partition("/providers/")[0]
        workspace = f"{group}/providers/Microsoft.OperationalInsights/workspaces/logs"
        target = {"workspaceId": workspace, "logs": logs, "metrics": []}
        done.add(extension(vault, "Microsoft.Insights/diagnosticSettings", "to-logs", target))
    done.expect("logging.keyvault", vault, logged)
    if readable(vault):
        _keep(done, vault, rng, now)
    return done


def _keep(done: Furnishing, vault: Resource, rng: Random, now: datetime) -> None:
    model = "rbac" if vault["properties"]["enableRbacAuthorization"] else "policy"
    day = now.date().isoformat()
    name = rng.choice(_NAMES)
    days = expiry(rng)
    key = child(vault, f"{KIND}/keys", f"{name}-key", {
        "kty": "RSA", "keySize": 3072, "keyOps": ["sign", "verify"], "attributes": attributes(now, rng, days),
        "keyUri": f"{vault['properties']['vaultUri']}keys/{name}-key",
    })  # fmt: skip
    rotates = rng.random() < 0.5
    if rotates:
        key["properties"]["rotationPolicy"] = {
            "attributes": {"expiryTime": "P1Y"},
            "lifetimeActions": [{"trigger": {"timeAfterCreate": "P9M"}, "action": {"type": "rotate"}}],
        }
    done.add(key)
    done.expect(f"keyvault.key_expiry_{model}", key, days is not None)
    done.expect("keyvault.key_rotation", key, rotates)
    _expect_end(done, key, "key", days, day)
    for serial in range(rng.randint(1, 2)):
        days = expiry(rng)
        secret = child(vault, f"{KIND}/secrets", f"{name}-{serial}", {
            "attributes": attributes(now, rng, days), "contentType": "text/plain",
            "secretUri": f"{vault['properties']['vaultUri']}secrets/{name}-{serial}",
        })  # fmt: skip
        done.add(secret)
        done.expect(f"keyvault.secret_expiry_{model}", secret, days is not None)
        _expect_end(done, secret, "secret", days, day)
    if rng.random() < 0.4:
        _certificate(done, vault, rng, now)


def _expect_end(done: Furnishing, line: Resource, kind: str, days: int | None, day: str) -> None:
    """What has ended is no longer about to end: each is a rule of its own."""
    if days is not None:
        done.expect(f"keyvault.{kind}_expired", line, days > 0, day)
        done.expect(f"keyvault.{kind}_near_expiry", line, not 0 < days <= 30, day)


def _certificate(done: Furnishing, vault: Resource, rng: Random, now: datetime) -> None:
    months = rng.choice((12, 12, 36))
    days = rng.choice((9, 200))
    told = attributes(now, rng, days)
    # It began when its policy says, counted back from its end.
    told["created"] = told["updated"] = told["nbf"] = told["exp"] - round(months * 365.25 / 12) * _DAY
    certificate = child(vault, f"{KIND}/certificates", "tls", {
        "attributes": told, "x5t": f"{rng.getrandbits(160):027x}"[:27],
        "policy": {"issuer": {"name": "DigiCert"}, "key_props": {"exportable": True, "kty": "RSA",
                   "key_size": 2048, "reuse_key": False},
                   "secret_props": {"contentType": "application/x-pkcs12"},
                   "x509_props": {"subject": "CN=shop.example", "validity_months": months}},
    })  # fmt: skip
    done.add(certificate)
    done.expect("keyvault.certificate_validity", certificate, months <= 12)
    done.expect("keyvault.certificate_near_expiry", certificate, days > 30, now.date().isoformat())


def day_text(now: datetime, days: int) -> str:
    """The moment `days` after `now`, as Microsoft Graph writes times."""
    return (now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
