"""What two sealed versions differ in, counted by the database: no member is read into memory."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.registry.tables import DatasetVersion

_CAME = """
WITH b AS (SELECT * FROM dataset_members WHERE dataset_version_id = :before),
     a AS (SELECT * FROM dataset_members WHERE dataset_version_id = :after)
SELECT count(*) FILTER (WHERE b.case_id IS NULL) AS added, count(*) FILTER (WHERE a.case_id IS NULL) AS left,
       count(*) FILTER (WHERE a.label <> b.label) AS relabelled,
       count(*) FILTER (WHERE a.split <> b.split) AS changed_side
FROM b FULL JOIN a USING (case_id)
"""
_LEFT = """
WITH b AS (SELECT * FROM dataset_members WHERE dataset_version_id = :before),
     a AS (SELECT * FROM dataset_members WHERE dataset_version_id = :after)
SELECT c.state, count(*) AS n FROM b JOIN validated_cases c ON c.id = b.case_id
WHERE NOT EXISTS (SELECT FROM a WHERE a.case_id = b.case_id) GROUP BY c.state ORDER BY c.state
"""
# A label that changed in place, or by an edited source row, whose next version is another case.
_RELABELLED = """
WITH b AS (SELECT * FROM dataset_members WHERE dataset_version_id = :before),
     a AS (SELECT * FROM dataset_members WHERE dataset_version_id = :after)
SELECT b.label AS was, a.label AS is, count(*) AS n FROM b
LEFT JOIN validated_cases c ON c.id = b.case_id AND c.state = 'superseded'
JOIN a ON a.case_id = coalesce(c.superseded_by, b.case_id)
WHERE a.label <> b.label GROUP BY b.label, a.label ORDER BY n DESC, b.label, a.label
"""
_LABELS = """
WITH b AS (SELECT * FROM dataset_members WHERE dataset_version_id = :before),
     a AS (SELECT * FROM dataset_members WHERE dataset_version_id = :after)
SELECT coalesce(b.label, a.label) AS name, coalesce(b.n, 0) AS was, coalesce(a.n, 0) AS is
FROM (SELECT label, count(*) AS n FROM b GROUP BY label) b
FULL JOIN (SELECT label, count(*) AS n FROM a GROUP BY label) a ON a.label = b.label ORDER BY name
"""
_SOURCES = """
WITH b AS (SELECT * FROM dataset_members WHERE dataset_version_id = :before),
     a AS (SELECT * FROM dataset_members WHERE dataset_version_id = :after)
SELECT s.name, coalesce(b.n, 0) AS was, coalesce(a.n, 0) AS is
FROM (SELECT c.source_id, count(*) AS n FROM b JOIN validated_cases c ON c.id = b.case_id GROUP BY 1) b
FULL JOIN (SELECT c.source_id, count(*) AS n FROM a JOIN validated_cases c ON c.id = a.case_id GROUP BY 1) a
  USING (source_id) JOIN sources s ON s.id = source_id ORDER BY s.name
"""
_SUBGROUPS = """
WITH counted AS (
  SELECT v.key AS attribute, v.value AS name, count(*) FILTER (WHERE m.dataset_version_id = :before) AS was,
         count(*) FILTER (WHERE m.dataset_version_id = :after) AS is
  FROM dataset_members m JOIN validated_cases c ON c.id = m.case_id, jsonb_each_text(c.subgroup) v
  WHERE m.dataset_version_id IN (:before, :after) GROUP BY v.key, v.value)
SELECT * FROM counted ORDER BY attribute, name
"""
_QUALITY = """
SELECT avg(c.data_quality_score) FILTER (WHERE m.dataset_version_id = :before) AS was,
       avg(c.data_quality_score) FILTER (WHERE m.dataset_version_id = :after) AS is
FROM dataset_members m JOIN validated_cases c ON c.id = m.case_id
WHERE m.dataset_version_id IN (:before, :after)
"""
_CLUSTERS = """
SELECT count(*) AS clusters, coalesce(sum(n), 0) AS cases, coalesce(max(n), 0) AS largest FROM (
  SELECT count(*) AS n FROM dataset_members WHERE dataset_version_id = :version
  GROUP BY coalesce(cluster, content_hash) HAVING count(*) > 1) several
