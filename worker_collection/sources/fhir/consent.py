"""Whether a patient lets the cases be learnt from, as the Consent resources say; the newest word counts."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from worker_collection.draft import instant
from worker_collection.sources.fhir.references import Resource, codings, listed

REFUSED, GIVEN = "refused", "given"
# Consents to being treated or resuscitated say nothing of research.
_OTHER_SCOPES = frozenset({"treatment", "adr"})
_LEARNING = frozenset(
    {
        "hresch",
        "biorch",
        "clintrch",
        "clintrchnpc",
        "clintrchpc",
        "dsrch",
        "popr",
        "research",
        "healthstat",
        "poplhlth",
        "himproveq",
        "hqualimp",
        "train",
    }
)
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


def said(consents: Iterable[Resource], *, at: datetime) -> str | None:
    """What stands for one patient at an instant; None where nobody said anything of learning.

    Of two words of the same moment the refusal stands.
    """
    words = [(_since(one), word == REFUSED, word) for one in consents if (word := _word(one, at)) is not None]
    return max(words)[2] if words else None


def _word(consent: Resource, at: datetime) -> str | None:
    scopes = {str(coding.get("code")) for coding in codings(consent.get("scope"))}
    if scopes and scopes <= _OTHER_SCOPES:
        return None
    if consent.get("status") == "rejected":
        return REFUSED
    if consent.get("status") != "active":
        return None
    provisions = [one for one in _provisions(consent.get("provision")) if _bears_on_learning(one, at)]
    types = {one.get("type") for one in provisions}
    if "deny" in types:
        return REFUSED
    return GIVEN if "permit" in types else None


def _provisions(provision: Any) -> Iterator[Resource]:
    for one in listed(provision):
        yield one
        yield from _provisions(one.get("provision"))


def _bears_on_learning(provision: Resource, at: datetime) -> bool:
    period = (listed(provision.get("period")) or [{}])[0]
    starts, ends = instant(period.get("start"), UTC), instant(period.get("end"), UTC)
    if (starts and starts > at) or (ends and ends < at):
        return False
    purposes = {str(one.get("code")).casefold() for one in listed(provision.get("purpose"))}
    return not purposes or bool(purposes & _LEARNING)


def _since(consent: Resource) -> datetime:
    meta = (listed(consent.get("meta")) or [{}])[0]
    return instant(consent.get("dateTime"), UTC) or instant(meta.get("lastUpdated"), UTC) or _EARLIEST
