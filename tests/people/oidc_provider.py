"""A small OpenID provider for tests: it requires PKCE, asks again where it is told to, and can be made to lie."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt


class Provider:
    """The few answers of an OpenID provider that a sign-in needs. `claims` change what its ID tokens say; None leaves out."""

    def __init__(self) -> None:
        self.userinfo: dict[str, object] = {}
        self.claims: dict[str, object] = {}
        self.sends_id_token = True
        self.signed_in_at = time.time()  # of the person's session there
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def _say(self, body: object, status: int = 200) -> None:
                provider.asked.append(urlsplit(self.path).path)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(data)

            def do_GET(self) -> None:
                self._say(provider.userinfo if self.path == "/userinfo" else provider.discovery())

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._say(*provider.token({name: values[0] for name, values in parse_qs(sent).items()}))

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def discovery(self) -> dict[str, object]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "userinfo_endpoint": "userinfo"}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **{k: f"{self.url}/{v}" for k, v in names.items()}}

    def authorize(self, address: str) -> dict[str, str]:
        """What a browser brings back from the address it was sent to. The person signs in anew only when the provider is told to
        ask for it."""
        target = urlsplit(address)
        assert f"{target.scheme}://{target.netloc}{target.path}" == f"{self.url}/authorize"
        asked = {name: values[0] for name, values in parse_qs(target.query).items()}
        if asked.get("code_challenge_method") != "S256":
            return {"error": "invalid_request", "error_description": "PKCE is required", "state": asked["state"]}
        if asked.get("prompt") == "login" or asked.get("max_age") == "0":
            self.signed_in_at = time.time()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, sent: dict[str, str]) -> tuple[dict[str, Any], int]:
        """The answer to a code; a code works once, and with its verifier alone."""
        asked = self.codes.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        if asked is None or asked["code_challenge"] != base64.urlsafe_b64encode(digest).decode().rstrip("="):
            return {"error": "invalid_grant"}, 400
        answer: dict[str, Any] = {"access_token": "at", "token_type": "Bearer", "expires_in": 60}
        if self.sends_id_token:
            now = int(time.time())
            claims: dict[str, object] = {
                "iss": self.url, "aud": "portal", "sub": self.userinfo["sub"], "iat": now, "exp": now + 60,
                "auth_time": int(self.signed_in_at), "nonce": asked.get("nonce"),
            }  # fmt: skip
            said = {name: value for name, value in (claims | self.claims).items() if value is not None}
            answer["id_token"] = jwt.encode(said, "x" * 32, algorithm="HS256")
        return answer, 200

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
