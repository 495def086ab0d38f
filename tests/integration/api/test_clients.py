"""The generated clients: every route is there, typed; the one for Python speaks to the API."""

import importlib.util
import re
import sys
import threading
from pathlib import Path
from typing import get_type_hints

import pytest
from werkzeug.serving import make_server

from api_service import openapi
from api_service.auth import Role
from api_service.routes import ENDPOINTS
from rounds.clients import python, typescript
from rounds.clients.operations import operations
from tests.house.test_dashboard import tool

DOCUMENT = openapi.document(ENDPOINTS)
OPERATIONS = operations(DOCUMENT)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """The module as somebody would import it."""
    path = tmp_path_factory.mktemp("client") / "rounds_client.py"
    path.write_text(python.render(DOCUMENT))
    spec = importlib.util.spec_from_file_location("rounds_client", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["rounds_client"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["rounds_client"]


@pytest.fixture
def address(site):
    """Where the application of this test listens."""
    server = make_server("127.0.0.1", 0, site.client.application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def test_every_route_is_a_method_of_its_own(client):
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS) == len(ENDPOINTS)
    for operation in OPERATIONS:
        assert callable(getattr(client.Rounds, operation.name))


def test_every_type_is_one(client):
    for name, shape in DOCUMENT["components"]["schemas"].items():
        if "properties" in shape:
            assert set(get_type_hints(getattr(client, name))) == set(shape["properties"]), name
    for operation in OPERATIONS:
        assert "return" in get_type_hints(getattr(client.Rounds, operation.name))


def test_it_predicts_and_gives_feedback(client, site, address):
    champion, _ = site.serve(challenger_id=None, share=0.0)
    rounds = client.Rounds(address, key=site.keys[Role.SERVICE])
    wish = {"model_type": "diagnosis", "person": "p/17", "encounter": "e-1", "text": "wheeze"}
    answer = rounds.predict(wish, idempotency_key="once")
    assert answer["model_version"] == champion.name
    assert rounds.predict(wish, idempotency_key="once")["prediction_id"] == answer["prediction_id"]
    said = {"diagnosis": "Gout", "validated_by": "dr", "validated_at": "2026-03-04T09:14:00Z", "blind": False}
    assert rounds.feedback(answer["prediction_id"], said)["status"] == "recorded"


def test_what_the_api_refuses_is_an_error_that_says_why(client, site, address):
    rounds = client.Rounds(address, key=site.keys[Role.VIEWER])
    with pytest.raises(client.Refused) as refused:
        rounds.predict({"model_type": "diagnosis", "person": "p", "encounter": "e", "text": "t"})
    assert (refused.value.status, refused.value.code) == (403, "forbidden")
    assert isinstance(rounds.health()["status"], str), "a health that is not well is no error"


def test_a_query_is_spelled_as_the_api_reads_it(client, site, address):
    rounds = client.Rounds(address, key=site.keys[Role.STEWARD])
    assert rounds.list_cases(limit=3, model_type="diagnosis") == []


def test_typescript_takes_the_types(tmp_path):
    path = tmp_path / "rounds.ts"
    path.write_text(typescript.render(DOCUMENT))
    done = tool("tsc", "--noEmit", "--strict", "--ignoreConfig", str(path))
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r'^  "(?:GET|POST|PUT|DELETE) /', path.read_text(), re.MULTILINE)) == len(ENDPOINTS)


def test_nothing_but_python_is_asked_for(client):
    imported = re.findall(r"^(?:from|import) (\w+)", Path(client.__file__).read_text(), re.MULTILINE)
    assert set(imported) <= set(sys.stdlib_module_names)
