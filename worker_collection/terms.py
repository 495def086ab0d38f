"""What holds for every row of a run: who may sign, what diseases are called, which thresholds count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.domain.labels import LabelSpace
from shared.domain.policy import Policy
from shared.registry import deid, labels, policies, validators
from shared.registry.deid import SiteWords
from shared.registry.tables import CollectionRun, Source
from worker_collection.deidentify import Manner
from worker_collection.deps import Deps
from worker_collection.draft import instant
from worker_collection.intake import Site
from worker_collection.sources.base import CaseSource
from worker_collection.sources.opening import rules_of
from worker_collection.trust import Rules
from worker_collection.wording import space_of


@dataclass(frozen=True)
class Terms:
    """What holds for a whole run."""

    run_id: UUID
    source_id: UUID
    source_name: str
    is_plan: bool
    curated: bool
    site: Site
    zone: tzinfo
    deid_policy: str
    since: datetime | None = None
    until: datetime | None = None


def run_terms(source: Source, run: CollectionRun, reader: CaseSource, *, deps: Deps) -> Terms:
    """The terms of a run as its source and the site say them now; the source's staff become validators."""
    curated = bool(run.wish.get("curated"))
    staff, said = reader.staff(), reader.vocabulary()
    with deps.sessions.begin() as session:
        _, policy = policies.current(session)
        words = deid.site_words(session, deps.vault)
        if staff:
            validators.follow(session, staff, source_id=source.id, now=deps.clock())
        signers = validators.index(session, source.id, everywhere=source.kind == "feedback")
        known = labels.of(session, source.model_type)
    least = run.wish.get("min_confidence")
    rules = Rules(
        space=space_of(known, said, with_lexicon=not curated),
        signers=signers,
        min_confidence=policy.min_confidence if least is None else max(float(least), policy.min_confidence),
        curated=curated,
    )
    site = Site(source.model_type, rules, tuple(one.name for one in staff), manner_of(policy, words))
    return _terms(source, run, site, policy=policy, deps=deps)


def chunk_terms(source: Source, run: CollectionRun, staff: Sequence[str], *, deps: Deps) -> Terms:
    """The terms of a chunk, whose rows are named and judged already."""
    with deps.sessions() as session:
        _, policy = policies.current(session)
        manner = manner_of(policy, deid.site_words(session, deps.vault))
    rules = Rules(LabelSpace.of(()), {}, policy.min_confidence, curated=bool(run.wish.get("curated")))
    return _terms(source, run, Site(source.model_type, rules, tuple(staff), manner), policy=policy, deps=deps)


def manner_of(policy: Policy, words: SiteWords) -> Manner:
    """How the site de-identifies."""
    harmless, identifying = words.harmless, words.identifier
    return Manner(policy.deid, harmless=harmless, identifying=identifying, tagged=policy.deid.tagger)


def _terms(source: Source, run: CollectionRun, site: Site, *, policy: Policy, deps: Deps) -> Terms:
    zone = ZoneInfo(deps.settings.site_timezone)
    return Terms(
        run_id=run.id,
        source_id=source.id,
        source_name=source.name,
        is_plan=rules_of(source).shape == "plan",
        curated=bool(run.wish.get("curated")),
        site=site,
        zone=zone,
        deid_policy=policy.deid.name,
        since=instant(run.wish.get("start_date"), zone),
        until=instant(run.wish.get("end_date"), zone),
    )
