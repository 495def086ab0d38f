"""One way to declare an address: who may call it, what it takes and gives, all from the view's signature.

The same declaration routes the request, guards it, checks it, serialises the answer, keeps it under the
caller's Idempotency-Key and describes it in the OpenAPI document. An address without a stated set of roles
cannot be declared.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter
from sqlalchemy.orm import Session

from api_service.auth import Caller, Role
from api_service.deps import Deps
from shared.registry.idempotency import RequestKey

API_BASE = "/api/phase-7"
JSON_BYTES = 1 << 20
MEDIA_BYTES = 32 << 20

Answer = TypeVar("Answer")
View = Callable[..., Any]
Declared = TypeVar("Declared", bound=View)


def product_version() -> str:
    """The installed version of Rounds; a tree that was never installed says so."""
    try:
        return version("rounds")
    except PackageNotFoundError:
        return "0+source"


@dataclass(frozen=True)
class Call:
    """One request: who asks, when, and the transaction that the view works in.

    A view that keeps its own transactions (serving must answer without the database) finds none here.
    """

    deps: Deps
    caller: Caller
    now: datetime
    key: RequestKey | None = None
    opened: Session | None = None

    @property
    def session(self) -> Session:
        """The transaction of this request."""
        if self.opened is None:
            raise RuntimeError("this address keeps its own transactions")
        return self.opened

    def within(self, session: Session) -> "Call":
        """The same call inside a transaction."""
        return replace(self, opened=session)


@dataclass(frozen=True)
class Reply(Generic[Answer]):
    """An answer with more than a body: its status, headers, and what `Prefer: wait` waits for.

    `done` is asked in a transaction of its own until it gives the finished answer.
    """

    body: Answer
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    done: Callable[[Session], Answer | None] | None = None


@dataclass(frozen=True)
class Rules:
    """What a declaration may state beyond path and roles."""

    status: int = 200
    body_bytes: int = JSON_BYTES
    own_transactions: bool = False
    media_types: tuple[str, ...] = ("application/json",)
    refusals: tuple[int, ...] = ()  # statuses beside those that follow from roles, path and body


@dataclass(frozen=True)
class Endpoint:
    """One declared address."""

    method: str
    path: str
    roles: frozenset[Role]
    view: View
    rules: Rules
    body: tuple[str, type[BaseModel]] | None = None
    query: type[BaseModel] | None = None
    answer: TypeAdapter[Any] | None = None

    @property
    def name(self) -> str:
        """A unique name: the view's module and function."""
        return f"{self.view.__module__.rsplit('.', 1)[-1]}.{self.view.__name__}"


class Group:
    """The addresses of one module, below one prefix."""

    def __init__(self, prefix: str = API_BASE) -> None:
        self.prefix = prefix
        self.endpoints: list[Endpoint] = []

    def get(
        self, path: str, *, roles: frozenset[Role], rules: Rules | None = None
    ) -> Callable[[Declared], Declared]:
        """Declare a read."""
        return self._declare("GET", path, roles=roles, rules=rules or Rules())

    def post(
        self, path: str, *, roles: frozenset[Role], rules: Rules | None = None
    ) -> Callable[[Declared], Declared]:
        """Declare a write; the caller's Idempotency-Key is honoured without a word in the view."""
        return self._declare("POST", path, roles=roles, rules=rules or Rules())

    def _declare(
        self, method: str, path: str, *, roles: frozenset[Role], rules: Rules
    ) -> Callable[[Declared], Declared]:
        def declared(view: Declared) -> Declared:
            found = Endpoint(method, self.prefix + path, roles, view, rules)
            self.endpoints.append(_with_signature(found))
            return view

        return declared


def _with_signature(endpoint: Endpoint) -> Endpoint:
    hints = get_type_hints(endpoint.view)
    body = query = None
    for name in inspect.signature(endpoint.view).parameters:
        kind = hints[name]
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            continue
        if name == "query":
            query = kind
        else:
            body = (name, kind)
    return replace(endpoint, body=body, query=query, answer=_answer_of(hints["return"]))


def _answer_of(hint: Any) -> TypeAdapter[Any] | None:  # noqa: ANN401 - a type expression
    shape = get_args(hint)[0] if get_origin(hint) is Reply else hint
    plain = isinstance(shape, type) and shape.__module__.startswith("flask")
    return None if plain else TypeAdapter(shape)
