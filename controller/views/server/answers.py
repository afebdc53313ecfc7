"""Answers of HTTP: documents that a reader may have already, and errors in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from controller.errors import HeirloomError
from controller.state.errors import HomeError
from controller.state.record import RecordError
from controller.views.page.documents import DocumentError
from controller.views.server.live.followed import GoneError
from controller.views.server.live.made import Made
from controller.views.server.live.threads import LateError
from controller.views.server.steering import InvalidRequestError

_AGAIN = "5"  # seconds after which a reader may ask again


def answer(request: Request, made: Made, media_type: str = "application/json") -> Response:
    """The document, or that the reader has it already (RFC 9110, sections 13.1.2 and 15.4.5)."""
    headers = {"ETag": made.tag, "Vary": "Accept-Encoding"}
    if made.tag in (tag.removeprefix("W/") for tag in _listed(request, "if-none-match")):
        return Response(status_code=304, headers=headers)
    if made.compressed is None or "gzip" not in _listed(request, "accept-encoding"):
        return Response(made.body, headers=headers, media_type=media_type)
    headers["Content-Encoding"] = "gzip"
    return Response(made.compressed, headers=headers, media_type=media_type)


def _listed(request: Request, name: str) -> list[str]:
    """The items of a header that is a list. An encoding with a weight is left out."""
    return [item.strip() for item in request.headers.get(name, "").split(",")]


def explained(status: int, why: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error in words: what, where, what to do."""
    return JSONResponse({"error": why}, status, headers=headers)


async def _explain(request: Request, error: Exception) -> Response:
    if isinstance(error, (HomeError, DocumentError, GoneError)):
        return explained(404, str(error))
    if isinstance(error, InvalidRequestError):
        return explained(422, str(error))
    if isinstance(error, LateError):
        return explained(503, str(error), {"Retry-After": _AGAIN})
    if request.method == "POST":
        return explained(409, str(error))
    if isinstance(error, RecordError):
        return explained(404, str(error))
    return explained(503, str(error), {"Retry-After": _AGAIN})


async def _no_such_address(request: Request, error: Exception) -> Response:
    return explained(404, f"there is nothing at {request.url.path}")


async def _not_allowed(request: Request, error: Exception) -> Response:
    return explained(405, f"{request.method} is not possible at {request.url.path}")


async def _left(request: Request, error: Exception) -> Response:
    """For a browser that is gone. Nobody gets the answer, and no error is printed."""
    return explained(400, "the connection ended before the request did")


async def _failed(request: Request, error: Exception) -> Response:
    return explained(500, "the server failed: what it printed in its terminal says why")


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    HeirloomError: _explain,
    404: _no_such_address,
    405: _not_allowed,
    ClientDisconnect: _left,
    Exception: _failed,
}
"""By the class of an exception, or the status."""
