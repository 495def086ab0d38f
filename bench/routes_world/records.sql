-- What a site of so many days leaves behind, 200 patients a day; a new version of the model every 12 days.
-- Numbers make the ids, so that records find each other: a case, its prediction and its person have one number.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';

CREATE FUNCTION pg_temp.id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT (lpad(to_hex(kind), 4, '0') || lpad(to_hex(n), 28, '0'))::uuid $$;
CREATE FUNCTION pg_temp.drawn(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(kind || n)::uuid $$;
CREATE FUNCTION pg_temp.label(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT 'Disease ' || floor(sqrt(mod(n * 7919, 1600)))::text $$;
CREATE FUNCTION pg_temp.groups(n bigint) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
  $$ SELECT jsonb_build_object('sex', (ARRAY['f', 'm'])[1 + mod(n, 2)], 'age_band', (mod(n, 9) * 10)::text,
                               'site', 's' || mod(n, 4)) $$;

CREATE TEMP TABLE given AS SELECT
  %(cases)s::bigint AS cases, %(versions)s::bigint AS versions, %(now)s::timestamptz AS now,
  %(case_sealed)s::bytea AS case_sealed, %(input_sealed)s::bytea AS input_sealed,
  %(cleaned_sealed)s::bytea AS cleaned_sealed, %(testimony_sealed)s::bytea AS testimony_sealed;
-- Number n is a patient's visit; `at` when, `v` the newest version that was trained, `plan` which was in force.
CREATE TEMP TABLE visits AS SELECT n, 1 + mod(n * 7, greatest(1, cases * 5 / 9)) AS person,
    now - (cases - n) * interval '432 seconds' AS at, 1 + (n - 1) * versions / cases AS v,
    1 + (n - 1) * (5 * versions - 2) / cases AS plan
  FROM given, generate_series(1, cases) n;
CREATE TEMP TABLE eras AS SELECT v, min(n) AS first, max(n) AS last, min(at) AS began, max(at) AS ended
  FROM visits GROUP BY v;

INSERT INTO sources (id, name, kind, address_sealed, mapping, model_type, watermark, enabled, created_at)
  SELECT pg_temp.id(1, n), (ARRAY['clinic', 'feedback'])[n], (ARRAY['sql', 'feedback'])[n], '', '', 'diagnosis',
    '{}', true, '2024-01-01' FROM generate_series(1, 2) n;
INSERT INTO collection_runs (id, source_id, state, wish, counts, triggered_by, created_at, started_at, ended_at)
  SELECT pg_temp.id(2, 2 * d + s), pg_temp.id(1, s), 'completed', '{}', '{"collected": 100, "duplicates": 3}',
    'scheduled', now - d * interval '1 day', now - d * interval '1 day', now - d * interval '1 day'
  FROM given, generate_series(0, cases / 200) d, generate_series(1, 2) s;
INSERT INTO validators (id, name, aliases, role, qualified, active, created_at)
  SELECT pg_temp.id(3, n), 'validator-' || n, '[]', 'doctor', true, true, '2024-01-01' FROM generate_series(1, 20) n;
INSERT INTO validator_findings (validator_id, model_type, kind, mark, n, details, found_at)
  SELECT pg_temp.id(3, 1 + mod(d, 20)), 'diagnosis', 'burst_signing', d::text, 12, '{}', now - d * interval '9 days'
  FROM given, generate_series(1, cases / 1800) d;
INSERT INTO labels (model_type, label, codes, aliases, must_not_miss, created_at)
  SELECT 'diagnosis', 'Disease ' || n, '[]', '[]', n < 3, '2024-01-01' FROM generate_series(0, 39) n;
INSERT INTO persons (id, key, split, subgroup, created_at)
  SELECT pg_temp.drawn('person', n), md5(n::text), CASE WHEN mod(n, 5) = 0 THEN 'evaluation' ELSE 'training' END,
    pg_temp.groups(n), '2024-01-01' FROM given, generate_series(1, greatest(1, cases * 5 / 9)) n;
INSERT INTO consents (person_id, scope, state, since)
  SELECT pg_temp.drawn('person', n * 400), 'training', 'withdrawn', now FROM given, generate_series(1, cases / 2000) n;

INSERT INTO validated_cases (id, source_id, source_record, version, run_id, model_type, person_id, state,
    review_reasons, input_sealed, media, content_hash, diagnosis, confidence, validated_by, validated_at,
    trust_rule, curated, subgroup, details, data_quality_score, completeness_score, is_anonymized,
    anonymization_date, used_in_training, created_at, updated_at)
  SELECT pg_temp.id(4, n), pg_temp.id(1, 1 + mod(n, 2)),
    CASE WHEN mod(n, 2) = 1 THEN pg_temp.drawn('prediction', n)::text ELSE n::text END, 1,
    pg_temp.id(2, 2 * ((cases - n) / 200) + 1 + mod(n, 2)), 'diagnosis', pg_temp.drawn('person', person),
    CASE WHEN mod(n, 40) = 0 THEN 'needs_review' WHEN mod(n, 40) IN (1, 21) THEN 'rejected'
         WHEN mod(n, 100) = 2 THEN 'superseded' WHEN mod(n, 200) = 3 THEN 'withdrawn'
         WHEN mod(n, 100) = 4 THEN 'pending' ELSE 'validated' END,
    CASE WHEN mod(n, 40) = 0 THEN '["unsure"]' ELSE '[]' END::jsonb, case_sealed, '{}', md5(n::text),
    pg_temp.label(n), 0.9, pg_temp.id(3, 1 + mod(n, 20)), at, 'validated_statement', false, pg_temp.groups(n),
    '{}', 60 + mod(n, 41), 80, true, at::date, false, at, at
  FROM visits, given;
INSERT INTO source_records (source_id, natural_key, content_hash, outcome, reason, case_id, seen_at)
  SELECT source_id, source_record, content_hash, 'collected', NULL, id, created_at FROM validated_cases
  UNION ALL SELECT pg_temp.id(1, 1), 'refused-' || n, md5(n::text), 'refused',
    (ARRAY['staff', 'unvalidated', 'no_label', 'too_short'])[1 + mod(n, 4)], NULL, at FROM visits WHERE mod(n, 4) = 0;
INSERT INTO deid_reports (case_id, engine, policy, spans, verdict, reasons, created_at)
  SELECT id, '1', 'safe_harbor', '{"NAME": 2, "DATE": 1}', 'pass', '[]', created_at FROM validated_cases;
INSERT INTO quality_reports (case_id, score, completeness, checks, same_text, created_at)
  SELECT id, 80, 80, '{}', content_hash::bytea, created_at FROM validated_cases;
INSERT INTO testimonies (case_id, model_type, words, signature, sealed, created_at)
  SELECT pg_temp.id(4, n), 'diagnosis', CASE WHEN mod(n, 80) = 0 THEN decode(md5((mod(n, 50))::text), 'hex') END,
    decode(md5((mod(n, 20))::text), 'hex'), testimony_sealed, at FROM visits, given WHERE mod(n, 40) = 0 OR mod(n, 100) = 4;
INSERT INTO validations (case_id, validator, kind, diagnosis, saw_model_answer, seconds_spent, at)
  SELECT pg_temp.id(4, n), 'key:clinician', 'confirm', pg_temp.label(n), false, 20, at FROM visits WHERE mod(n, 10) = 5;
INSERT INTO second_reads (case_id, model_type, why, asked_by, asked_at, first_label, first_reader, second_label,
    second_reader, answered_at, settled_label, settled_by, settled_at)
  SELECT pg_temp.id(4, n), 'diagnosis', 'policy', 'rule', at, pg_temp.label(n), 'validator-1',
    CASE WHEN n < cases - 2000 THEN pg_temp.label(n + mod(n, 50) / 45) END,
    CASE WHEN n < cases - 2000 THEN 'validator-2' END, CASE WHEN n < cases - 2000 THEN at END,
    CASE WHEN n < cases - 2000 THEN pg_temp.label(n) END, CASE WHEN n < cases - 2000 THEN 'validator-2' END,
    CASE WHEN n < cases - 2000 THEN at END FROM visits, given WHERE mod(n, 50) = 7;

INSERT INTO dataset_versions (id, name, model_type, number, parent_id, sha256, manifest_key, counts, policy_version,
    preprocessing, sealed_by, sealed_at)
  SELECT pg_temp.id(5, v), 'diagnosis-data-' || v, 'diagnosis', v, CASE WHEN v > 1 THEN pg_temp.id(5, v - 1) END,
    md5(v::text), 'k', jsonb_build_object('training', last * 4 / 5, 'evaluation', last / 5, 'labels',
      (SELECT jsonb_object_agg(label, last / 40) FROM labels)), 1, '{}', 'schedule', ended FROM eras;
INSERT INTO dataset_members (dataset_version_id, case_id, person_id, split, label, weight, content_hash, source_id,
    validator_id, cluster, audit_probability, replay)
  SELECT pg_temp.id(5, eras.v), c.id, c.person_id, p.split, c.diagnosis, 1.0, c.content_hash, c.source_id, c.validated_by,
    NULL, NULL, false
  FROM eras JOIN validated_cases c ON c.created_at <= ended - interval '1 day' JOIN persons p ON p.id = c.person_id
    JOIN visits n ON pg_temp.id(4, n.n) = c.id
  WHERE c.state IN ('validated', 'superseded', 'withdrawn')
    AND NOT (mod(n.n, 10) = 9 AND p.split = 'training')  -- the audit sample judges
  ORDER BY eras.v, c.id;
UPDATE persons SET trained = true WHERE split = 'training';
UPDATE validated_cases c SET used_in_training = true FROM dataset_members m
  WHERE m.case_id = c.id AND m.split = 'training';
INSERT INTO evaluation_sets (dataset_version_id, purpose, uses, created_at)
  SELECT pg_temp.id(5, v), 'gate', 2, ended FROM eras;
INSERT INTO seal_orders (id, model_type, state, asked_by, dataset_version_id, created_at, ended_at)
  SELECT pg_temp.id(6, v), 'diagnosis', 'completed', 'key:steward', pg_temp.id(5, v), ended, ended FROM eras;
INSERT INTO withdrawals (id, person_id, cause, reached, requested_by, created_at)
  SELECT pg_temp.id(7, n), pg_temp.drawn('person', n * 400), 'asked', jsonb_build_object('cases', 2,
      'datasets', (SELECT jsonb_agg(name) FROM dataset_versions), 'jobs', '[]'::jsonb,
      'models', (SELECT jsonb_agg('diagnosis-' || v) FROM eras)), 'key:steward', now
  FROM given, generate_series(1, cases / 2000) n;

-- Two trainings for each version: one failed on the way.
INSERT INTO training_jobs (id, model_type, state, base, dataset_version_id, dataset_size, seed, recipe, auto_deploy,
    triggered_by, requested_by, progress, step, result, cost, error_code, error_message, created_at, start_time, end_time)
  SELECT pg_temp.id(8, 2 * v - t), 'diagnosis', CASE t WHEN 0 THEN 'completed' ELSE 'failed' END, 'minilm',
    pg_temp.id(5, v), last, 1, '{}', true, 'scheduled', 'beat', 1 - t * 0.5, 300, '{}', '{"seconds": 240.0, "kwh": 0.02}',
    CASE t WHEN 1 THEN 'out_of_memory' END, CASE t WHEN 1 THEN 'no memory' END, ended, ended, ended + interval '1 hour'
  FROM eras, generate_series(0, 1) t;
INSERT INTO job_attempts (job_id, fence, attempt, worker, started_at, ended_at, ended_why)
  SELECT pg_temp.id(8, j), j, 1, 'w', ended, ended, 'completed' FROM eras, LATERAL (VALUES (2 * v), (2 * v - 1)) jobs (j);
INSERT INTO job_metrics (job_id, fence, step, at, values)
  SELECT pg_temp.id(8, 2 * v), 2 * v, step, ended, jsonb_build_object('loss', 1.0 / step, 'learning_rate', 0.001,
    'tokens_per_second', 900.0) FROM eras, generate_series(1, 300) step;

INSERT INTO model_versions (id, name, model_type, number, state, state_since, job_id, fence, dataset_version_id, base,
    base_digest, digest, artifact_key, labels, fingerprint, parent_id, tainted, blocked, settled, created_at)
  SELECT pg_temp.id(9, v), 'diagnosis-' || v, 'diagnosis', v,
    CASE versions - v WHEN 0 THEN 'canary_25' WHEN 1 THEN 'live' WHEN 2 THEN 'standby'
      ELSE CASE mod(v, 5) WHEN 3 THEN 'rejected' ELSE 'retired' END END,
    ended, pg_temp.id(8, 2 * v), 2 * v, pg_temp.id(5, v), 'minilm', 'b', md5('version' || v), 'k',
    (SELECT jsonb_agg(label) FROM labels), 'f', CASE WHEN v > 1 THEN pg_temp.id(9, v - 1) END, '[]', false, v < versions,
    ended FROM eras, given;
INSERT INTO model_performance (id, model_version_id, model_version, model_type, dataset_version_id, purpose, n,
    accuracy, precision, recall, f1_score, intervals, per_class, subgroups, calibration_error, latency_ms, created_at)
  SELECT pg_temp.id(10, 100 * v + k), pg_temp.id(9, v), 'diagnosis-' || v, 'diagnosis', pg_temp.id(5, v),
    CASE k WHEN 1 THEN 'gate' WHEN 2 THEN 'audit' ELSE 'live' END, greatest(60, last / 5), 0.8 + v * 0.001, 0.8, 0.8, 0.8,
    '{"accuracy": [0.78, 0.86]}', (SELECT jsonb_object_agg(label, jsonb_build_object('precision', figure, 'recall',
      figure, 'f1', figure)) FROM labels), jsonb_build_object('sex', jsonb_build_object('f', figure, 'm', figure)),
    0.03, 4.0, ended
  FROM eras, generate_series(1, 6) k, CAST('{"value": 0.8, "low": 0.7, "high": 0.9, "n": 50}' AS jsonb) figure;
INSERT INTO gate_decisions (model_version_id, digest, against_id, policy_version, verdict, rules, inputs,
    inputs_sha256, created_at)
  SELECT pg_temp.id(9, v), md5('version' || v), CASE WHEN v > 1 THEN pg_temp.id(9, v - 1) END, 1,
    CASE WHEN mod(v, 5) = 3 AND v < versions - 2 THEN 'fail' ELSE 'pass' END,
    '[{"rule": "accuracy", "value": 0.81, "bound": 0.78, "n": 400, "verdict": "pass", "why": "not worse"}]',
    jsonb_build_object('must_not_miss', '[]'::jsonb, 'timed', '[]'::jsonb, 'cases',
      (SELECT jsonb_agg(jsonb_build_object('case_id', m.case_id, 'truth', m.label, 'person', m.person_id,
         'candidate', jsonb_build_object('label', m.label, 'confidence', 0.91),
         'champion', jsonb_build_object('label', pg_temp.label(('x' || left(m.content_hash, 4))::bit(16)::int), 'confidence', 0.87),
         'subgroup', '{"sex": "f", "site": "s1"}'::jsonb))
       FROM dataset_members m WHERE m.dataset_version_id = pg_temp.id(5, v) AND m.split = 'evaluation')),
    'i', ended FROM eras, given;

-- Of each version: shadow, 5, 25, 50 percent, live. The newest stands at 25.
INSERT INTO traffic_plans (model_type, number, champion_id, challenger_id, standby_id, share, shadow, salt, reason,
    actor, effective_at)
  SELECT 'diagnosis', plan, pg_temp.id(9, CASE stage WHEN 4 THEN v ELSE greatest(1, v - 1) END),
    CASE WHEN v > 1 AND stage < 4 THEN pg_temp.id(9, v) END,
    CASE WHEN v > 1 AND stage = 4 THEN pg_temp.id(9, v - 1) END,
    CASE WHEN v > 1 THEN (ARRAY[0, 0.05, 0.25, 0.5, 0])[1 + stage] ELSE 0 END, v > 1, 's' || v, 'the evidence', 'rule',
    (SELECT min(at) FROM visits WHERE visits.plan = p.plan)
  FROM (SELECT plan, 1 + (plan - 1) / 5 AS v, mod(plan - 1, 5) AS stage
        FROM given, generate_series(1, 5 * versions - 2) plan) p;
INSERT INTO predictions (id, model_type, model_version_id, digest, plan_number, slot, share, bucket, person_id,
    encounter, label, confidence, top, abstain, subgroup, audit_probability, in_audit, latency_ms, at)
  SELECT pg_temp.drawn('prediction', n), 'diagnosis', CASE WHEN challenged THEN p.challenger_id ELSE p.champion_id END,
    'd', plan, CASE WHEN challenged THEN 'challenger' ELSE 'champion' END, p.share, mod(person, 10000),
    pg_temp.drawn('person', person), 'e', pg_temp.label(n + mod(n, 6) / 5), 0.8,
    '[["Disease 1", 0.8], ["Disease 2", 0.1]]', false, pg_temp.groups(n), 0.1, mod(n, 10) = 9, 5.0, v.at
  FROM visits v JOIN traffic_plans p ON p.number = v.plan AND p.model_type = 'diagnosis',
    LATERAL (SELECT mod(person * 7919, 10000) < 10000 * p.share AS challenged) c ORDER BY n;
INSERT INTO prediction_inputs (prediction_id, sealed, expires_at, cleaned)
  SELECT pg_temp.drawn('prediction', n), input_sealed, at + interval '90 days', CASE WHEN mod(n, 9) < 2 THEN cleaned_sealed END
  FROM visits, given WHERE at > now - interval '90 days';
INSERT INTO silent_scores (prediction_id, model_version_id, label, confidence, at)
  SELECT p.id, CASE p.slot WHEN 'champion' THEN coalesce(t.challenger_id, t.standby_id) ELSE t.champion_id END,
    pg_temp.label(mod(p.seq, 7)), 0.7, p.at
  FROM predictions p JOIN traffic_plans t ON t.model_type = p.model_type AND t.number = p.plan_number
  WHERE t.shadow ORDER BY p.seq;
INSERT INTO outcomes (prediction_id, kind, label, blind, validated_by, validated_at, received_at)
  SELECT pg_temp.drawn('prediction', n), 'feedback', pg_temp.label(n), false, 'dr.rao', at, at + interval '2 days'
  FROM visits, given WHERE mod(n, 20) <> 0 AND at < now - interval '2 days' ORDER BY n;
INSERT INTO readings (id, model_type, prediction_id, kind, options, sampling_rate, asked_at, answered_at, answer, reader)
  SELECT pg_temp.id(11, 10 * n + k), 'diagnosis', pg_temp.drawn('prediction', n), (ARRAY['disagreement', 'audit', 'hard'])[k],
    '["Disease 1", "Disease 2"]', 1.0, at, CASE WHEN n < cases - 600 THEN at END,
    CASE WHEN n < cases - 600 THEN pg_temp.label(n) END, CASE WHEN n < cases - 600 THEN 'key:clinician' END
  FROM visits, given, generate_series(1, 3) k
  WHERE (k = 1 AND mod(n, 9) = 0) OR (k = 2 AND mod(n, 10) = 9) OR (k = 3 AND mod(n, 36) = 1);
INSERT INTO outcomes (prediction_id, kind, label, blind, validated_by, validated_at, received_at)
  SELECT prediction_id, CASE kind WHEN 'audit' THEN 'audit' ELSE 'reading' END, answer, true, reader, answered_at, answered_at
  FROM readings WHERE answered_at IS NOT NULL AND kind <> 'hard' ORDER BY asked_at;

INSERT INTO deployments (model_version_id, strategy, stages, requested_by, started_at, ended_at, ended_why)
  SELECT pg_temp.id(9, v), 'canary', '[]', 'rule', began, CASE WHEN v < versions THEN ended END, 'live' FROM eras, given;
INSERT INTO release_decisions (run, step, model_type, model_version_id, policy_version, message, answer, action, cursors, at)
  SELECT 'diagnosis-' || v, step, 'diagnosis', pg_temp.id(9, v), 1, message, answer, action, jsonb_build_object(
      'base', first, 'outcome', jsonb_build_object('at', first + (last - first) * step / 400)),
    began + (ended - began) * step / 400 FROM steps_of_a_run, eras WHERE v > 1;
INSERT INTO monitor_windows (model_type, model_version_id, starts_at, ends_at, n_predicted, n_matured, estimates, computed_at)
  SELECT 'diagnosis', pg_temp.id(9, greatest(1, v - 1 - side)), day, day + interval '7 days', 1400, 1000,
    '{"accuracy": {"value": 0.85, "low": 0.83, "high": 0.87, "n": 1000}}', day + again * interval '7 days'
  FROM (SELECT date_trunc('week', at) AS day, max(v) AS v FROM visits GROUP BY 1) w, generate_series(0, 1) side,
    generate_series(1, 6) again WHERE side = 0 OR v > 2;
INSERT INTO alerts (id, kind, severity, dedup_key, state, title, body, subject, seen, opened_at, resolved_at)
  SELECT pg_temp.id(12, n), 'drift', 'warning', 'alert-' || n, CASE WHEN n < 5 THEN 'open' ELSE 'resolved' END,
    'drift of the labels', 'psi 0.21', NULL, 3, now - n * interval '1 day', CASE WHEN n >= 5 THEN now - n * interval '1 day' END
  FROM given, generate_series(1, cases / 200) n;
INSERT INTO deliveries (alert_id, channel, state, attempts, next_at, sent_at)
  SELECT id, 0, 'sent', 1, opened_at, opened_at FROM alerts;
INSERT INTO approvals (id, subject_kind, subject_id, maker, checker, state, reason, created_at, decided_at)
  SELECT pg_temp.id(13, v), 'model_versions', pg_temp.id(9, v), 'key:operator', CASE WHEN v < versions THEN 'key:approver' END,
    CASE WHEN v < versions THEN 'approved' ELSE 'asked' END, 'the letter', began, CASE WHEN v < versions THEN ended END
  FROM eras, given;
INSERT INTO audit_events (at, actor, act, subject_kind, subject_id, details)
  SELECT at, 'system', (ARRAY['move', 'read'])[k], 'validated_cases', pg_temp.id(4, n)::text,
    '{"from": "checked", "to": "validated"}' FROM visits, generate_series(1, 2) k ORDER BY n;
INSERT INTO events (at, kind, subject, data)
  SELECT at, (ARRAY['validated_cases.validated', 'training_jobs.progress', 'predictions.made'])[1 + mod(n, 3)],
    CASE mod(n, 3) WHEN 1 THEN pg_temp.id(8, 2 * v)::text ELSE n::text END, '{"step": 1, "loss": 0.5}'
  FROM visits, given WHERE at > now - interval '30 days' ORDER BY n;
INSERT INTO schedules (id, name, kind, model_type, cron, timezone, after_new_cases, enabled, since, created_at)
  SELECT pg_temp.id(14, n), (ARRAY['nightly collection', 'weekly training', 'look'])[n], (ARRAY['collect', 'train', 'look'])[n],
    CASE n WHEN 2 THEN 'diagnosis' END, (ARRAY['0 1 * * *', '0 2 * * 0', '*/5 * * * *'])[n], 'UTC',
    CASE n WHEN 2 THEN 200 END, true, '2024-01-01', '2024-01-01' FROM generate_series(1, 3) n;
INSERT INTO schedule_fires (schedule_id, fire_key, outcome, at)
  SELECT pg_temp.id(14, 3), (now - n * interval '5 minutes')::text, 'started', now - n * interval '5 minutes'
  FROM given, generate_series(1, cases * 288 / 200) n
  UNION ALL SELECT pg_temp.id(14, 1), (now - n * interval '1 day')::text, 'started', now - n * interval '1 day'
  FROM given, generate_series(1, cases / 200) n
  UNION ALL SELECT pg_temp.id(14, 2), ended::text, 'started', ended FROM eras;
INSERT INTO idempotency_keys (actor, route, key, request_sha256, status, response, created_at)
  SELECT 'key:service', '/predict', n::text, '', 200, '{}', at FROM visits, given WHERE at > now - interval '7 days';
SET session_replication_role = origin;
