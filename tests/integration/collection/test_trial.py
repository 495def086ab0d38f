"""A source is tried out before anything is stored: counts by rule, the unknown by frequency, no row left."""

import pytest
from sqlalchemy import create_engine, func, select, text

from shared.errors import ForbiddenError, InvalidInputError, PartDownError
from shared.registry import sources
from shared.registry.tables import Source, Table
from worker_collection.mapping import read_mapping
from worker_collection.sources.opening import adapter
from worker_collection.trial import try_out


def everything(deps) -> dict[str, int]:
    with deps.sessions() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table))
            for table in Table.metadata.sorted_tables
        }


@pytest.fixture
def registered(deps):
    def add(kind: str, address: str, mapping: str) -> Source:
        with deps.sessions.begin() as session:
            form = {"kind": kind, "address": address, "mapping": mapping, "model_type": "diagnosis"}
            return sources.add(session, kind, **form, vault=deps.vault, now=deps.clock(), actor="test")

    return add


def test_a_trial_says_what_a_run_would_give_and_leaves_nothing(clinic, registered, collect_again, deps):
    for number in range(4):
        clinic.plan(clinic.patient(f"I-{number}", f"Ann Quill{number}"))
    clinic.plan(clinic.patient("I-9", "Bo Lark"), status="discontinued")
    for number in range(10, 13):
        clinic.plan(
            clinic.patient(f"I-{number}", f"Cy Moor{number}"), primary_diagnosis="Glorpitis", icd_code=None
        )
    clinic.plan(clinic.patient("I-20", "Di Nash"), primary_diagnosis="Blork syndrome", icd_code=None)
    source = registered("sql", clinic.url, "clinic")
    before = everything(deps)
    found = try_out(source, deps).answer()
    assert everything(deps) == before
    assert found["rows"] == found["read"] == 9
    assert (found["collected"], found["refused"]) == (4, {"plan_discontinued": 1})
    assert sum(found["rules"].values()) == 9
    assert found["unmapped"] == [{"text": "Glorpitis", "n": 3}, {"text": "Blork syndrome", "n": 1}]
    real = collect_again()
    assert {name: real[name] for name in ("collected", "refused", "review")} == {
        name: found[name] for name in ("collected", "refused", "review")
    }
    assert try_out(source, deps).answer()["collected"] == 4  # also when all of it stands already


def test_a_trial_reads_no_more_than_it_is_asked_to(clinic, registered, deps):
    for number in range(30):
        clinic.plan(clinic.patient(f"I-{number}", f"Ann Quill{number}"))
    found = try_out(registered("sql", clinic.url, "clinic"), deps, most=10).answer()
    assert (found["rows"], found["read"], found["whole"]) == (30, 10, False)


BROKEN = [
    ("sql", "sqlite:////nowhere/clinic.db", 'query = "SELECT 1 AS source_id"', "no database file"),
    ("sql", "postgresql://u@127.0.0.1:1/x", 'query = "SELECT 1 AS source_id"', "does not answer"),
    ("sql", "oracle://x/y", 'query = "SELECT 1"', "oracle is not supported"),
    ("sql", "CLINIC", 'name = "x"', "needs a mapping with a query"),
    ("sql", "CLINIC", 'query = "SELECT 1 AS source_id"\n[fields]\ntext = "history"', "no column history"),
    ("sql", "CLINIC", 'query = "SELECT nothing FROM nowhere"', "does not fit the source"),
    ("sql", "NOT_A_DATABASE", 'query = "SELECT 1 AS source_id"', "no SQLite database"),
    ("folder", "/nowhere", "", "no folder at this address"),
    ("pigeon", "loft", "", "pigeon"),
]


@pytest.mark.parametrize(("kind", "address", "mapping", "sentence"), BROKEN)
def test_every_wrong_set_up_is_told_in_a_sentence(kind, address, mapping, sentence, clinic, tmp_path):
    wrong = tmp_path / "notes.txt"
    wrong.write_text("not a database at all, however long this text may become" * 40)
    place = {"CLINIC": clinic.url, "NOT_A_DATABASE": f"sqlite:///{wrong}"}.get(address, address)
    with pytest.raises((InvalidInputError, PartDownError), match=sentence):
        adapter(kind, place, read_mapping(mapping)).test()


def test_a_mapping_that_is_no_toml_says_in_which_line():
    with pytest.raises(InvalidInputError, match="line 2"):
        read_mapping('query = "SELECT 1"\nkey = \n')
    with pytest.raises(InvalidInputError, match="qeury"):
        read_mapping('qeury = "SELECT 1"')


@pytest.fixture
def postgres_clinic(deps):
    """A table beside the registry's, and a way to read it as a role that is given some rights."""
    url = deps.settings.database
    engine = create_engine(url)
    made = []

    def run(*statements: str) -> None:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
            connection.commit()

    def role(name: str, *grants: str) -> str:
        made.append(name)
        run(
            f"CREATE ROLE {name} LOGIN NOINHERIT",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}",
            *(grant.format(name=name) for grant in grants),
        )
        return url.replace("//rounds@", f"//{name}@")

    yield role
    for name in made:
        run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")
    engine.dispose()


RIGHTS = [
    ((), None),
    (("GRANT UPDATE (name) ON sources TO {name}",), "may write the table public.sources"),
    (("GRANT DELETE ON sources TO {name}",), "may write the table public.sources"),
    (("GRANT rounds_app TO {name}",), "may write the table"),
    (("GRANT pg_write_all_data TO {name}",), "may write the table"),
    (("ALTER ROLE {name} CREATEROLE",), "may make roles"),
    (("GRANT USAGE ON SEQUENCE fences TO {name}",), "may move the sequence"),
    (
        (
            "CREATE FUNCTION poke_{name}() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
            "GRANT EXECUTE ON FUNCTION poke_{name}() TO {name}",
        ),
        "with another's rights",
    ),
]


@pytest.mark.parametrize(("place", "rights"), list(enumerate(RIGHTS)))
def test_a_role_that_can_write_by_any_way_is_refused(postgres_clinic, place, rights):
    grants, sentence = rights
    url = postgres_clinic(f"reader_{place}", *grants)
    query = 'query = "SELECT name AS source_id FROM sources"\n[fields]\nsource_id = "source_id"'
    source = adapter("sql", url, read_mapping(query))
    if sentence is None:
        assert source.test().rows == 0
    else:
        with pytest.raises(ForbiddenError, match=sentence):
            source.test()
    source._engine.dispose()
