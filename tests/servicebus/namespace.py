"""The namespace that the contract suite expects, and how it is reached.

By default the suite starts `python -m devhost.servicebus` with these entities. To run the same
cases against a real namespace, set SERVICEBUS_TEST_CONNECTION_STRING to a connection string with
Send and Listen rights, and create the queues and topics beforehand: `python -m
tests.servicebus.namespace` prints the settings of each. SERVICEBUS_TEST_QUEUE_PREFIX is put before
every name. A real namespace locks for 5 seconds at least, so queues with a shorter lock here get 5
there and the suite takes longer. All entities must be empty.
"""

from __future__ import annotations

import json
import os
from typing import Any

KINDS = ("sync", "aio")
SHORT_LOCK = 2.0
REAL_SHORT_LOCK = 5.0

_LONG = {"lock_duration": 30, "max_delivery_count": 10}
_SHORT = {"lock_duration": SHORT_LOCK, "max_delivery_count": 10}

QUEUES: dict[str, dict[str, Any]] = {
    "abandon": {**_LONG, "max_delivery_count": 3},
    "auth": _LONG,
    "auto-renew": {**_LONG, "lock_duration": 5},
    "batch": _LONG,
    "big": _LONG,
    "cancel": _LONG,
    "compete": _LONG,
    "complete": _LONG,
    "dead": _LONG,
    "default-ttl": {**_LONG, "default_ttl": 1, "dead_letter_on_expiry": True},
    "defer": _LONG,
    "delete": _LONG,
    "duplicates": {**_LONG, "duplicate_detection_window": 600},
    "lock": _SHORT,
    "peek": _LONG,
    "renew": _SHORT,
    "schedule": _LONG,
    "session-list": {**_LONG, "requires_session": True},
    "session-lock": {**_SHORT, "requires_session": True},
    "session-none": {**_LONG, "requires_session": True},
    "sessions": {**_LONG, "requires_session": True},
    "ttl-dead": {**_LONG, "dead_letter_on_expiry": True},
    "ttl-drop": _LONG,
}
TOPICS: dict[str, dict[str, Any]] = {"news": {"subscriptions": {"first": _LONG, "second": _LONG}}}


def configuration() -> dict[str, Any]:
    """The configuration of the local server: every entity once for each kind of client."""
    return {
        "queues": {f"{name}-{kind}": settings for name, settings in QUEUES.items() for kind in KINDS},
        "topics": {f"{name}-{kind}": settings for name, settings in TOPICS.items() for kind in KINDS},
    }


def real_connection_string() -> str | None:
    """The connection string of a real namespace, where one is to be tested."""
    return os.environ.get("SERVICEBUS_TEST_CONNECTION_STRING")


def queue_prefix() -> str:
    """What every entity name starts with on a real namespace."""
    return os.environ.get("SERVICEBUS_TEST_QUEUE_PREFIX", "") if real_connection_string() else ""


if __name__ == "__main__":
    for kind_of_entity, entities in configuration().items():
        for entity, entity_settings in entities.items():
            print(kind_of_entity, queue_prefix() + entity, json.dumps(entity_settings))
