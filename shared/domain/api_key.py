"""API keys that the service hands out (X-17): their text, their record, their digest.

A key reads `sck_<prefix>_<secret>`: 12 and 52 characters of a-z2-7 (RFC 4648 base32), of which the secret
carries 260 random bits. The prefix is public: it names the record, so that one read finds it. That holds
HMAC-SHA256 (RFC 2104) of the whole key under the deployment's pepper, which is not in the same storage: who
reads the table can neither use a key nor test guesses.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from shared.domain.ids import BASE32
from shared.domain.principal import Principal, Role, Tier

SCHEME: Final = "sck"
"""First part of every key, for secret scanners."""
PREFIX_LENGTH: Final = 12
SECRET_LENGTH: Final = 52
_KEY: Final = re.compile(rf"{SCHEME}_([{BASE32}]{{{PREFIX_LENGTH}}})_[{BASE32}]{{{SECRET_LENGTH}}}", re.ASCII)
_ID: Final = re.compile(rf"key-[{BASE32}]{{{PREFIX_LENGTH}}}", re.ASCII)


class ApiKeyRecord(BaseModel):
    """What is kept of a key. `digest` is hexadecimal; `last_used_at` is true to within the write interval."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    key_id: str
    digest: str
    name: str
    role: Role
    tier: Tier
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        """The caller that the key stands for."""
        return Principal(self.key_id, self.name, self.role, self.tier)


def key_id_of(prefix: str) -> str:
    """The id of the key with that prefix."""
    return f"key-{prefix}"


def is_key_id(text: str) -> bool:
    """Whether `text` has the form of an id of a key."""
    return _ID.fullmatch(text) is not None


def key_text(prefix: str, secret: str) -> str:
    """The key as its owner gets it.

    Raises:
        ValueError: a part has the wrong length or alphabet.
    """
    text = f"{SCHEME}_{prefix}_{secret}"
    if _KEY.fullmatch(text) is None:
        raise ValueError("not the parts of an API key")
    return text


def prefix_of(text: str) -> str | None:
    """The prefix of a presented key; None when it is none of ours by its form."""
    match = _KEY.fullmatch(text)
    return None if match is None else match[1]


def digest_of(text: str, pepper: str) -> str:
    """What a record keeps of a key."""
    return hmac.new(pepper.encode(), text.encode(), hashlib.sha256).hexdigest()


def fits(text: str, pepper: str, record: ApiKeyRecord) -> bool:
    """Whether a presented key is the one of the record, in constant time."""
    return hmac.compare_digest(digest_of(text, pepper), record.digest)
