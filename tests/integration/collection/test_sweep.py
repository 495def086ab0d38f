"""Rows that the clinic's database no longer has: followed at the next run, not believed in masses."""

from sqlalchemy import select

from shared.registry.tables import SourceRecord, ValidatedCase, Withdrawal


def plans(clinic, n: int) -> list[str]:
    names = [f"Person Number{chr(97 + number)}" for number in range(n)]
    return [clinic.plan(clinic.patient(f"IN-{name}", name)) for name in names]


def states(deps) -> dict[str, str]:
    with deps.sessions() as session:
        cases = session.scalars(select(ValidatedCase).order_by(ValidatedCase.version)).all()
    return {case.source_record: case.state.value for case in cases}


def test_a_deleted_row_ends_its_case_once_and_says_what_used_it(deps, clinic, collect_again):
    first, second, _ = plans(clinic, 3)
    assert collect_again()["collected"] == 3
    clinic.run("DELETE FROM treatment_plans WHERE plan_id = ?", second)
    assert collect_again()["deleted"] == 1
    assert (states(deps)[second], states(deps)[first]) == ("withdrawn", "validated")
    assert collect_again()["deleted"] == 0
    with deps.sessions() as session:
        assert session.scalars(select(Withdrawal.cause)).all() == ["deleted_at_source"]
        gone = session.scalars(select(SourceRecord).where(SourceRecord.natural_key == second)).one()
        assert (gone.deleted_at, gone.reason) == (deps.clock(), "deleted_at_source")


def test_a_row_that_is_back_is_collected_again(deps, clinic, collect_again):
    (only,) = plans(clinic, 1)
    collect_again()
    clinic.run("UPDATE treatment_plans SET plan_id = 'hidden' WHERE plan_id = ?", only)
    collect_again()
    assert states(deps)[only] == "withdrawn"
    clinic.run("UPDATE treatment_plans SET plan_id = ? WHERE plan_id = 'hidden'", only)
    collect_again()
    assert states(deps)[only] == "validated"


def test_an_emptied_table_is_no_news_of_patients(deps, clinic, collect_again):
    plans(clinic, 25)
    collect_again()
    clinic.run("DELETE FROM treatment_plans")
    answer = collect_again()
    assert (answer["deleted"], answer["deletions_held"]) == (0, 25)
    assert set(states(deps).values()) == {"validated"}


def test_a_window_of_dates_deletes_nothing(deps, clinic, collect_again):
    (only,) = plans(clinic, 1)
    collect_again()
    clinic.run("DELETE FROM treatment_plans WHERE plan_id = ?", only)
    assert collect_again(start_date="2025-01-01")["deleted"] == 0
    assert states(deps)[only] == "validated"
