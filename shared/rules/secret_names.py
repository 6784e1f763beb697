"""Names that suggest that a secret stands behind them: settings, parameters, environment variables.

Only the name is looked at, never the value. The last words decide: `DB_PASSWORD` and `smtpApiKey` hold a
secret, `PASSWORD_POLICY`, `TOKEN_ENDPOINT` and `KeyVaultSecretName` say something about one.
"""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MAX_NAME: Final = 300

_ORDER: Final = frozenset({"primary", "secondary", "dev", "test", "stage", "staging", "prod", "production"})
"""Words that only tell several secrets of one kind apart."""

_ENDINGS: Final = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "accountkey",
    "authkey",
    "masterkey",
    "privatekey",
    "secretkey",
    "sharedkey",
)
_WHOLE: Final = frozenset({"pass", "token", "sas", "pat"})
_KINDS_OF_KEY: Final = frozenset(
    {"access", "account", "api", "auth", "decryption", "encryption", "function", "host", "jwt", "master"}
    | {"private", "secret", "shared", "signing", "storage", "subscription"}
)


def suggests_secret(name: str) -> bool:
    """Whether the name, in any style of writing, ends in what a secret is called."""
    words = [word.lower() for word in _WORDS.findall(name[:_MAX_NAME])]
    while words and (words[-1].isdigit() or words[-1] in _ORDER):
        words.pop()
    if not words:
        return False
    last = words[-1]
    if last in _WHOLE or last.endswith(_ENDINGS):
        return True
    return last == "key" and len(words) > 1 and words[-2] in _KINDS_OF_KEY
