"""What the pipeline, the route table and the handlers pass to each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel

from functions.http.conditional import Condition
from shared.api.errors import ErrorCode
from shared.api.query import NoQuery
from shared.domain.idempotency import Attempt
from shared.domain.principal import Principal, Role
from shared.services.application import Application

BodyT = TypeVar("BodyT", bound=BaseModel)
QueryT = TypeVar("QueryT", bound=NoQuery)

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
PROBLEM_JSON: Final = "application/problem+json"
TEXT: Final = "text/plain; charset=utf-8"

NO_CONTENT: Final = ""
"""Stands for the model of an answer without a body."""

RETRY_AFTER: Final = "Retry-After"
POLL_SECONDS: Final = "2"
"""`Retry-After` of operations under way (contract 2.7)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came, but no larger than any other: for callers that speak a protocol of their own.

    `address`: where it came from, as far as that can be known.
    """

    headers: Mapping[str, str]
    content: bytes
    address: str | None


@dataclass(frozen=True, slots=True)
class Call(Generic[BodyT, QueryT]):
    """One request whose caller, body and query have passed every check. `path` is concrete and quoted.

    `if_match` is the caller's condition; `attempt` is set where the call carries an idempotency key: ids made
    from its first time and its key are the same in every attempt.
    """

    request_id: str
    path: str
    parameters: Mapping[str, str]
    body: BodyT
    query: QueryT
    caller: Principal | None
    if_match: Condition | None = None
    attempt: Attempt | None = None
    sent: Sent | None = None
    """What came, of a route that takes it unparsed."""

    @property
    def principal(self) -> Principal:
        """The caller of a route that requires a role.

        Raises:
            LookupError: the route is anonymous.
        """
        if self.caller is None:
            raise LookupError("an anonymous route has no principal")
        return self.caller


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a wire model, or bytes of the given media type."""

    status: int
    body: BaseModel | bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


NO_CONTENT_REPLY: Final = Reply(204, b"")

Handler = Callable[[Call[BodyT, QueryT], Application], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Route(Generic[BodyT, QueryT]):
    """One row of the route table.

    `path` is the template without a leading slash; `roles` None means anonymous; `responses` maps each
    status of success (and 503 of readiness) to its model, or to a media type where the body is no model.
    `errors` are codes that cannot be told from the other members. `counted` says whether the call counts
    against the caller's hourly quota. `tagged`: answers carry an entity tag, and requests may be conditional.
    against the caller's hourly quota. `secret_answer` says that the answer holds a secret shown this once: it
    is kept nowhere, not even to be replayed. `unparsed`: the handler gets `Call.sent` instead of a body, and
    knows its callers by itself.
    """

    contract_id: str
    name: str
    method: Method
    path: str
    summary: str
    handler: Handler[BodyT, QueryT]
    roles: frozenset[Role] | None
    body: type[BodyT]
    query: type[QueryT]
    responses: Mapping[int, type[BaseModel] | str]
    errors: tuple[ErrorCode, ...] = ()
    counted: bool = True
    tagged: bool = False
    media_types: tuple[str, ...] = (JSON,)
    secret_answer: bool = False
    unparsed: bool = False

    @property
    def writes(self) -> bool:
        """Whether the call may change something, and so belongs into the audit trail."""
        return self.method not in ("GET", "OPTIONS")

    @property
    def takes_if_match(self) -> bool:
        """Whether a write may be conditional on the resource's entity tag."""
        return self.tagged and self.method != "GET"

    @property
    def repeatable(self) -> bool:
        """Whether an `Idempotency-Key` is heeded."""
        return self.method == "POST" and not self.unparsed

    @property
    def takes_body(self) -> bool:
        """Whether the method carries a body."""
        return self.method in ("POST", "PUT", "PATCH")
