"""Stage: evaluate. A trained version is measured on the frozen set beside the champion; the gate decides."""

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from deployer_service import evaluate_pictures, performances, slots, timing
from deployer_service.deps import Deps
from deployer_service.evaluate_pictures import Examined
from deployer_service.look import alone
from shared.domain import gate, mask_gate
from shared.domain.bells import TaskName
from shared.domain.cycle import VersionState
from shared.domain.envelope import Change, change
from shared.domain.example import Answer, Example, PictureExample
from shared.domain.gate import Given, JudgedCase, Verdict
from shared.domain.policy import Policy
from shared.errors import InvalidInputError, NotFoundError
from shared.registry import datasets, deployments, jobs, models, outbox, plans, policies, releases
from shared.registry.evidence import canonical
from shared.registry.releases import Cause
from shared.registry.tables import GateDecision, ModelVersion

BATCH = 32
RULE = "rule:gate"


@dataclass(frozen=True)
class Exam:
    """What a version is judged on: the frozen set of its own dataset, and the champion of this moment."""

    version: ModelVersion
    champion: ModelVersion | None
    examples: list[Example]
    pictures: list[PictureExample]  # instead, where masks are judged
    seen_before: frozenset[UUID]  # cases that judged the champion, too
    audited: frozenset[UUID]  # cases drawn with a known chance: they stand for every answer
    must_not_miss: list[str]
    policy_version: int
    policy: Policy
    change: Change | None  # against the champion; a first version changes nothing


@dataclass(frozen=True)
class Marked:
    """The exam's outcome: every case with both answers, and what the gate makes of them."""

    exam: Exam
    cases: list[JudgedCase]
    verdict: Verdict
    now: datetime
    timed: list[list[float]] = field(default_factory=list)  # milliseconds of both for one text, in turn
    examined: list[Examined] = field(default_factory=list)  # instead of cases, where masks are judged


def judge_version(version_id: UUID, deps: Deps) -> None:
    """Measure and gate one trained version; a second delivery does nothing.

    The models answer outside any transaction. If the champion changed meanwhile, the exam is held again. A
    message that comes while an exam is being held leaves it to that.
    """
    with alone(deps, f"exam of {version_id}") as mine:
        if mine:
            _judge(version_id, deps)


def _judge(version_id: UUID, deps: Deps) -> None:
    with deps.sessions() as session:
        if models.get(session, version_id).state is not VersionState.TRAINED:
            return
        exam = _exam(session, models.get(session, version_id), deps)
    try:
        slots.bring_up(deps, exam.version)
    except (InvalidInputError, NotFoundError) as error:
        marked = Marked(exam, [], gate.unservable(str(error)), deps.clock())
    else:
        marked = _mark(exam, deps)
    with deps.sessions.begin() as session:
        _record(session, marked)
    evaluate_pictures.forget(exam.version, exam.champion, deps)


def _mark(exam: Exam, deps: Deps) -> Marked:
    if exam.pictures:
        return _mark_pictures(exam, deps)
    given = _answers(exam.version, exam.examples, deps)
    if exam.champion is not None:
        slots.bring_up(deps, exam.champion)
    compared = _answers(exam.champion, exam.examples, deps) if exam.champion else None
    cases = _cases(exam, given, compared)
    timed = timing.side_by_side(exam.version, exam.champion, exam.examples, deps=deps)
    verdict = gate.judge(cases, exam.policy, must_not_miss=exam.must_not_miss, timed=timed)
    return Marked(exam, cases, _declared(exam, verdict), deps.clock(), timed)


def _mark_pictures(exam: Exam, deps: Deps) -> Marked:
    """Masks are compared with the champion's, and those of a first version with the untrained decoder's."""
    if exam.champion is not None:
        slots.bring_up(deps, exam.champion)
    examined = evaluate_pictures.examine(
        exam.version, exam.champion, exam.pictures, seen_before=exam.seen_before, deps=deps
    )
    against = exam.champion.name if exam.champion else "the untrained decoder"
    verdict = mask_gate.judge([one.judged for one in examined], exam.policy, against=against)
    return Marked(exam, [], _declared(exam, verdict), deps.clock(), examined=examined)


def _declared(exam: Exam, verdict: Verdict) -> Verdict:
    """The verdict with what the site declared beforehand; a first version changes nothing."""
    return verdict if exam.change is None else gate.within(verdict, exam.change, exam.policy)


