"""Sealed versions, what two of them differ in, and cases taken back."""

import json
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy.orm import Session

from api_service import cursor
from api_service.auth import READERS, Role
from api_service.endpoint import Call, Group, Reply, Rules
from api_service.parse import PAGE_MOST, Body, Name, Opaque, PageQuery, Sentence, TypeQuery
from api_service.show.datasets import DatasetShown, SealingShown, WithdrawalDetail, WithdrawalShown
from api_service.show.shape import link
from shared.domain import dataset_card
from shared.domain import diff as told
from shared.registry import cards, datasets, diffs, seal_orders, withdrawals
from shared.registry.tables import SealOrder, Withdrawal

group = Group()
STEWARDS = frozenset({Role.STEWARD, Role.APPROVER})
CARD = Rules(media_types=("application/json", "text/markdown"))
DIFF = Rules(media_types=("application/json", "text/html", "text/plain"))


class DatasetsQuery(Body):
    """Of which model type, all of them where none is named; `offset` counts from the newest."""

    model_type: Name | None = None
    limit: int = Field(50, ge=1, le=PAGE_MOST)
    offset: int = Field(0, ge=0, le=10_000)


class DiffQuery(Body):
    """In which form."""

    format: Literal["json", "text", "html"] = "json"


class CardQuery(Body):
    """In which form."""

    format: Literal["json", "markdown"] = "json"


class PairQuery(DiffQuery):
    """Which two versions, in which form."""

    a: Name
    b: Name


class WithdrawalWish(Body):
    """`POST /withdrawals`: whose consent ends, by record number or opaque id, and why."""

    person: Opaque
    cause: Sentence = Field("consent withdrawn")


@group.get("/datasets", roles=READERS)
def list_datasets(call: Call, query: DatasetsQuery) -> list[DatasetShown]:
    """Sealed versions, newest first."""
    found = datasets.page(call.session, query.model_type, limit=query.limit, offset=query.offset)
    names = datasets.names(call.session, {one.parent_id for one in found if one.parent_id})
    return [DatasetShown.of(one, names.get(one.parent_id) if one.parent_id else None) for one in found]


@group.post("/datasets", roles=frozenset({Role.STEWARD}), rules=Rules(status=202))
def seal(call: Call, wish: TypeQuery) -> Reply[SealingShown]:
    """Seal what may be learnt from now; with nothing new the answer is the version that stands."""
    order = seal_orders.ask(call.session, wish.model_type, actor=call.caller.name, now=call.now)
    shown, order_id = _sealing(call.session, order), order.id
    return Reply(
        shown,
        headers={"Location": shown.links["self"]},
        done=lambda session: _sealed(session, order_id),
    )


@group.get("/sealings/{sealing_id}", roles=READERS)
def show_sealing(call: Call, sealing_id: UUID) -> SealingShown:
    """What became of a sealing that was asked for."""
    return _sealing(call.session, seal_orders.get(call.session, sealing_id))


@group.get("/datasets/diff", roles=READERS, rules=DIFF)
def diff_of_two(call: Call, query: PairQuery) -> Response:
    """The same as `/datasets/{a}/diff/{b}`, by query."""
    return diff(call, query.a, query.b, query=DiffQuery(format=query.format))


@group.get("/datasets/{version}", roles=READERS)
def show_dataset(call: Call, version: str) -> DatasetShown:
    """One sealed version with its counts by label, source, subgroup and side."""
    found = datasets.named(call.session, version)
    return DatasetShown.of(found, datasets.name_of(call.session, found.parent_id))


@group.get("/datasets/{before}/diff/{after}", roles=READERS, rules=DIFF)
def diff(call: Call, before: str, after: str, *, query: DiffQuery) -> Response:
    """What came, went, was relabelled and shifted between two versions, and whether anybody leaked."""
    pair = datasets.named(call.session, before), datasets.named(call.session, after)
    found = diffs.diff(call.session, *pair)
    if query.format == "json":
        return Response(json.dumps(found), content_type="application/json")
    if query.format == "html":
        return Response(told.as_page(found), content_type="text/html; charset=utf-8")
    return Response(told.as_text(found), content_type="text/plain; charset=utf-8")


@group.get("/datasets/{version}/card", roles=READERS, rules=CARD)
def card(call: Call, version: str, query: CardQuery) -> Response:
    """What a person should know before a model learns from it, as data or as a page of Markdown."""
    found = cards.of_dataset(call.session, datasets.named(call.session, version))
    if query.format == "markdown":
        return Response(dataset_card.to_markdown(found), content_type="text/markdown; charset=utf-8")
    return Response(json.dumps(found), content_type="application/json")


@group.post("/withdrawals", roles=STEWARDS, rules=Rules(status=201))
def withdraw(call: Call, wish: WithdrawalWish) -> Reply[WithdrawalShown]:
    """Take a person's cases out of learning; lists and flags everything that used them."""
    row = withdrawals.of_person(
        call.session,
        wish.person,
        vault=call.deps.vault,
        cause=wish.cause,
        actor=call.caller.name,
        now=call.now,
    )
    return Reply(_shown(row), headers={"Location": link("withdrawals", row.id)})


@group.get("/withdrawals", roles=STEWARDS)
def list_withdrawals(call: Call, query: PageQuery) -> Reply[list[WithdrawalShown]]:
    """Withdrawals and corrections, newest first; the next page is in the Link header."""
    vault = call.deps.vault
    found = withdrawals.page(call.session, after=cursor.read(vault, query.cursor), limit=query.limit)
    headers = {}
    if len(found) == query.limit:
        asked = {"limit": query.limit, "cursor": cursor.written(vault, (found[-1].created_at, found[-1].id))}
        headers["Link"] = f'<{link("withdrawals")}?{urlencode(asked)}>; rel="next"'
    return Reply([_shown(row) for row in found], headers=headers)


@group.get("/withdrawals/{withdrawal_id}", roles=STEWARDS)
def show_withdrawal(call: Call, withdrawal_id: UUID) -> WithdrawalDetail:
    """One withdrawal: its reach, and whether any version sealed since holds such a case (none does)."""
    row = withdrawals.get(call.session, withdrawal_id)
    return WithdrawalDetail(**_shown(row).model_dump(), **withdrawals.standing(call.session, row))


@group.get("/withdrawals/{withdrawal_id}/certificate", roles=STEWARDS)
def certificate(call: Call, withdrawal_id: UUID) -> dict[str, Any]:
    """What was done, to hand out: the same bytes every time, with their digest, and no patient's name."""
    return withdrawals.certificate(call.session, withdrawals.get(call.session, withdrawal_id))


def _sealing(session: Session, order: SealOrder) -> SealingShown:
    return SealingShown.of(order, datasets.name_of(session, order.dataset_version_id))


def _sealed(session: Session, order_id: UUID) -> SealingShown | None:
    order = seal_orders.get(session, order_id)
    return None if order.ended_at is None else _sealing(session, order)


def _shown(row: Withdrawal) -> WithdrawalShown:
    return WithdrawalShown.of(row, withdrawals.remedy(row))
