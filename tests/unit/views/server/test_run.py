"""Where the server listens, and the address that it prints."""

import socket

import pytest

from controller.errors import HeirloomError
from controller.views.server import guard, run


def test_a_taken_port_is_passed_over_unless_it_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    with run.listen("127.0.0.1", 0) as first:
        taken = first.getsockname()[1]
        with pytest.raises(HeirloomError, match=f"port {taken} is taken on 127.0.0.1: choose"):
            run.listen("127.0.0.1", taken)
        monkeypatch.setattr(run, "PORT", taken)
        with run.listen("127.0.0.1", None) as second:
            assert second.getsockname()[1] != taken
        monkeypatch.setattr(run, "_PORTS", 1)
        with pytest.raises(HeirloomError, match="choose another --port"):
            run.listen("127.0.0.1", None)


def test_an_address_of_another_machine_is_explained() -> None:
    with pytest.raises(HeirloomError, match=r"cannot listen on 192\.0\.2\.1, port 0: .*--host"):
        run.listen("192.0.2.1", 0)
    with pytest.raises(HeirloomError, match=r"'gpu1\.\.org' is no address: choose another --host"):
        run.listen("gpu1..org", 0)


@pytest.mark.parametrize(
    ("interface", "start", "is_loopback"),
    [
        ("127.0.0.1", "http://127.0.0.1:1/?token=t", True),
        ("localhost", "http://localhost:1/?token=t", True),
        ("::1", "http://[::1]:1/?token=t", True),
        ("0.0.0.0", f"http://{socket.gethostname()}:1/?token=t", False),
        ("gpu1", "http://gpu1:1/?token=t", False),
    ],
)
def test_the_address(interface: str, start: str, is_loopback: bool) -> None:
    assert run.address(interface, 1, "t", None) == start
    assert run.address(interface, 1, "t", "cnn-2") == f"{start}#/cnn-2"
    assert guard.is_loopback(interface) is is_loopback
