"""Sealing with Fernet (AES-128-CBC and HMAC-SHA256, https://github.com/fernet/spec), or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

_MARK: Final = b"fernet:"


class FernetSealer:
    """Seals under the first key, opens under any: rotation is putting a new key in front."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Args:
        keys: 32 bytes each in base64url, as `Fernet.generate_key()` gives them; none: nothing is sealed.

        Raises:
            ValueError: a key has another form.
        """
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    def seal(self, data: bytes) -> bytes:
        """See `Sealer.seal`."""
        return data if self._fernet is None else _MARK + self._fernet.encrypt(data)

    def open(self, sealed: bytes) -> bytes:
        """See `Sealer.open`."""
        if not sealed.startswith(_MARK):
            return sealed
        if self._fernet is None:
            raise ValueError("the stored document is sealed and no key is configured")
        try:
            return self._fernet.decrypt(sealed.removeprefix(_MARK))
        except InvalidToken as error:
            raise ValueError("the stored document is sealed under another key, or was altered") from error
