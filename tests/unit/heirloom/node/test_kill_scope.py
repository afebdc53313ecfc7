"""Everything in an attempt's unit is ended by one word to the kernel, in the right place."""

import pytest

from heirloom.node import systemd


@pytest.mark.parametrize(
    ("uid", "above"),
    [(0, ""), (27700, "user.slice/user-27700.slice/user@27700.service")],
)
def test_the_unit_of_the_attempt_is_ended_and_no_other(monkeypatch, tmp_path, uid, above):
    monkeypatch.setattr(systemd, "_CGROUPS", str(tmp_path))
    monkeypatch.setattr(systemd.os, "getuid", lambda: uid)
    scopes = tmp_path / above / "heirloom.slice"
    for attempt in ("7.1", "7.2"):
        (scopes / f"heirloom-digits-3fa92c1b-{attempt}.scope").mkdir(parents=True)
    systemd.kill_scope(systemd.scope_name("digits-3fa92c1b", "7.2"))
    said = {path.parent.name: path.read_text() for path in scopes.rglob("cgroup.kill")}
    assert said == {"heirloom-digits-3fa92c1b-7.2.scope": "1"}


def test_where_there_is_no_unit_there_is_nothing_to_end(monkeypatch, tmp_path):
    monkeypatch.setattr(systemd, "_CGROUPS", str(tmp_path))
    systemd.kill_scope(systemd.scope_name("digits-3fa92c1b", "7.2"))
    assert not list(tmp_path.iterdir())
