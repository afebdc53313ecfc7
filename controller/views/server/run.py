"""Runs the server: the socket, the address that is printed, and the end."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from urllib.parse import quote

import uvicorn

from controller.errors import HeirloomError, reason
from controller.state.home import Home
from controller.views.server import token
from controller.views.server.app import Application
from controller.views.server.guard import Rules, hosts, is_loopback

PORT = 8642  # where none is chosen; the next ones if it is taken
_PORTS = 20  # tried
_GRACE = 2  # seconds for answers that are being sent when the server ends

Say = Callable[[str], None]


def serve(
    home: Home,
    name: str | None = None,
    *,
    interface: str = "127.0.0.1",
    port: int | None = None,
    read_only: bool = False,
    say: Say,
) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    `name`: the only experiment that is shown. `interface`: the address that is listened on. `say`
    prints a line. Raises HeirloomError.
    """
    if name is not None:
        home.find(name)
    secret = token.of_home(home)
    listener = listen(interface, port)
    bound = listener.getsockname()[1]
    rules = Rules(secret, hosts(interface))
    application = Application(home, rules, only=name, read_only=read_only)
    say(f"the page: {address(interface, bound, secret, name)}")
    for line in _warnings(home, interface, read_only=read_only):
        say(line)
    say("Ctrl-C ends the server; searches go on without it")
    config = uvicorn.Config(
        application.app,
        http="h11",
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE,
    )
    try:
        Server(config, application).run([listener])
    except KeyboardInterrupt:  # uvicorn raises it again when the server has ended
        say("the server has ended")


class Server(uvicorn.Server):
    """A server that ends the streams of events before it waits for answers to be sent."""

    def __init__(self, config: uvicorn.Config, application: Application) -> None:
        super().__init__(config)
        self._application = application

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server."""
        self._application.hub.end_streams()
        await super().shutdown(sockets)


def listen(interface: str, port: int | None) -> socket.socket:
    """A socket that listens; without a port, on the first free one from PORT on.

    Raises HeirloomError.
    """
    ports = range(PORT, PORT + _PORTS) if port is None else [port]
    for each in ports:
        try:
            return _bind(interface, each)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise HeirloomError(
                    f"cannot listen on {interface}, port {each}: {reason(error)}: choose another "
                    "--host or --port"
                ) from None
        except UnicodeError:
            raise HeirloomError(f"{interface!r} is no address: choose another --host") from None
    taken = f"port {ports[0]} is" if len(ports) == 1 else f"ports {ports[0]} to {ports[-1]} are"
    raise HeirloomError(f"{taken} taken on {interface}: choose another --port")


def _bind(interface: str, port: int) -> socket.socket:
    family, kind, protocol, _, place = socket.getaddrinfo(
        interface, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(100)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def address(interface: str, port: int, secret: str, name: str | None) -> str:
    """The address to open: of the machine where it listens on all interfaces."""
    host = socket.gethostname() if interface in ("0.0.0.0", "::") else interface  # noqa: S104 - compared, not bound
    if ":" in host:
        host = f"[{host}]"
    view = "" if name is None else f"#/{quote(name)}"
    return f"http://{host}:{port}/?token={secret}{view}"


def _warnings(home: Home, interface: str, *, read_only: bool) -> Iterator[str]:
    if is_loopback(interface):
        return
    may = "read" if read_only else "read, stop and extend"
    yield (
        f"warning: whoever has this address can {may} these searches from the network, and it "
        "travels unencrypted; --host 127.0.0.1 and an SSH tunnel are safer"
    )
    yield f"the token is in {token.path_of(home)}; without this file the next start makes another"
