"""A registry full of generated cases, made inside Postgres: persons, sources, validators, labels, weeks."""

import psycopg2

from shared.config import Settings
from shared.vault import Vault

_NOTE = (
    "Throbbing headache on one side since this morning, light hurts, no fever, paracetamol 1 g did not help. "
)
_SITE = """
SET session_replication_role = replica;
INSERT INTO sources (name, kind, address_sealed, mapping, model_type, watermark, enabled, created_at)
  SELECT 'source-' || n, 'push', '', '', 'diagnosis', '{}', true, now() FROM generate_series(1, 3) n;
INSERT INTO collection_runs (source_id, state, wish, counts, triggered_by, created_at)
  SELECT id, 'completed', '{}', '{}', 'bench', now() FROM sources;
INSERT INTO validators (name, aliases, role, qualified, active, created_at)
  SELECT 'validator-' || n, '[]', 'doctor', true, true, now() FROM generate_series(1, 40) n;
"""
_PERSONS = """
INSERT INTO persons (key, split, subgroup, created_at)
  SELECT md5(n::text), CASE WHEN n %% 5 = 0 THEN 'evaluation' ELSE 'training' END, '{}', now()
  FROM generate_series(%(first)s, %(last)s) n
"""
# Skewed on purpose: a third of the cases by one validator, near duplicates, a few labels that are common.
_CASES = """
WITH people AS (SELECT array_agg(id) AS ids FROM persons),
  staff AS (SELECT array_agg(id) AS ids FROM validators),
  origin AS (SELECT array_agg(source_id) AS sources, array_agg(id) AS runs FROM collection_runs)
INSERT INTO validated_cases (source_id, source_record, version, run_id, model_type, person_id, state,
  review_reasons, input_sealed, media, content_hash, diagnosis, confidence, validated_by, validated_at,
  trust_rule, curated, subgroup, details, data_quality_score, completeness_score, is_anonymized,
  used_in_training, created_at, updated_at)
SELECT origin.sources[1 + n %% 3], n::text, 1, origin.runs[1 + n %% 3], 'diagnosis',
  people.ids[1 + n %% array_length(people.ids, 1)], 'validated', '[]', %(sealed)s, '{}',
  md5((CASE WHEN n %% 20 = 0 THEN n - n %% 100 ELSE n END)::text), 'disease ' || floor(sqrt(n %% 2500))::text,
  0.9, staff.ids[CASE WHEN n %% 3 = 0 THEN 1 ELSE 2 + n %% 39 END], now() - (n %% 700) * interval '1 day',
  'validated_statement', false,
  jsonb_build_object('sex', (ARRAY['f', 'm'])[1 + n %% 2], 'age_band', ((n %% 9) * 10)::text,
    'site', 's' || n %% 4),
  '{}', 60 + n %% 41, 80, true, false, now(), now()
FROM generate_series(%(first)s, %(last)s) n, people, staff, origin
"""
_REPORTS = """
INSERT INTO deid_reports (case_id, engine, policy, spans, verdict, reasons, created_at)
  SELECT id, '1', 'safe_harbor', '{}', 'pass', '[]', now() FROM validated_cases c
  WHERE NOT EXISTS (SELECT FROM deid_reports r WHERE r.case_id = c.id);
INSERT INTO quality_reports (case_id, score, completeness, checks, created_at)
  SELECT id, 80, 80, '{}', now() FROM validated_cases c
  WHERE NOT EXISTS (SELECT FROM quality_reports r WHERE r.case_id = c.id);
ANALYZE;
"""


def fill(settings: Settings, vault: Vault, *, first: int, last: int) -> None:
    """Add the cases numbered `first` to `last`, two a person; the first call makes the site, too."""
    sealed = vault.seal((_NOTE * 3).encode(), "case")
    connection = psycopg2.connect(host=str(settings.sockets), user="rounds", dbname="rounds")
    with connection, connection.cursor() as cursor:
        cursor.execute(_SITE if first == 1 else "SET session_replication_role = replica")
        cursor.execute(_PERSONS, {"first": first // 2 + 1, "last": last // 2})
        cursor.execute(_CASES, {"first": first, "last": last, "sealed": sealed})
        cursor.execute(_REPORTS)
    connection.close()
