"""What the demo sees of the product: answers of the API about runs, jobs, versions and plans."""

from typing import Any

from rounds.demo_api import Door

Answer = dict[str, Any]
TYPE = "model_type=diagnosis"


class StoryError(Exception):
    """The circle did not turn; the sentence says where it stopped."""


class View:
    """Looks only; whatever the story tells was answered here."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def last_run(self) -> str | None:
        """The newest collection run."""
        run = self._door.get(f"/cases/statistics?{TYPE}")["last_run"]
        return run["run_id"] if run else None

    def run(self, run_id: str | None) -> Answer:
        """One collection run with its counts."""
        found: Answer = self._door.get(f"/runs/{run_id}")
        return found

    def collecting(self, before: str | None) -> str | None:
        """What the run after `before` does; None when it is completed."""
        run = self._door.get(f"/cases/statistics?{TYPE}")["last_run"]
        if run is None or run["run_id"] == before:
            return "waiting for its hour"
        if run["status"] in ("failed", "cancelled"):
            raise StoryError(f"the collection {run['status']}")
        return None if run["status"] == "completed" else f"{run['collected']} cases so far"

    def job(self, number: int) -> Answer | None:
        """The training that was asked for as number `number`, from 1."""
        jobs = sorted(self._door.get(f"/training/jobs?{TYPE}"), key=lambda job: str(job["created_at"]))
        return jobs[number - 1] if len(jobs) >= number else None

    def training(self, number: int) -> str | None:
        """How far a training is; None when it is completed."""
        job = self.job(number)
        if job is None:
            return "not asked for yet"
        if job["status"] in ("failed", "cancelled"):
            raise StoryError(f"training {number} {job['status']}: {job['error_message']}")
        return None if job["status"] == "completed" else f"{job['state']}, {job['progress_percentage']:.0f} %"

    def versions(self) -> list[Answer]:
        """Every version, oldest first."""
        found: list[Answer] = self._door.get(f"/models/available?{TYPE}")
        return sorted(found, key=lambda one: str(one["created_at"]))

    def version(self, name: str) -> Answer:
        """One version by its name."""
        return next(one for one in self.versions() if one["model_version"] == name)

    def judging(self, name: str) -> str | None:
        """What the gate does with a version; None when it has spoken."""
        return "being evaluated" if self.version(name)["state"] == "trained" else None

    def current(self) -> Answer:
        """Who answers now, and who stands beside."""
        found: Answer = self._door.get(f"/models/current?{TYPE}")
        return found

    def live(self) -> str:
        """The live version's name, empty when there is none."""
        return self.current()["model_version"] or ""

    def challenger(self) -> str:
        """The version that is compared with the live one, empty when there is none."""
        current = self.current()
        return current["shadow"] or (current["canary"] or {}).get("version") or ""

    def plan(self) -> Answer:
        """The newest traffic plan."""
        found: Answer = self._door.get(f"/plans?{TYPE}")[0]
        return found

    def figures(self, name: str) -> str:
        """A version's accuracy on its own frozen set."""
        return estimate(self.version(name)["accuracy_estimate"])

    def compared(self, old: str, new: str) -> str:
        """Two versions' accuracies, and whether they were measured on the same frozen set."""
        both = self._door.get(f"/models/compare?version_a={old}&version_b={new}")
        sides = (both["model_a"], both["model_b"])
        told = " → ".join(f"{one['model_version']} {estimate(one['accuracy_estimate'])}" for one in sides)
        return f"{told}, {'on the same' if both['same_set'] else 'on different'} frozen set"


def estimate(found: Answer | None) -> str:
    """An accuracy with how many it rests on and its interval."""
    if found is None:
        return "not measured"
    interval = f"{found['low']:.1f} to {found['high']:.1f}"
    return f"{found['value']:.1f} % right (n {found['n']}, 95 % interval {interval})"
