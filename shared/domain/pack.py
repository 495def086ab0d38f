"""The evidence of a period, in the form of a predetermined change control plan, from records alone.

The same function writes the pack and checks it: whoever has the records can compute again what it says.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.domain.envelope import Envelope

Row = Mapping[str, Any]
Records = Mapping[str, Sequence[Row]]
REFUSED = ("rejected", "refused", "held")

# What is kept of each record: field names of its table, in this order.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "evidence_records": (
        "seq",
        "previous_hash",
        "hash",
        "model_type",
        "model_version_id",
        "transition",
        "actor",
        "body",
        "at",
    ),
    "gate_decisions": (
        "model_version_id",
        "digest",
        "against_id",
        "policy_version",
        "verdict",
        "rules",
        "inputs_sha256",
        "created_at",
    ),
    "model_performance": (
        "model_version",
        "purpose",
        "n",
        "accuracy",
        "precision",
        "recall",
        "f1_score",
        "intervals",
        "calibration_error",
        "created_at",
    ),
    "model_versions": (
        "id",
        "name",
        "model_type",
        "state",
        "digest",
        "base",
        "base_digest",
        "dataset_version_id",
        "job_id",
        "tainted",
    ),
    "dataset_versions": (
        "id",
        "name",
        "sha256",
        "parent_id",
        "counts",
        "policy_version",
        "sealed_by",
        "sealed_at",
    ),
    "training_jobs": (
        "id",
        "model_type",
        "state",
        "base",
        "seed",
        "recipe",
        "error_code",
        "created_at",
        "end_time",
    ),
    "traffic_plans": (
        "model_type",
        "number",
        "champion_id",
        "challenger_id",
        "share",
        "reason",
        "actor",
        "effective_at",
    ),
    "approvals": (
        "subject_kind",
        "subject_id",
        "maker",
        "checker",
        "state",
        "reason",
        "created_at",
        "decided_at",
    ),
    "policies": ("version", "body", "reason", "created_by", "created_at"),
    "alerts": ("kind", "severity", "state", "title", "seen", "opened_at", "resolved_at"),
    "withdrawals": ("id", "cause", "reached", "created_at"),
    "exposures": ("model_version_id", "day", "slot", "answers"),
}


def summarise(records: Records) -> dict[str, Any]:
    """What the records of a period say; equal records give an equal summary."""
    names = {row["id"]: row["name"] for row in records["model_versions"]}
    return {
        "declared": _declared(records["policies"]),
        "modifications": [_modification(row, names) for row in records["evidence_records"]],
        "protocol": {
            "data_management": [_dataset(row) for row in records["dataset_versions"]],
            "re_training": _trainings(records["training_jobs"]),
            "performance_evaluation": [_gate(row, names) for row in records["gate_decisions"]]
            + [_measured(row) for row in records["model_performance"]],
            "update_procedure": [_plan(row, names) for row in records["traffic_plans"]],
        },
        "impact": _impact(records, names),
        "approvals": [dict(row) for row in records["approvals"]],
        "policies": [
            {name: value for name, value in row.items() if name != "body"} for row in records["policies"]
        ],
        "refusals": _refusals(records, names),
        "chain": _chain(records["evidence_records"]),
    }


def _declared(policies: Iterable[Row]) -> dict[str, Any]:
    """The changes that a version may bring by the newest policy; without any, by the defaults."""
    newest = max(policies, key=lambda row: row["version"], default=None)
    body = newest["body"] if newest else {}
    return Envelope.model_validate(body.get("envelope", {})).model_dump()


def _modification(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    told = {"seq": row["seq"], "at": row["at"], "transition": row["transition"], "by": row["actor"]}
    reason = row["body"].get("reason") if isinstance(row["body"], dict) else None
    return told | {"version": names.get(row["model_version_id"]), "reason": reason}


def _dataset(row: Row) -> dict[str, Any]:
    counts = row["counts"]
    return {
        "version": row["name"],
        "sealed_at": row["sealed_at"],
        "training": counts.get("training", 0),
        "evaluation": counts.get("evaluation", 0),
        "labels": len(counts.get("labels", {})),
        "policy_version": row["policy_version"],
        "sha256": row["sha256"],
    }


def _trainings(rows: Iterable[Row]) -> dict[str, Any]:
    rows = list(rows)
    return {
        "jobs": len(rows),
        "by_state": _counted(row["state"] for row in rows),
        "by_cause_of_failure": _counted(row["error_code"] for row in rows if row["error_code"]),
    }


def _gate(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "kind": "gate",
        "version": names.get(row["model_version_id"]),
        "against": names.get(row["against_id"]) if row["against_id"] else None,
        "verdict": row["verdict"],
        "failed": [rule["rule"] for rule in row["rules"] if rule.get("verdict") == "fail"],
        "at": row["created_at"],
    }


def _measured(row: Row) -> dict[str, Any]:
    return {
        "kind": row["purpose"],
        "version": row["model_version"],
        "accuracy": row["accuracy"],
        "interval": row["intervals"].get("accuracy"),
        "n": row["n"],
        "at": row["created_at"],
    }


def _plan(row: Row, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "plan": row["number"],
        "model_type": row["model_type"],
        "champion": names.get(row["champion_id"]),
        "challenger": names.get(row["challenger_id"]) if row["challenger_id"] else None,
        "share": row["share"],
        "reason": row["reason"],
        "by": row["actor"],
        "at": row["effective_at"],
    }


def _impact(records: Records, names: Mapping[str, str]) -> dict[str, Any]:
    answers: Counter[str] = Counter()
    for row in records["exposures"]:
        answers[str(names.get(row["model_version_id"], row["model_version_id"]))] += row["answers"]
    ends = [str(row["transition"]).rpartition(">")[2] for row in records["evidence_records"]]
    return {
        "answers_by_version": dict(sorted(answers.items())),
        "rollbacks": ends.count("rolled_back"),
        "promotions": ends.count("live"),
        "alerts_by_severity": _counted(row["severity"] for row in records["alerts"]),
        "withdrawals": len(records["withdrawals"]),
        "tainted_versions": sorted(row["name"] for row in records["model_versions"] if row["tainted"]),
    }


def _refusals(records: Records, names: Mapping[str, str]) -> list[dict[str, Any]]:
    gates = [_gate(row, names) for row in records["gate_decisions"] if row["verdict"] != "pass"]
    held = [
        _modification(row, names)
        for row in records["evidence_records"]
        if str(row["transition"]).rpartition(">")[2] in REFUSED
    ]
    words = [dict(row) for row in records["approvals"] if row["state"] == "refused"]
    return gates + held + words


def _chain(rows: Sequence[Row]) -> dict[str, Any]:
    if not rows:
        return {"records": 0}
    first, last = rows[0], rows[-1]
    return {
        "records": len(rows),
        "first": first["seq"],
        "last": last["seq"],
        "previous_hash": first["previous_hash"],
        "hash": last["hash"],
    }


def _counted(words: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(str(word) for word in words).items()))
