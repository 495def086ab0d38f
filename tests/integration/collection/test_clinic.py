"""The sample clinic against its gold answers, in SQLite and in Postgres."""

import time

from bench.collection import against_gold, load_sqlite, run_over


def test_the_clinic_is_collected_as_its_gold_answers_say(deps, test_data, tmp_path):
    folder = test_data / "clinic-samples" / "clinic"
    path = load_sqlite(folder, tmp_path)
    began = time.perf_counter()
    answer = run_over(f"sqlite:///{path}", deps)
    score = against_gold(folder, deps, answer=answer, seconds=time.perf_counter() - began)
    assert score.faults == []
