"""A source that is hostile: it points elsewhere, redirects, never ends, names files outside its folder."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urljoin

import pytest

from shared.errors import Error, InvalidInputError, PartDownError
from worker_collection.sources.fhir import wire
from worker_collection.sources.fhir.wire import Wire

BASE = "https://fhir.clinic.example/r4"
ELSEWHERE = """
http://fhir.clinic.example/r4/Patient?page=2
https://fhir.clinic.example:8443/r4/Patient
https://fhir.clinic.example./r4/Patient
https://fhir.clinic.example.evil.example/r4
https://evil.example/fhir.clinic.example/r4
https://fhir.clinic.example@evil.example/r4
https://evil.example#@fhir.clinic.example/r4
https://evil.example?@fhir.clinic.example/r4
https://fhir.clinic.example%2eevil.example/r4
https://fhir.clinic.example%00.evil.example/
https://user:pass@fhir.clinic.example/r4
//evil.example/r4
///evil.example/r4
https:\\\\evil.example\\r4
https://127.0.0.1/r4
https://127.1/r4
https://2130706433/r4
https://0x7f000001/r4
https://0177.0.0.1/r4
https://0/r4
https://[::1]/r4
https://[::ffff:127.0.0.1]/r4
https://[::ffff:7f00:1]/r4
https://[fe80::1%25eth0]/r4
https://169.254.169.254/latest/meta-data/
https://[fd00:ec2::254]/latest/meta-data/
https://metadata.google.internal/computeMetadata/v1/
https://localhost/r4
https://localhost.localdomain/r4
https://10.0.0.1/r4
https://192.168.0.1/r4
https://172.16.0.1/r4
https://100.64.0.1/r4
https://evil.example:443/r4
file:///etc/passwd
ftp://fhir.clinic.example/r4
gopher://fhir.clinic.example:70/_x
data:application/json,{}
javascript:alert(1)
unix:///var/run/docker.sock
ldap://fhir.clinic.example/
jar:https://fhir.clinic.example/r4!/x
https://ﬁhr.clinic.example/r4
https://fhir。clinic。example/r4
""".strip().splitlines()


def test_forty_ways_to_point_elsewhere_are_known():
    assert len(ELSEWHERE) >= 40


@pytest.mark.parametrize("told", ELSEWHERE)
def test_no_page_leads_to_another_server(told):
    quiet = Wire(pause=lambda seconds: None)
    address = urljoin(f"{BASE}/Patient?page=1", told)
    assert not quiet.is_beside(address, BASE) or address.startswith(f"{BASE.rpartition('/')[0]}/")


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "ftp://x/", "gopher://x/", "data:text/plain,x"])
def test_only_the_web_is_asked(scheme):
    with pytest.raises(InvalidInputError):
        Wire(pause=lambda seconds: None).ask(scheme)


class Hostile(BaseHTTPRequestHandler):
    """Sends whoever asks to a trap, with or without an end."""

    trapped: list[str] = []

    def do_GET(self):
        self.trapped.append(self.path)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/trap")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        body = json.dumps({"resourceType": "Bundle"}).encode() + b" " * (1 << 16)
        for _ in range(64 if self.path == "/endless" else 1):
            try:
                self.wfile.write(body)
            except OSError:
                return

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hostile():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    Hostile.trapped.clear()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere(hostile):
    with pytest.raises(InvalidInputError, match="302"):
        Wire(pause=lambda seconds: None).ask(f"{hostile}/redirect")
    assert Hostile.trapped == ["/redirect"]


def test_an_answer_without_end_is_given_up(hostile, monkeypatch):
    quiet = Wire(pause=lambda seconds: None)
    assert quiet.ask(f"{hostile}/page") == {"resourceType": "Bundle"}
    monkeypatch.setattr(wire, "MOST_BYTES", 1 << 20)
    with pytest.raises(PartDownError, match="more than 1 MB"):
        quiet.ask(f"{hostile}/endless")


@pytest.mark.parametrize(
    "key", ["../keys/site.secret", "/etc/passwd", "a/../../b", "a\0b", "..", "a//../../c"]
)
def test_no_name_of_a_store_leads_out_of_it(storage, key):
    with pytest.raises((Error, ValueError)):
        storage.get(key)
