"""What a port may raise beside its documented results. Adapters translate library errors into these."""

from __future__ import annotations

from typing import Final

from shared.domain.text import one_line

MAX_MESSAGE: Final = 1000
"""Characters of a message that quotes Azure."""


class PortError(Exception):
    """Base of every failure of a port."""


class AlreadyExistsError(PortError):
    """Insert-if-absent met something already there."""


class VersionConflictError(PortError):
    """A conditional write named a version that is no longer the stored one."""


class MissingError(PortError):
    """The thing to change or read is not there."""


class StorageUnavailableError(PortError):
    """Storage does not answer, after the client's own retries."""


class WriteUncertainError(StorageUnavailableError):
    """A connection broke in the middle of a write, which may have been done or not; storage answers again."""


class BrokerUnavailableError(PortError):
    """The message broker does not answer, after the client's own retries."""


class SigningKeysUnavailableError(PortError):
    """The keys of a token issuer cannot be had: no answer, or one that is no key set of that issuer."""


class InventoryError(PortError):
    """Reading Azure failed. `transient`: a later try may succeed; `status` is HTTP's, 0 if none.

    The message is one line of at most MAX_MESSAGE characters, whatever Azure's own says.
    """

    def __init__(self, message: str, *, status: int = 0, code: str = "", transient: bool = False) -> None:
        super().__init__(one_line(message, MAX_MESSAGE))
        self.status = status
        self.code = code
        self.transient = transient


class InventoryDeniedError(InventoryError):
    """Azure refused the read (401, 403)."""


class NetworkBlockedError(InventoryDeniedError):
    """The resource's firewall or network kept the call out: no permission would help."""


class PageTooLargeError(InventoryError):
    """The answer would exceed the service's size limit: ask again with fewer rows."""


def no_result(what: str, seconds: float) -> InventoryError:
    """The error of an operation that did not come to its end in time."""
    return InventoryError(f"{what}: no result within {seconds:g} s", code="Timeout", transient=True)