def _exam(session: Session, version: ModelVersion, deps: Deps) -> Exam:
    champion = models.live(session, version.model_type)
    before = datasets.members(session, champion.dataset_version_id) if champion else []
    number, policy = policies.current(session)
    dataset = version.dataset_version_id
    masks = models.model_type(session, version.model_type).family == "segmentation"
    return Exam(
        version=version,
        champion=champion,
        examples=[] if masks else datasets.examples(session, dataset, "evaluation", vault=deps.vault),
        pictures=list(datasets.stream_pictures(session, dataset, "evaluation")) if masks else [],
        seen_before=frozenset(member.case_id for member in before if member.split == "evaluation"),
        audited=frozenset(datasets.audited(session, dataset)),
        must_not_miss=models.must_not_miss(session, version.model_type),
        policy_version=number,
        policy=policy,
        change=_change(session, version, champion) if champion else None,
    )


def _change(session: Session, version: ModelVersion, champion: ModelVersion) -> Change:
    return change(
        bases=(champion.base_digest, version.base_digest),
        imported=jobs.get(session, version.job_id).triggered_by == "import",
        labels=(champion.labels, version.labels),
    )


def _answers(version: ModelVersion, examples: list[Example], deps: Deps) -> list[Answer]:
    """What a version says of the frozen set, in order, through the model server that will serve it."""
    texts = [example.text for example in examples]
    batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
    return [answer for batch in batches for answer in deps.model_server.answer(version.digest, batch)]


def _cases(exam: Exam, given: list[Answer], compared: list[Answer] | None) -> list[JudgedCase]:
    known = set(exam.champion.labels) if exam.champion else set()
    return [
        JudgedCase(
            truth=example.label,
            candidate=Given(given[place].label, given[place].confidence),
            champion=Given(compared[place].label, compared[place].confidence) if compared else None,
            is_old=example.case_id in exam.seen_before,
            known=example.label in known,
            subgroup=example.subgroup,
            audit_weight=example.weight if example.case_id in exam.audited else None,
        )
        for place, example in enumerate(exam.examples)
    ]


def _record(session: Session, marked: Marked) -> None:
    """Write measurement, verdict and what follows from it, unless somebody was faster."""
    exam, verdict = marked.exam, marked.verdict
    plans.lock(session, exam.version.model_type)
    version = models.get(session, exam.version.id)
    champion = models.live(session, version.model_type)
    if version.state is not VersionState.TRAINED:
        return
    if (champion.id if champion else None) != (exam.champion.id if exam.champion else None):
        outbox.ring(session, TaskName.JUDGE_VERSION, version.id)
        return
    datasets.count_use(session, version.dataset_version_id, limit=exam.policy.evaluation_uses, now=marked.now)
    session.add_all(performances.of(marked))
    session.add(_decision(marked))
    session.flush()
    shown = {"verdict": verdict.verdict, "rules": verdict.as_rows(), "policy": exam.policy_version}
    if verdict.verdict != gate.PASS:
        releases.refuse(session, version, Cause(RULE, verdict.why, marked.now, shown))
        return
    releases.pass_gate(session, version, Cause(RULE, "every rule passed", marked.now, shown))
    _release(session, version, Cause(RULE, "the gate passed", marked.now, shown))


def _release(session: Session, version: ModelVersion, cause: Cause) -> None:
    """The first version of a type goes live; a later one asks for a challenge where its job wishes so."""
    if models.live(session, version.model_type) is None:
        releases.bootstrap(
            session, version, Cause("rule:bootstrap", "first version", cause.now, cause.evidence)
        )
    elif jobs.get(session, version.job_id).auto_deploy:
        deployments.deploy(session, version, strategy="canary", cause=cause)
    outbox.ring(session, TaskName.LOOK, models.model_type(session, version.model_type).id)


def _decision(marked: Marked) -> GateDecision:
    """The verdict with everything it read, by case id: recomputing it gives the same bytes."""
    exam, verdict = marked.exam, marked.verdict
    inputs: dict[str, object] = {
        "must_not_miss": exam.must_not_miss,
        "timed": marked.timed,
        "cases": [
            {"case_id": str(example.case_id)} | asdict(case)
            for example, case in zip(exam.examples, marked.cases, strict=bool(marked.cases))
        ],
    }
    if exam.change is not None:
        inputs["change"] = asdict(exam.change)
    if marked.examined:
        inputs["pictures"] = [
            {"case_id": str(one.example.case_id)} | asdict(one.judged) for one in marked.examined
        ]
    return GateDecision(
        model_version_id=exam.version.id,
        digest=exam.version.digest,
        against_id=exam.champion.id if exam.champion else None,
        policy_version=exam.policy_version,
        verdict=verdict.verdict,
        rules=verdict.as_rows(),
        inputs=inputs,
        inputs_sha256=hashlib.sha256(canonical(inputs).encode()).hexdigest(),
        created_at=marked.now,
    )
