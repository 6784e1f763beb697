"""Making stored secrets unreadable for those who can read the tables."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Seals bytes and opens them again; both sides know which key."""

    def seal(self, data: bytes) -> bytes:
        """The sealed form."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """The inverse of `seal`, also for what was sealed under an earlier key or stored without one.

        Raises:
            ValueError: it was sealed under a key that is not known, or altered.
        """
        ...