"""
# As sealed, by the person of the member; as known now, by the person of the case, which follows every merge.
_LEAKS = """
WITH m AS (SELECT m.dataset_version_id = :before AS earlier, m.split, m.person_id, c.person_id AS known
  FROM dataset_members m JOIN validated_cases c ON c.id = m.case_id
  WHERE m.dataset_version_id IN (:before, :after)),
sealed AS (SELECT person_id FROM m GROUP BY person_id HAVING count(DISTINCT split) > 1),
now AS (SELECT known FROM m GROUP BY known HAVING count(DISTINCT split) > 1)
SELECT (SELECT count(*) FROM (SELECT person_id FROM m WHERE NOT earlier GROUP BY person_id
          HAVING count(DISTINCT split) > 1) twice) AS in_one_version,
  (SELECT count(*) FROM sealed) AS across,
  (SELECT count(*) FROM now WHERE known NOT IN (SELECT person_id FROM sealed)) AS joined_since
"""


def diff(session: Session, before: DatasetVersion, after: DatasetVersion) -> dict[str, Any]:
    """What came, went and changed from one version to the other, in counts.

    Returns:
        Names (`before`, `after`) and `cases`; what was `added`, and `removed` by the state of the case;
        `relabelled` with the pairs in `relabels`; `changed_side`; `label_shift`, the change of a label where
        there is one; `labels`, `sources` and `subgroups` as [{name, before, after}]; `new_labels` and
        `new_sources`; mean `quality`; clusters of near `duplicates`; the largest shares of the training
        weight in `influence`.
        `leakage` counts the persons on both sides as sealed, in the later version and over both: always 0.
        Those whom a merge since then put on both sides are `joined_since`; they are handed out no more.
    """
    pair = {"before": before.id, "after": after.id}
    came = session.execute(text(_CAME), pair).one()
    labels = _pairs(session, _LABELS, pair)
    sources = _pairs(session, _SOURCES, pair)
    relabels = session.execute(text(_RELABELLED), pair).all()
    quality = session.execute(text(_QUALITY), pair).one()
    return {
        "before": before.name,
        "after": after.name,
        "cases": {
            "before": sum(one["before"] for one in labels),
            "after": sum(one["after"] for one in labels),
        },
        "added": came.added,
        "removed": {row.state: row.n for row in session.execute(text(_LEFT), pair)},
        "relabelled": sum(row.n for row in relabels),
        "relabels": [{"from": row.was, "to": row[1], "n": row.n} for row in relabels],
        "changed_side": came.changed_side,
        "label_shift": {
            one["name"]: one["after"] - one["before"] for one in labels if one["after"] != one["before"]
        },
        "labels": labels,
        "new_labels": _fresh(labels),
        "sources": sources,
        "new_sources": _fresh(sources),
        "subgroups": _subgroups(session, pair),
        "quality": {"before": _rounded(quality[0]), "after": _rounded(quality[1])},
        "duplicates": {"before": _clusters(session, before), "after": _clusters(session, after)},
        "influence": {"before": before.counts.get("influence"), "after": after.counts.get("influence")},
        "leakage": dict(session.execute(text(_LEAKS), pair).one()._mapping),
    }


def _pairs(session: Session, statement: str, pair: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": row[0], "before": row[1], "after": row[2]} for row in session.execute(text(statement), pair)
    ]


def _subgroups(session: Session, pair: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(text(_SUBGROUPS), pair):
        found.setdefault(row.attribute, []).append({"name": row.name, "before": row.was, "after": row[3]})
    return found


def _fresh(rows: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in rows if not one["before"]]


def _clusters(session: Session, version: DatasetVersion) -> dict[str, int]:
    row = session.execute(text(_CLUSTERS), {"version": version.id}).one()
    return {name: int(value) for name, value in row._mapping.items()}


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 2)
