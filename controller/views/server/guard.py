"""Who may read and change what the server shows.

| check | against |
|---|---|
| token | other users of this machine and of the network |
| Host | a stranger's domain that resolves to this machine (DNS rebinding) |
| Origin and X-Heirloom | pages of others that send requests from the reader's browser (CSRF) |
| Content-Security-Policy | text of trials and users that becomes markup or a script |

The page and its scripts hold nothing of any experiment, and are sent without a token: a browser
sends a cookie with `SameSite=Strict` only to what the page itself asks for, so that a link from
elsewhere opens the page.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DAYS = 30  # that a browser keeps the token
_READING = ("GET", "HEAD")
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """Who is let in.

    Args:
        token: that readers need.
        hosts: the names under which this machine may be asked, beside addresses of IP.
    """

    token: str
    hosts: Collection[str]


def hosts(interface: str) -> frozenset[str]:
    """The names under which the server is reached on an interface.

    Those of this machine are looked up only where the network reaches it: that may take a while.
    """
    found = {"localhost", interface}
    if not is_loopback(interface):
        found |= {socket.gethostname(), socket.getfqdn()}
    return frozenset(name.lower().rstrip(".") for name in found if name)


def is_loopback(interface: str) -> bool:
    """Whether only this machine can reach an interface."""
    try:
        return ipaddress.ip_address(interface).is_loopback
    except ValueError:
        return interface == "localhost"


def cookie_name(host: str) -> str:
    """The name of the cookie that holds the token, for a Host that is ours.

    A browser sends the cookies of a host to all of its ports (RFC 6265, section 8.5). With tunnels
    several servers are ports of localhost.
    """
    return f"heirloom-{urlsplit(f'//{host}').port or 80}"


class Guard:
    """Answers requests that are not allowed, and passes on the others (ASGI middleware)."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._answer(scope) or self._app

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await answer(scope, receive, guarded)

    def _answer(self, scope: Scope) -> Response | None:
        """The answer to a request that goes no further, None for one that does."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_ours(host):
            return _refused(
                403,
                f"this server is not called {host!r}: open it by the address that it printed, "
                "or start it with --host and this name",
            )
        origin = headers.get("origin")
        if origin is not None and not _is_of(origin, host):
            return _refused(403, f"a page of {origin} cannot use this server")
        request = Request(scope)
        given = request.query_params.get("token")
        if given is not None and scope["path"] == "/" and scope["method"] in _READING:
            return self._enter(given, host)
        if not scope["path"].startswith("/api/"):
            return None
        by_cookie = self._is_token(_cookie(headers, cookie_name(host)))
        if not by_cookie and not self._is_token(_bearer(headers)):
            return _refused(
                401,
                "the token is missing or wrong: open the address that `heirloom serve` printed",
                {"WWW-Authenticate": "Bearer"},
            )
        if scope["method"] in _READING:
            return None
        if headers.get("x-heirloom") != "1" or (by_cookie and origin is None):
            return _refused(
                403, "a request needs the header X-Heirloom: 1, and one of a browser its Origin"
            )
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a Host names this machine: by its address, which no domain can stand for."""
        try:
            parts = urlsplit(f"//{host}")
            name, _ = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:  # also of a port that is no number
            return False
        if name in self._rules.hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._rules.token.encode())

    def _enter(self, given: str, host: str) -> Response:
        """Take the token out of the address into a cookie. The part after `#` stays."""
        if not self._is_token(given):
            return _refused(
                401, "the token is wrong: open the address that `heirloom serve` printed"
            )
        response = RedirectResponse("./", 303)
        response.set_cookie(
            cookie_name(host),
            self._rules.token,
            max_age=_DAYS * 86400,
            httponly=True,
            samesite="strict",
        )
        return response


def _is_of(origin: str, host: str) -> bool:
    """Whether a page of this origin comes from this host."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # of a bracket without its other one
        return False


def _cookie(headers: Headers, name: str) -> str:
    """The value of a cookie, the first of its name; empty without one."""
    for line in headers.getlist("cookie"):
        for part in line.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value.strip('"')
    return ""


def _bearer(headers: Headers) -> str:
    """The token of a program (RFC 6750, section 2.1); empty without one."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _refused(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status, headers=dict(headers or {}))
