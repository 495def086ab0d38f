"""One challenge as a fold over facts: from its shadow over the ramp to its end or its reverse shadow."""

from collections.abc import Mapping
from typing import Any

from deployer_service.facts import UNSCORED, Case, Columns, Seen, Word
from deployer_service.ledger import Ledger
from deployer_service.reading_queue import ReadingQueue
from deployer_service.unpaired import Unpaired
from shared.domain.rollout import SERVICE_ALPHA_SHARE, Terms, bounds, terms_from
from shared.domain.service import Service

SHADOW, CANARY, LIVE, OVER = "shadow", "canary", "live", "over"
PROVEN, WANTED = "the evidence is enough", "two people want it"  # why a step is taken
_ORDER = ("hold", "advance", "promote", "rollback")  # of what is said when one message holds several
_EARLY_KEPT = 1000  # labels that came before their prediction
_UNLABELLED_KEPT = 2000  # answers of the challenger at this step that wait for a label
_VOTES_KEPT = 2000  # the newest, to tell a correction from the same word twice; older ones are no vote again
_COUNTED_KEPT = 200  # labelled at this step; no step asks for more than a hundred


class Run:
    """One challenge from its shadow to its end, with everything that the next fact may need."""

    def __init__(self, start: Mapping[str, Any]) -> None:
        """Begin, or go on where the last answer's `state` stood."""
        self.terms: Terms = terms_from(start.get("config") or {})
        self.columns = Columns(start.get("columns"), self.terms.strata)
        self.run = str(start.get("run", ""))
        state = start.get("state") or {}
        self.stage: str = state.get("stage", SHADOW if self.terms.shadow_allowed else CANARY)
        self.step: int = state.get("step", -1 if self.terms.shadow_allowed else 0)
        self.begun: float | None = state.get("begun")
        self.since: float = state.get("since", 0.0)  # of the present step
        self.now: float = state.get("now", 0.0)
        self.why: str = state.get("why", "")
        self.ready: str | None = state.get("ready")  # a move that the evidence allows and somebody holds
        self.seen = Seen(state.get("seen"))
        self.early: dict[str, list[Any]] = dict(state.get("early", ()))
        self.unlabelled: dict[str, int] = dict.fromkeys(state.get("unlabelled", ()), 1)
        self.counted: dict[str, int] = dict.fromkeys(state.get("counted", ()), 1)  # labelled at this step
        self.votes: dict[str, Any] = dict(state.get("votes", {}))
        self.ledger = Ledger(self.terms, state)
        self.queue = ReadingQueue(self.terms, self.run, state.get("queue"))
        self.unpaired = None if self.terms.shadow_allowed else Unpaired(self.terms, state.get("unpaired"))
        self.service = Service(state.get("service"))
        self.interval: list[float] = list(state.get("interval", (-1.0, 1.0)))
        self._told = self._heard()
        self._held: str | None = None
        self._asked = False  # two people want the next step without more evidence
        self._action = "hold"

    def begin(self) -> dict[str, Any]:
        """The answer to the start message: nothing has happened, serving is as the state says."""
        return self._answer([])

    def feed(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Fold in the facts of one message and say what to do from now on."""
        self._action, self._held = "hold", message.get("held")
        self._asked = bool(message.get("asked"))
        self.now = max(self.now, float(message["now"]))
        if self.begun is None:
            self.begun = self.since = self.now
        if self.unpaired is not None:
            self.unpaired.share_is(self._share(), since=self.since)
        for fact in self.columns.in_order(message):
            if self.stage == OVER:
                break
            if isinstance(fact, Case):
                self._case(fact)
            else:
                self._word(fact)
        self._watch_the_time()
        if self.stage == SHADOW:
            self.ledger.passes_gate(self.queue.unread_risks(self.now))
        if self.stage in (SHADOW, CANARY):  # agreements, time or a hold that is over may open the way
            self._go_on_if_ready()
        return self._answer(self.queue.ask(self.now) if self.stage != OVER else [])

    def _case(self, case: Case) -> None:
        paired = case.champion != UNSCORED and case.challenger != UNSCORED  # noqa: PLR1714 -- for each fact
        if (paired or self.unpaired) and not self.seen.add(case.id):
            return
        if case.challenged:
            self._served(case)
        if case.service is not None:
            self._watch_service(case, case.service)
        if self.unpaired is not None:
            self.unpaired.arrive(case)
        if paired:
            self._pair(case)
        if self.early:
            for word in self.early.pop(case.key, ()):
                self._word(Word(case.id, *word))

    def _watch_service(self, case: Case, told: Mapping[str, float]) -> None:
        """Judge how answers are served where both arms serve; a case of an earlier share tells nothing."""
        if case.t < self.since:
            return
        self.service.serve(told, challenged=case.challenged, share=self._share())
        veto = self.service.veto(SERVICE_ALPHA_SHARE * self.terms.alpha_rollback) if case.challenged else None
        if veto is not None:
            self._end("rollback", veto)

    def _pair(self, case: Case) -> None:
        if self.ledger.pair(case):
            waits = not self.ledger.gate_passed and case.champion in self.terms.must_not_miss
            if waits and self.queue.would_draw(case):
                self.ledger.agree(case)
            return
        # After promotion no gate waits for risky cases, and favoured ones would count for less.
        risky = self.stage != LIVE and self.ledger.is_risky(case)
        self.ledger.counts["repeats"] += not self.queue.arrive(case, risky=risky)

    def _served(self, case: Case) -> None:
        """Remember an answer that the challenger gave at this step, until its label comes."""
        if case.key in self.unlabelled or case.key in self.counted:
            return
        self.ledger.counts["exposed"] += 1
        if self.stage == CANARY and case.t >= self.since and len(self.unlabelled) < _UNLABELLED_KEPT:
            self.unlabelled[case.key] = 1

    def _word(self, word: Word) -> None:
        counts = bool(self.unlabelled) and self.unlabelled.pop(word.key, None) is not None
        if counts:
            if len(self.counted) < _COUNTED_KEPT:
                self.counted[word.key] = 1
            self.ledger.counts["labelled"] += 1
        if not counts and word.id not in self.seen:
            self._keep_early(word)
        elif self.unpaired is not None:
            counts |= self.unpaired.label(word.key, word.label)
        elif word.blind:
            counts |= self._vote(word)
        if counts:
            self._evaluate()

    def _vote(self, word: Word) -> bool:
        """One blinded reading is consumed once; a later correction is counted and changes nothing."""
        if word.key in self.votes:
            self.ledger.counts["corrections"] += self.votes[word.key] != word.label
            return False
        found = self.queue.take(word.key)
        if found is not None:
            self.votes[word.key] = word.label
            if len(self.votes) > _VOTES_KEPT:
                del self.votes[next(iter(self.votes))]
            self.ledger.vote(found.case, word.label, weight=found.weight, live=self.stage == LIVE)
        return found is not None

    def _keep_early(self, word: Word) -> None:
        words = self.early.setdefault(word.key, [])
        if [word.t, word.label, word.blind] not in words:
            words.append([word.t, word.label, word.blind])
        if len(self.early) > _EARLY_KEPT:
            del self.early[next(iter(self.early))]
            self.ledger.counts["expired"] += 1

    def _evaluate(self) -> None:
        """Judge after every fact, so that it does not matter how facts were cut into messages."""
        harmed = self.unpaired is not None and self.unpaired.is_harmful()
        veto = "worse than the champion" if harmed else self.ledger.veto(live=self.stage == LIVE)
        if veto is not None:
            self._end("rollback", veto)
        elif self.stage != LIVE:
            self._go_on_if_ready()

    def _go_on_if_ready(self) -> None:
        last = self.step == len(self.terms.ramp) - 1
        self.ready, proven = None, self._is_ready(last=last)
        if proven or (self._asked and self.ledger.suspicion() is None):
            self.ready = "promote" if last else "advance"
            if self._held not in ("advance", self.ready):
                self._go_on(self.ready, PROVEN if proven else WANTED)

    def _is_ready(self, *, last: bool) -> bool:
        """Whether this stage has what it needs; unsure is no."""
        if self.stage == CANARY and len(self.counted) < self.terms.labelled_cases(self.step):
            return False
        if self.unpaired is not None:
            return self.unpaired.is_superior(self.step)
        if (self.stage == SHADOW or last) and not self.ledger.is_superior():
            return False
        if self.ledger.suspicion() is not None:
            return False
        return self.stage == CANARY or self.ledger.passes_gate(self.queue.unread_risks(self.now))

    def _go_on(self, action: str, why: str) -> None:
        self.step += 1
        self.stage = LIVE if action == "promote" else CANARY
        self.since, self.ready, self._asked = self.now, None, False
        self.unlabelled, self.counted = {}, {}
        self.why = why
        if self.stage == LIVE:
            self.queue.start_again()
            self.votes = {}
        self._say(action)

    def _end(self, action: str, why: str) -> None:
        self.stage, self.why, self.ready = OVER, why, None
        self.unlabelled, self.counted, self.early = {}, {}, {}
        self.queue = ReadingQueue(self.terms, self.run)
        self._say(action)

    def _watch_the_time(self) -> None:
        """End a challenge that shows nothing within its horizon, twice that once it serves: unsure is no."""
        assert self.begun is not None
        limit = self.terms.horizon_days * (1 if self.stage == SHADOW else 2)
        if self.stage in (SHADOW, CANARY) and self.now - self.begun >= limit:
            self._end("hold", "no evidence within the horizon")

    def _say(self, action: str) -> None:
        self._action = max(self._action, action, key=_ORDER.index)

    def _share(self) -> float:
        if self.stage == CANARY:
            return self.terms.ramp[self.step]
        return 1.0 if self.stage == LIVE else 0.0

    def _answer(self, adjudicate: list[Any]) -> dict[str, Any]:
        return {
            "action": self._action,
            "fraction": self._share(),
            "shadow": self.terms.shadow_allowed and self.stage != OVER,
            "adjudicate": adjudicate,
            "state": self._dump(adjudicate),
        }

    def _narrow(self) -> None:
        """Keep what every look so far leaves possible; where that is nothing, the difference has changed."""
        if self._told == self._heard():
            return
        self._told = self._heard()
        low, high = (round(bound, 6) for bound in bounds(self.ledger.counts))
        both = [max(low, self.interval[0]), min(high, self.interval[1])]
        self.interval = both if both[0] <= both[1] else [low, high]

    def _heard(self) -> tuple[int, int]:
        """What the interval depends on: votes, and the pairs that they stand for."""
        return self.ledger.counts["votes"], self.ledger.counts["pairs"]

    def _dump(self, adjudicate: list[Any]) -> dict[str, Any]:
        self.ledger.counts["asked"] += len(adjudicate)
        self._narrow()
        names = ("stage", "step", "begun", "since", "now", "why", "ready", "votes")
        return (
            {name: getattr(self, name) for name in names}
            | {"seen": self.seen.spans, "unlabelled": list(self.unlabelled), "counted": list(self.counted)}
            | {"queue": self.queue.dump(), "service": self.service.dump(), "interval": self.interval}
            | {"early": list(self.early.items())}
            | {"unpaired": self.unpaired.dump() if self.unpaired else None}
            | self.ledger.dump()
        )
