"""What two sealed versions differ in, counted by the database: no member is read into memory."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.registry.tables import DatasetVersion

# One statement reads the members of both versions once and sees one state of the registry. A label changes in
# place, or by an edited source row, whose next version is another case. A person is the member's as sealed,
# and the case's as known now, which follows every merge.
_DIFF = text("""
WITH m AS MATERIALIZED (
  SELECT v.later, m.case_id, m.split, m.label, m.person_id, coalesce(m.cluster, m.content_hash) AS cluster,
    c.state, c.superseded_by, c.source_id, c.person_id AS known, c.data_quality_score AS quality, c.subgroup
  FROM (VALUES (false, CAST(:before AS uuid)), (true, CAST(:after AS uuid))) v (later, id)
  JOIN dataset_members m ON m.dataset_version_id = v.id JOIN validated_cases c ON c.id = m.case_id),
b AS (SELECT * FROM m WHERE NOT later), a AS (SELECT * FROM m WHERE later),
both_sides AS (SELECT person_id FROM m GROUP BY person_id HAVING count(DISTINCT split) > 1)
SELECT
  (SELECT json_build_object('added', count(*) FILTER (WHERE b.case_id IS NULL),
      'changed_side', count(*) FILTER (WHERE a.split <> b.split))
    FROM b FULL JOIN a USING (case_id)) AS came,
  (SELECT json_object_agg(state, n) FROM (SELECT b.state, count(*) AS n FROM b
      WHERE NOT EXISTS (SELECT FROM a WHERE a.case_id = b.case_id)
      GROUP BY b.state ORDER BY b.state) gone) AS removed,
  (SELECT json_agg(json_build_object('from', was, 'to', label, 'n', n)) FROM (
      SELECT b.label AS was, a.label, count(*) AS n FROM b
      JOIN a ON a.case_id = CASE WHEN b.state = 'superseded' THEN b.superseded_by ELSE b.case_id END
      WHERE a.label <> b.label GROUP BY b.label, a.label ORDER BY n DESC, b.label, a.label) r) AS relabels,
  (SELECT json_agg(json_build_object('name', label, 'before', was, 'after', n)) FROM (
      SELECT label, count(*) FILTER (WHERE NOT later) AS was, count(*) FILTER (WHERE later) AS n
      FROM m GROUP BY label ORDER BY label) l) AS labels,
  (SELECT json_agg(json_build_object('name', name, 'before', was, 'after', n)) FROM (
      SELECT s.name, count(*) FILTER (WHERE NOT later) AS was, count(*) FILTER (WHERE later) AS n
      FROM m JOIN sources s ON s.id = m.source_id GROUP BY s.name ORDER BY s.name) o) AS sources,
  (SELECT json_agg(json_build_object('attribute', key, 'name', value, 'before', was, 'after', n)) FROM (
      SELECT g.key, g.value, count(*) FILTER (WHERE NOT later) AS was, count(*) FILTER (WHERE later) AS n
      FROM m, jsonb_each_text(m.subgroup) g GROUP BY g.key, g.value ORDER BY g.key, g.value) g) AS subgroups,
  (SELECT json_build_object('before', round(avg(quality) FILTER (WHERE NOT later), 2),
      'after', round(avg(quality) FILTER (WHERE later), 2)) FROM m) AS quality,
  (SELECT json_object_agg(side, json_build_object('clusters', clusters, 'cases', cases, 'largest', largest))
    FROM (SELECT s.side, count(n) AS clusters, coalesce(sum(n), 0) AS cases, coalesce(max(n), 0) AS largest
      FROM (VALUES (false, 'before'), (true, 'after')) s (later, side)
      LEFT JOIN (SELECT later, count(*) AS n FROM m GROUP BY later, cluster HAVING count(*) > 1) several
        USING (later) GROUP BY s.side) d) AS duplicates,
  (SELECT json_build_object('in_one_version', (SELECT count(*) FROM (
        SELECT FROM a GROUP BY person_id HAVING count(DISTINCT split) > 1) twice),
      'across', (SELECT count(*) FROM both_sides),
      'joined_since', (SELECT count(*) FROM (
        SELECT known FROM m GROUP BY known HAVING count(DISTINCT split) > 1) now
        WHERE NOT EXISTS (SELECT FROM both_sides WHERE person_id = known)))) AS leakage
""")


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
    row = session.execute(_DIFF, {"before": before.id, "after": after.id}).one()
    labels, sources, relabels = row.labels or [], row.sources or [], row.relabels or []
    return {
        "before": before.name,
        "after": after.name,
        "cases": {side: sum(one[side] for one in labels) for side in ("before", "after")},
        **row.came,
        "removed": row.removed or {},
        "relabelled": sum(one["n"] for one in relabels),
        "relabels": relabels,
        "label_shift": {
            one["name"]: one["after"] - one["before"] for one in labels if one["after"] != one["before"]
        },
        "labels": labels,
        "new_labels": _fresh(labels),
        "sources": sources,
        "new_sources": _fresh(sources),
        "subgroups": _by_attribute(row.subgroups or []),
        "quality": row.quality,
        "duplicates": row.duplicates,
        "influence": {"before": before.counts.get("influence"), "after": after.counts.get("influence")},
        "leakage": row.leakage,
    }


def _by_attribute(rows: list[dict[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in rows:
        found.setdefault(one.pop("attribute"), []).append(one)
    return found


def _fresh(rows: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in rows if not one["before"]]
