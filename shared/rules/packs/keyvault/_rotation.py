"""Rotation of keys by their policy.

Every key has a policy; the one it has unless told otherwise only notifies, 30 days before the key ends:
https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation. The policy is read key by
key, so one that is absent was not read. Types of actions compare in any case:
https://learn.microsoft.com/rest/api/keyvault/keys/get-key-rotation-policy/get-key-rotation-policy
"""

from __future__ import annotations

from typing import Final

from shared.rules.columns import ColumnError, text_at, value_at
from shared.rules.expectations import Columns, Expectation, Verdict, some_entry_has

_POLICY: Final = "properties.rotationPolicy"
_REFUSAL: Final = "properties.rotationPolicyUnread"
"""Why it could not be read, beside the attributes of the key."""
_rotates: Final = some_entry_has(f"{_POLICY}.lifetimeActions", "action.type", "Rotate")


def _judge(columns: Columns) -> Verdict:
    if value_at(columns, _POLICY) is None:
        raise ColumnError(f"{_POLICY}: {text_at(columns, _REFUSAL) or 'was not read'}")
    return _rotates.judge(columns)


rotates: Final = Expectation((*_rotates.paths, _REFUSAL), _judge)
"""The key's policy has an action that rotates it."""
