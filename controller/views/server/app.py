"""The server's addresses."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from controller.state.home import Home
from controller.views.page import html
from controller.views.server import logs, steering
from controller.views.server.answers import HANDLERS, answer, explained
from controller.views.server.events import READERS, Hub
from controller.views.server.guard import Guard, Rules
from controller.views.server.live.experiments import Experiments
from controller.views.server.live.made import Made
from controller.views.server.live.threads import Worker


class Application:
    """Answers the requests of browsers. Use `app` in one event loop.

    Args:
        home: where the experiments are.
        rules: who is let in.
        only: the name of the only experiment that is shown, None for all.
        read_only: whether requests that change something are refused.
    """

    def __init__(
        self, home: Home, rules: Rules, *, only: str | None = None, read_only: bool = False
    ) -> None:
        self._experiments = Experiments(home, only)
        self._read_only = read_only
        self._requests = Worker("requests")
        self._plotly_made: Made | None = None
        self.hub = Hub(self._experiments)
        app = Starlette(
            routes=[
                Route("/", self._index),
                Route("/static/plotly.js", self._plotly),
                Mount("/static", StaticFiles(packages=[("controller.views.page", "static")])),
                Route("/api/overview", self._overview),
                Route("/api/events", self._events),
                Route("/api/{name}/requests", self._request, methods=["POST"]),
                Route("/api/{name}/log/{trial}", self._log),
                Route("/api/{name}/{address:path}", self._document),
            ],
            exception_handlers=HANDLERS,
            lifespan=self._lifespan,
        )
        self.app = Guard(app, rules)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self.hub.start()
        yield
        await self.hub.close()
        self._experiments.close()
        self._requests.close()

    async def _index(self, request: Request) -> Response:
        return Response(html.index(), media_type="text/html")

    async def _plotly(self, request: Request) -> Response:
        if self._plotly_made is None:
            self._plotly_made = await self._requests.run(lambda: Made.of_text(html.plotly()))
        return answer(request, self._plotly_made, "text/javascript")

    async def _overview(self, request: Request) -> Response:
        return answer(request, await self._experiments.overview())

    async def _document(self, request: Request) -> Response:
        name, address = request.path_params["name"], request.path_params["address"]
        options = dict(request.query_params)
        if self._read_only:
            options["read_only"] = "1"
        return answer(request, await self._experiments.document(name, address, options))

    async def _log(self, request: Request) -> Response:
        live = await self._experiments.find(request.path_params["name"])
        trial, options = request.path_params["trial"], request.query_params
        return JSONResponse(await logs.document(live, self._experiments.store, trial, options))

    async def _events(self, request: Request) -> Response:
        if self.hub.is_full:
            return explained(503, f"{READERS} pages are connected already: close some of them")
        return StreamingResponse(self.hub.stream(), media_type="text/event-stream")

    async def _request(self, request: Request) -> Response:
        if self._read_only:
            return explained(403, "this server only shows: start it without --read-only")
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > steering.LIMIT:
                return explained(413, f"a request has {steering.LIMIT} bytes at most")
        live = await self._experiments.find(request.path_params["name"])
        client = "unknown" if request.client is None else request.client.host
        asked = steering.parse(body)
        words = await self._requests.run(steering.carry_out, live.place, asked, client)
        return JSONResponse({"text": words}, 202)
