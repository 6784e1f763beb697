"""Which queues and topics the server has, how each behaves, and the server's limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

EntityName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._/-]{0,258}[A-Za-z0-9])?$", max_length=260)
]
"""Queue and topic names: letters, digits, `.`, `_`, `-` and `/`, at most 260 characters."""

SubscriptionName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$", max_length=50)
]

_STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
_TEN_YEARS = 315_360_000


class ConfigError(ValueError):
    """The configuration is invalid; the text names each field and the reason."""


class QueueSettings(BaseModel):
    """How a queue or subscription behaves. All times are in seconds."""

    model_config = _STRICT

    lock_duration: float = Field(default=60, ge=0.1, le=300)
    """How long a peek-lock holds; Service Bus allows 5 to 300, tests use less."""
    max_delivery_count: int = Field(default=10, ge=1, le=2000)
    """Failed deliveries after which a message is dead-lettered."""
    default_ttl: float | None = Field(default=None, gt=0, le=_TEN_YEARS)
    """Upper bound of every message's time to live; None means unlimited."""
    dead_letter_on_expiry: bool = False
    """Whether an expired message goes to the dead-letter queue instead of being dropped."""
    duplicate_detection_window: float = Field(default=0, ge=0, le=604_800)
    """How long a message id is remembered; 0 switches duplicate detection off."""
    requires_session: bool = False
    max_size_bytes: int = Field(default=1 << 30, ge=1 << 16, le=80 << 30)
    """Sends are refused with `amqp:resource-limit-exceeded` once the queue holds this much."""


class TopicSettings(BaseModel):
    """A topic: every message is copied to every subscription (there are no filter rules)."""

    model_config = _STRICT

    subscriptions: dict[SubscriptionName, QueueSettings] = Field(default_factory=dict, max_length=2000)


class Limits(BaseModel):
    """What one client, or all together, may make the server hold."""

    model_config = _STRICT

    max_message_bytes: int = Field(default=262_144, ge=1024, le=100 << 20)
    """Largest message or batch: 256 KiB is the Standard tier's limit."""
    max_frame_size: int = Field(default=65_536, ge=512, le=1 << 20)
    max_connections: int = Field(default=256, ge=1, le=5000)
    max_sessions_per_connection: int = Field(default=64, ge=1, le=256)
    max_links_per_session: int = Field(default=256, ge=1, le=4096)
    max_unsettled_per_session: int = Field(default=5000, ge=1, le=100_000)
    """Locked deliveries of one AMQP session; more wait until some are settled."""
    max_session_waiters: int = Field(default=1000, ge=1, le=100_000)
    """Receivers that wait for the next available session of one queue."""
    idle_timeout: float = Field(default=240, ge=0.2, le=3600)
    """Seconds without a frame after which a connection is closed."""
    open_timeout: float = Field(default=20, ge=0.2, le=300)
    """Seconds within which a new connection must have been opened."""


class Config(BaseModel):
    """The whole namespace."""

    model_config = _STRICT

    queues: dict[EntityName, QueueSettings] = Field(default_factory=dict, max_length=10_000)
    topics: dict[EntityName, TopicSettings] = Field(default_factory=dict, max_length=10_000)
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        seen: set[str] = set()
        for name in (*self.queues, *self.topics):
            if name.lower() in seen:
                raise ValueError(f"the name '{name}' is used twice (names ignore case)")
            seen.add(name.lower())
        return self


def parse_config(document: object) -> Config:
    """Validate a configuration that was read from JSON.

    Raises:
        ConfigError: with one line for each wrong field.
    """
    try:
        return Config.model_validate(document, strict=False)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from error


def load_config(path: Path) -> Config:
    """Read and validate a JSON file.

    Raises:
        ConfigError: unreadable, not JSON, or invalid.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    try:
        return Config.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in problem["loc"]) or "configuration"
        lines.append(f"{where}: {problem['msg']}")
    return "; ".join(lines)
