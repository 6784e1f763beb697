"""The part of the settings that says who may call, how often, and where callers come from."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from shared.domain.api_key import is_key_id
from shared.domain.principal import Principal, Role, Tier
from shared.settings_reader import SettingsReader, Variable

MIN_API_KEY: Final = 24
MIN_PEPPER: Final = 32
MAX_API_KEYS: Final = 1000
MAX_LISTED: Final = 1000
MAX_HOPS: Final = 10
ADMIN_KEY_ID: Final = "configured-admin"
"""Principal of the key in SECURITY_COPILOT_ADMIN_KEY."""

_GUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_API_KEYS: Final = "SECURITY_COPILOT_API_KEYS"
_ADMIN_KEY: Final = "SECURITY_COPILOT_ADMIN_KEY"
_TENANTS: Final = "SECURITY_COPILOT_ENTRA_TENANTS"
_AUDIENCES: Final = "SECURITY_COPILOT_ENTRA_AUDIENCES"

IDENTITY_VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(_API_KEYS, 'JSON list of {"id", "name", "role", "key"[, "tier"]}; keys of at least 24 '
             "characters", secret=True),
    Variable(_ADMIN_KEY, "an administrator's API key of at least 24 characters; meant for a Key Vault "
             "reference", secret=True),
    Variable("SECURITY_COPILOT_API_KEY_PEPPER", "under it API keys are hashed, changing it voids them all; "
             "at least 32 characters", secret=True),
    Variable(_TENANTS, "comma list of Entra tenant ids whose tokens are accepted; none when unset"),
    Variable(_AUDIENCES, "comma list of what `aud` may say: App ID URI and client id",
             default="api://security-copilot"),
    Variable("SECURITY_COPILOT_ENTRA_AUTHORITY", "base URL of Entra: metadata, and issuer of v2.0 tokens",
             default="https://login.microsoftonline.com"),
    Variable("SECURITY_COPILOT_ENTRA_V1_ISSUER", "base URL of the issuer of v1.0 tokens",
             default="https://sts.windows.net"),
    Variable("SECURITY_COPILOT_ENTRA_TIER", "tier of Entra principals: standard, professional, enterprise",
             default="standard"),
    Variable("SECURITY_COPILOT_ENTRA_TIERS", 'JSON object: tier -> list of "<tenant id>:<object id>" that '
             "have another tier"),
    Variable("SECURITY_COPILOT_RATE_LIMIT_FIELDS", "whether answers also carry the draft RateLimit fields",
             default="false"),
    Variable("SECURITY_COPILOT_FAILED_ATTEMPTS", "refused credentials that one address may send in an hour",
             default="100"),
    Variable("SECURITY_COPILOT_TRUSTED_HOPS", "proxies in front that append to X-Forwarded-For; 1 is the "
             "platform alone, 2 with Front Door or an Application Gateway", default="1"),
)  # fmt: skip


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ApiKey(_Frozen):
    """An API key and what its bearer may do. `id` is the principal in audit and limits."""

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    name: str = Field(min_length=1, max_length=200)
    role: Role
    tier: Tier = Tier.STANDARD
    key: SecretStr = Field(min_length=MIN_API_KEY, max_length=512)

    @field_validator("key")
    @classmethod
    def _visible(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("a key is visible ASCII, so that a header can carry it")
        return value

    @property
    def principal(self) -> Principal:
        """The caller that the key stands for."""
        return Principal(self.id, self.name, self.role, self.tier)


class EntraSettings(_Frozen):
    """Whose tokens are accepted; see `shared.adapters.entra.tokens.EntraTrust`."""

    tenants: frozenset[str]
    audiences: frozenset[str]
    authority: str
    v1_issuer: str
    default_tier: Tier
    tiers: dict[str, Tier]


class IdentitySettings(_Frozen):
    """Who may call. `entra` None: no tokens are accepted. `keys` includes the administrator's own."""

    keys: tuple[ApiKey, ...]
    pepper: SecretStr
    entra: EntraSettings | None
    rate_limit_fields: bool
    failed_attempts: int
    trusted_hops: int


