"""An attempt's scope is killed by one write to cgroup.kill."""

import os

import pytest

from heirloom.node.limits import systemd


@pytest.mark.parametrize(
    ("uid", "above"),
    [(0, ""), (27700, "user.slice/user-27700.slice/user@27700.service")],
)
def test_only_the_attempts_scope_is_killed(monkeypatch, tmp_path, uid, above):
    monkeypatch.setattr(systemd, "_CGROUPS", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: uid)
    scopes = tmp_path / above / "heirloom.slice"
    for attempt in ("7.1", "7.2"):
        (scopes / f"heirloom-digits-3fa92c1b-{attempt}.scope").mkdir(parents=True)
    systemd.kill_scope(systemd.scope_name("digits-3fa92c1b", "7.2"))
    written = {path.parent.name: path.read_text() for path in scopes.rglob("cgroup.kill")}
    assert written == {"heirloom-digits-3fa92c1b-7.2.scope": "1"}


def test_without_a_scope_nothing_is_killed(monkeypatch, tmp_path):
    monkeypatch.setattr(systemd, "_CGROUPS", str(tmp_path))
    systemd.kill_scope(systemd.scope_name("digits-3fa92c1b", "7.2"))
    assert not list(tmp_path.iterdir())
