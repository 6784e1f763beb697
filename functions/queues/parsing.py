"""Reading messages of queues."""

from __future__ import annotations

from typing import Final, TypeVar

import azure.functions as func
from pydantic import BaseModel, ValidationError

CONNECTION: Final = "ServiceBus"
"""Prefix of the connection settings: `ServiceBus`, or `ServiceBus__fullyQualifiedNamespace`."""

Body = TypeVar("Body", bound=BaseModel)


class PoisonMessageError(Exception):
    """A message's body is none of ours. It is delivered until the broker dead-letters it, then kept."""


def parsed(model: type[Body], message: func.ServiceBusMessage) -> Body:
    """The body as `model`.

    Raises:
        PoisonMessageError: it is something else.
    """
    try:
        return model.model_validate_json(message.get_body())
    except ValidationError as error:
        raise PoisonMessageError(f"not a {model.__name__}: {error.error_count()} errors") from None


def dead_letter_reason(message: func.ServiceBusMessage) -> str | None:
    """Why the broker gave a message up, where it says so."""
    return message.dead_letter_reason if hasattr(message, "dead_letter_reason") else None
