"""Long-running operations in progress: they move on by one step each time a client asks how they are."""

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devhost.azure.errors import ArmError
from devhost.azure.faults import OperationCourse

MAX_OPERATIONS: Final = 10_000


@dataclass(slots=True)
class _Operation:
    polls_left: int
    outcome: str
    finish: Callable[[bool], None]
    retry_after: int
    result: bytes | None = None
    done: bool = False


class Operations:
    """Operations by id; the oldest are forgotten beyond :data:`MAX_OPERATIONS`."""

    def __init__(self) -> None:
        self._operations: OrderedDict[str, _Operation] = OrderedDict()

    def begin(
        self, course: OperationCourse, finish: Callable[[bool], None], result: bytes | None = None
    ) -> str:
        """Start one; ``finish`` is called once at its end, with True when it succeeded. Gives the id.

        ``result`` is what its ``Location`` answers in the end; None for nothing.
        """
        operation_id = str(uuid.uuid4())
        self._operations[operation_id] = _Operation(
            course.polls, course.outcome, finish, course.retry_after, result
        )
        while len(self._operations) > MAX_OPERATIONS:
            self._operations.popitem(last=False)
        return operation_id

    def result(self, operation_id: str) -> bytes | None:
        """What an operation that succeeded came to; None for nothing."""
        operation = self._operations.get(operation_id.lower())
        return None if operation is None or operation.outcome != "Succeeded" else operation.result

    def poll(self, operation_id: str) -> tuple[str, int]:
        """``(status, retry_after)`` after one more step; status as Azure names it.

        Raises:
            ArmError: 404 for an id that was never given or is forgotten.
        """
        operation = self._operations.get(operation_id.lower())
        if operation is None:
            raise ArmError(404, "OperationNotFound", f"The operation '{operation_id}' was not found.")
        if not operation.done:
            operation.polls_left -= 1
            if operation.polls_left > 0:
                return "InProgress", operation.retry_after
            operation.done = True
            operation.finish(operation.outcome == "Succeeded")
        return operation.outcome, 0