def read_identity(reader: SettingsReader) -> IdentitySettings | None:
    """Read and validate; None after a problem was noted that leaves nothing to build from."""
    keys = reader.json_list(_API_KEYS, ApiKey, MAX_API_KEYS, required=False)
    keys += _admin_key(reader)
    _check_keys(reader, keys)
    pepper = read_pepper(reader)
    entra = _entra(reader)
    fields = reader.boolean("SECURITY_COPILOT_RATE_LIMIT_FIELDS")
    attempts = reader.number("SECURITY_COPILOT_FAILED_ATTEMPTS", 1, 1_000_000, whole=True)
    hops = reader.number("SECURITY_COPILOT_TRUSTED_HOPS", 1, MAX_HOPS, whole=True)
    if pepper is None:
        return None
    return IdentitySettings(
        keys=keys,
        pepper=pepper,
        entra=entra,
        rate_limit_fields=fields,
        failed_attempts=int(attempts),
        trusted_hops=int(hops),
    )


def read_pepper(reader: SettingsReader) -> SecretStr | None:
    """The pepper alone; None after a problem was noted."""
    return reader.secret("SECURITY_COPILOT_API_KEY_PEPPER", minimum=MIN_PEPPER)


def _admin_key(reader: SettingsReader) -> tuple[ApiKey, ...]:
    key = reader.secret(_ADMIN_KEY, minimum=MIN_API_KEY, required=False)
    if key is None:
        return ()
    if not re.fullmatch(r"[!-~]{24,512}", key.get_secret_value()):
        reader.problem(_ADMIN_KEY, "must be 24 to 512 characters of visible ASCII")
        return ()
    return (ApiKey(id=ADMIN_KEY_ID, name="Administrator of the settings", role=Role.ADMIN, key=key),)


def _check_keys(reader: SettingsReader, keys: tuple[ApiKey, ...]) -> None:
    if len({entry.id for entry in keys}) != len(keys):
        reader.problem(_API_KEYS, "ids must be unique")
    if len({entry.key.get_secret_value() for entry in keys}) != len(keys):
        reader.problem(_API_KEYS, "keys must be unique")
    if any(is_key_id(entry.id) for entry in keys):
        reader.problem(_API_KEYS, "ids must not look like those of keys that the service hands out")
    for index, entry in enumerate(keys):
        if entry.id != ADMIN_KEY_ID:
            reader.refuse_placeholder(f"{_API_KEYS}[{index}].key", entry.key.get_secret_value())


def _entra(reader: SettingsReader) -> EntraSettings | None:
    tenants = frozenset(name.lower() for name in reader.text_list(_TENANTS, MAX_LISTED))
    audiences = frozenset(reader.text_list(_AUDIENCES, MAX_LISTED))
    authority = reader.url("SECURITY_COPILOT_ENTRA_AUTHORITY")
    v1_issuer = reader.url("SECURITY_COPILOT_ENTRA_V1_ISSUER")
    tier = reader.choice("SECURITY_COPILOT_ENTRA_TIER", Tier)
    tiers = _tiers(reader)
    if not all(re.fullmatch(_GUID, tenant) for tenant in tenants):
        reader.problem(_TENANTS, "must be tenant ids (GUIDs), separated by commas")
    if authority is not None and urlsplit(authority).path:
        reader.problem("SECURITY_COPILOT_ENTRA_AUTHORITY", "must have no path")
    if not tenants or authority is None or v1_issuer is None or tier is None:
        return None
    return EntraSettings(
        tenants=tenants,
        audiences=audiences,
        authority=authority,
        v1_issuer=v1_issuer,
        default_tier=tier,
        tiers=tiers,
    )


def _tiers(reader: SettingsReader) -> dict[str, Tier]:
    name = "SECURITY_COPILOT_ENTRA_TIERS"
    tiers: dict[str, Tier] = {}
    for tier, principals in reader.json_lists_by_name(name, len(Tier), MAX_LISTED).items():
        if tier not in [known.value for known in Tier]:
            reader.problem(name, "keys must be " + ", ".join(known.value for known in Tier))
            continue
        for principal in principals:
            if not re.fullmatch(f"{_GUID}:{_GUID}", principal.lower()):
                reader.problem(f"{name}.{tier}", 'must hold "<tenant id>:<object id>"')
            else:
                tiers[principal.lower()] = Tier(tier)
    return tiers
