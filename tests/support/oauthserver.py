"""A real server on this machine that lets people sign in (OAuth 2.0), and tells a mail server whose a token is."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import trustme

CLIENT, SECRET = "thep-forms-test", "no secret at all"
_ASKED_BEFORE_SIGNED_IN = 2  # how often a device asks until the person has signed in


class OAuthServer:
    """Signs in `user`, whoever asks. `lifetime` is that of an access token in seconds.

    `refuses` is the error that it answers every question for a token with. `also_says` takes the place of what it
    would say of a token under the same names. `asked` are the grants that were asked for.
    """

    def __init__(self, authority: trustme.CA, user: str = "office") -> None:
        self.user, self.lifetime, self.refuses = user, 3600.0, ""
        self.also_says: dict[str, object] = {}
        self.asked: list[str] = []
        self.signed_in = 0  # times that a person did
        self.access: dict[str, tuple[str, float]] = {}
        self.refresh: dict[str, str] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self._questions = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._introspection = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self.introspection = f"http://127.0.0.1:{self._introspection.server_port}/introspect"

    def __enter__(self) -> OAuthServer:
        self._threads = [
            threading.Thread(target=server.serve_forever, args=[0.05]) for server in (self._server, self._introspection)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for server, thread in zip((self._server, self._introspection), self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    def settings(self, *, has_device_flow: bool) -> str:
        """What an administrator writes into sign-in.toml."""
        device = f'device_url = "{self.url}/device"\n' if has_device_flow else ""
        browser = "" if has_device_flow else f'authorize_url = "{self.url}/authorize"\n'
        return (
            f'[own]\nclient_id = "{CLIENT}"\nclient_secret = "{SECRET}"\nscope = "mail"\n'
            f'token_url = "{self.url}/token"\n{device}{browser}'
        )

    def end_all(self) -> None:
        """Have no access token count any more, as if their time were over."""
        self.access.clear()

    def sign_out(self) -> None:
        """Have nothing count that was given out."""
        self.access.clear()
        self.refresh.clear()

    # --- what is asked of it ----------------------------------------------------------------------------------------

    def answer(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        match path:
            case "/introspect":
                return self._whose(fields["token"])
            case "/device":
                assert fields == {"client_id": CLIENT, "scope": "mail"}
                self._questions = 0
                url = f"{self.url}/activate"
                return {"device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": url, "interval": 0.05}
            case "/token":
                return self._token(fields)
        raise AssertionError(path)

    def _whose(self, token: str) -> dict[str, Any]:
        user, ends = self.access.get(token, ("", 0.0))
        return {"active": True, "username": user} if ends > time.time() else {"active": False}

    def _token(self, fields: dict[str, str]) -> dict[str, Any]:
        assert (fields["client_id"], fields["client_secret"]) == (CLIENT, SECRET)
        grant = fields["grant_type"].rpartition(":")[2]
        self.asked.append(grant)
        if self.refuses:
            return {"error": self.refuses}
        if grant == "device_code":
            self._questions += 1
            if self._questions < _ASKED_BEFORE_SIGNED_IN:
                return {"error": "authorization_pending"}
        elif grant == "authorization_code":
            question = self.codes.pop(fields["code"])
            hashed = hashlib.sha256(fields["code_verifier"].encode()).digest()
            assert base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() == question["code_challenge"]
            assert fields["redirect_uri"] == question["redirect_uri"]
        elif fields["refresh_token"] not in self.refresh:
            return {"error": "invalid_grant"}
        if grant != "refresh_token":
            self.signed_in += 1
        access, refresh = secrets.token_urlsafe(600), secrets.token_urlsafe(900)  # as long as those of Microsoft
        self.access[access] = (self.user, time.time() + self.lifetime)
        self.refresh[refresh] = self.user
        return {"access_token": access, "refresh_token": refresh, "expires_in": self.lifetime} | self.also_says


def _handler(server: OAuthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            answer = server.answer(urlsplit(self.path).path, fields)
            data = json.dumps(answer).encode()
            self.send_response(400 if "error" in answer else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            """Sign in at once, as somebody does who is signed in already, and send the browser back."""
            question = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            code = secrets.token_urlsafe(8)
            server.codes[code] = question
            back = {"state": question["state"]} | ({"error": server.refuses} if server.refuses else {"code": code})
            self.send_response(302)
            self.send_header("Location", f"{question['redirect_uri']}?{urlencode(back)}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def browser(folder: Path) -> str:
    """The command of a browser that opens an address and follows where it leads, for the variable BROWSER."""
    script = folder / "browser.py"
    script.write_text("import sys, urllib.request\nurllib.request.urlopen(sys.argv[1]).read()\n", encoding="utf-8")
    return f"{sys.executable} {script} %s &"


STORE = '''
import json, pathlib
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

class Store(KeyringBackend):
    """A store of the system, in a file."""
    priority = 1
    path = pathlib.Path(__file__).with_suffix(".json")

    def _all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}

    def get_password(self, service, username):
        return self._all().get(service + "/" + username)

    def set_password(self, service, username, password):
        assert len(password) <= 1280  # what Windows takes
        self.path.write_text(json.dumps({**self._all(), service + "/" + username: password}))

    def delete_password(self, service, username):
        kept = self._all()
        if kept.pop(service + "/" + username, None) is None:
            raise PasswordDeleteError
        self.path.write_text(json.dumps(kept))
'''
