"""What a dataset version is made of: counts by label, source, subgroup and side, as its row keeps them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from shared.domain.split import EVALUATION, TRAINING

_BY_LABEL = "SELECT label, split, count(*) AS n FROM sealing GROUP BY label, split ORDER BY label"
_BY_SOURCE = """
SELECT s.name, m.split, count(*) AS n FROM sealing m JOIN sources s ON s.id = m.source_id
GROUP BY s.name, m.split ORDER BY s.name
"""
_BY_SUBGROUP = """
SELECT b.key AS attribute, b.value, m.split, count(*) AS n
FROM sealing m JOIN validated_cases c ON c.id = m.case_id, jsonb_each_text(c.subgroup) b
GROUP BY b.key, b.value, m.split ORDER BY b.key, b.value
"""
_OTHERS = """
SELECT count(DISTINCT person_id) AS persons, count(DISTINCT validator_id) AS validators,
       count(audit_probability) AS audit, count(*) FILTER (WHERE replay) AS replay FROM sealing
"""
_CLUSTERS = """
SELECT count(*) AS clusters, coalesce(sum(n), 0) AS cases, coalesce(max(n), 0) AS largest
FROM (SELECT count(*) AS n FROM sealing GROUP BY cluster HAVING count(*) > 1) several
"""


def of_sealing(session: Session) -> dict[str, Any]:
    """The counts of the members that stand ready in `sealing`; `training` and `evaluation` are the sides."""
    labels = _sides(session.execute(text(_BY_LABEL)).all())
    others = session.execute(text(_OTHERS)).one()
    clusters = session.execute(text(_CLUSTERS)).one()
    return {
        TRAINING: sum(one[TRAINING] for one in labels.values()),
        EVALUATION: sum(one[EVALUATION] for one in labels.values()),
        "labels": {label: sum(one.values()) for label, one in labels.items()},
        "by_label": labels,
        "by_source": _sides(session.execute(text(_BY_SOURCE)).all()),
        "by_subgroup": _subgroups(session.execute(text(_BY_SUBGROUP)).all()),
        "persons": others.persons,
        "validators": others.validators,
        "audit": others.audit,
        "replay": others.replay,
        "duplicates": {
            "clusters": clusters.clusters,
            "cases": int(clusters.cases),
            "largest": clusters.largest,
        },
    }


def _sides(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, split, n in rows:
        found.setdefault(name, {TRAINING: 0, EVALUATION: 0})[split] = n
    return found


def _subgroups(rows: Iterable[Row[Any]]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, list[tuple[str, str, int]]] = {}
    for row in rows:
        found.setdefault(row.attribute, []).append((row.value, row.split, row.n))
    return {attribute: _sides(values) for attribute, values in found.items()}
