"""Nobody but the person at this computer gets into the desk, and no page of another site can use it."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.conftest import inbox, ingest, rows
from tests.support.commands import run
from tests.support.deciding import return_id
from thep_forms.definition import Definitions
from thep_forms.desk.server import RunningDesk, running_desk
from thep_forms.errors import OutputError, RecordsError

NAME = "Sam Okafor"  # on the form


class Answer:
    """What the desk answered."""

    def __init__(self, status: int, headers: Message, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class Client:
    """Asks the desk like a browser, or like somebody who attacks it."""

    def __init__(self, running: RunningDesk) -> None:
        parts = urlsplit(running.address)
        self.port, self.entrance = parts.port or 0, f"{parts.path}?{parts.query}"
        self.origin = f"http://127.0.0.1:{self.port}"
        answer = self.ask("GET", self.entrance)
        self.cookie = answer.headers["Set-Cookie"]
        self.jar = {"Cookie": self.cookie.partition(";")[0]}

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **{**self.jar, **headers})

    def token(self, path: str) -> tuple[str, str]:
        text = self.get(path).body.decode()
        return re.findall(r'name="token" value="(\w+)"', text)[0], re.findall(r'name="state" value="(\w+)"', text)[0]


@pytest.fixture
def made(records: Path, filled: Callable[..., bytes]) -> Path:
    ingest(records, [inbox(records.parent / "in", cedar=filled(main_contact_email="jo@cedar"))])
    return records


@pytest.fixture
def client(made: Path) -> Iterator[Client]:
    with running_desk(made, Definitions.of_today) as running:
        yield Client(running)


def test_the_secret_is_exchanged_for_a_cookie_that_no_script_and_no_other_site_gets(client: Client) -> None:
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in client.cookie.split(";")}
    answer = client.ask("GET", client.entrance)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


@pytest.mark.parametrize("path", ["/", "/schools", "/schools/211-2101", "/static/desk.css", "/undo"])
def test_without_the_cookie_nothing_is_shown(client: Client, path: str) -> None:
    for headers in ({}, {"Cookie": "thep_forms_desk=1"}, {"Cookie": f"{client.jar['Cookie'].partition('=')[0]}=x"}):
        answer = client.ask("GET", path, **headers)
        assert (answer.status, NAME in answer.body.decode()) == (403, False)


@pytest.mark.parametrize("key", ["", "x", "key"])
def test_a_wrong_secret_opens_nothing(client: Client, key: str) -> None:
    answer = client.ask("GET", f"/enter?key={key}")
    assert (answer.status, answer.headers.get("Set-Cookie")) == (403, None)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "[::1]:80"])
def test_a_name_that_leads_here_from_elsewhere_is_refused(client: Client, host: str) -> None:
    answer = client.get("/", Host=host)
    assert (answer.status, NAME in answer.body.decode()) == (421, False)


def test_every_answer_forbids_to_load_from_elsewhere_to_be_framed_and_to_be_kept(client: Client) -> None:
    for answer in (client.get("/"), client.ask("GET", "/"), client.get("/static/desk.js"), client.get("/nothing")):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "same-origin")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "server" not in {name.lower() for name in answer.headers}


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://127.0.0.1", "https://127.0.0.1:{port}"]
)
def test_a_form_of_another_site_changes_nothing(client: Client, made: Path, origin: str | None) -> None:
    path = f"/returns/{return_id(made, 'cedar')}"
    token, state = client.token(path)
    body = urlencode({"token": token, "state": state, "why": "x"})
    headers = {"Origin": origin.format(port=client.port)} if origin else {}
    assert client.ask("POST", f"{path}/close", body, **client.jar, **headers).status == 403
    assert rows(made / "decisions.csv") == []


@pytest.mark.parametrize("token", ["", "x", None])
def test_a_form_without_our_token_changes_nothing(client: Client, made: Path, token: str | None) -> None:
    path = f"/returns/{return_id(made, 'cedar')}"
    _, state = client.token(path)
    body = urlencode({"state": state, **({"token": token} if token is not None else {})})
    assert client.ask("POST", f"{path}/close", body, **client.jar, Origin=client.origin).status == 403
    assert rows(made / "decisions.csv") == []


def test_a_form_of_ours_is_taken(client: Client, made: Path) -> None:
    path = f"/returns/{return_id(made, 'cedar')}"
    token, state = client.token(path)
    body = urlencode({"token": token, "state": state, "why": "a joke"})
    assert client.ask("POST", f"{path}/close", body, **client.jar, Origin=client.origin).status == 303
    assert rows(made / "decisions.csv")[0]["why"] == "a joke"


def test_a_form_that_is_too_large_is_refused(client: Client) -> None:
    answer = client.ask("POST", "/undo", "a=" + "x" * 2**21, **client.jar, Origin=client.origin)
    assert answer.status == 413
    assert client.ask("POST", "/undo", "a=1&" * 6000, **client.jar, Origin=client.origin).status == 400


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/returns/../../etc/passwd", "/returns/x/pages/999.png"]
)
def test_a_path_out_of_the_desk_leads_nowhere(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status in (404, 409)
    assert b"import" not in answer.body


@pytest.mark.parametrize("path", ["/returns/0123456789abcdef", "/schools/211-9999", "/schools?year=x"])
def test_what_does_not_exist_is_said_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    text = answer.body.decode()
    assert (answer.status, "There is a problem" in text, "Traceback" in text) == (409, True, False)


def test_no_value_is_in_an_address(client: Client) -> None:
    for path in ("/", "/schools"):
        for address in re.findall(r'(?:href|action|src)="([^"]*)"', client.get(path).body.decode()):
            assert not re.search("@|Cedar|Okafor", address)


def test_two_desks_do_not_open_each_other(made: Path) -> None:
    with running_desk(made, Definitions.of_today) as first, running_desk(made, Definitions.of_today) as second:
        one, two = Client(first), Client(second)
        assert one.ask("GET", "/", **two.jar).status == 403


def test_a_port_that_is_taken_is_refused_in_one_line(made: Path) -> None:
    with running_desk(made, Definitions.of_today) as running:
        port = urlsplit(running.address).port or 0
        with pytest.raises(OutputError, match=f"uses the port {port}"), running_desk(made, Definitions.of_today, port):
            pass


def test_records_that_do_not_exist_are_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Something else")
    with pytest.raises(RecordsError, match="holds no records"), running_desk(tmp_path, Definitions.of_today):
        pass
    result = run("desk", "-o", tmp_path, "--no-browser")
    assert (result.exit_code, "holds no records" in result.stderr) == (2, True)


def test_a_desk_that_nobody_uses_closes(made: Path) -> None:
    with running_desk(made, Definitions.of_today) as running:
        running.wait(hours=0)
