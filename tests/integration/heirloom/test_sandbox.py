"""In the sandbox a trial can write to its attempt's directory and to nothing else on the store."""

import os
import pwd

import pytest

from heirloom.node import launch
from heirloom.node.process import sandbox
from tests.integration.heirloom.lab import NOOP

NO_SANDBOX = sandbox.unavailable_reason()
needs_sandbox = pytest.mark.skipif(bool(NO_SANDBOX), reason=NO_SANDBOX or "none")


def try_to_write(path: object) -> str:
    return f'(echo x > "{path}") 2>/dev/null && echo wrote >> "$HEIRLOOM_SAVE_PATH/found"; '


@needs_sandbox
def test_a_trial_writes_its_weights_and_metrics_and_nothing_else_on_the_store(lab):
    (lab.root / "trials/5/weights").mkdir(parents=True)
    command = (
        try_to_write(lab.root / "trials/5/weights/w")
        + try_to_write(lab.root.parent.parent / "elsewhere")
        + try_to_write("relative-to-the-code")
        + try_to_write("$HEIRLOOM_METRICS")
        + NOOP
    )
    code = lab.root / "code/1"
    code.mkdir()
    assert lab.run("0.1", command, code="code/1")["outcome"] == "committed"
    assert (lab.root / "trials/0/weights/found").read_text() == "wrote\n"  # only the metrics
    assert not (lab.root / "trials/5/weights/w").exists()
    assert not (code / "relative-to-the-code").exists()


@needs_sandbox
def test_directories_outside_the_store_stay_writable(lab):
    beside = lab.base / "beside"
    assert lab.run("0.1", try_to_write(beside) + NOOP)["outcome"] == "committed"
    assert beside.exists()


@needs_sandbox
def test_writable_directories_on_the_store_are_created_and_writable(lab):
    (lab.root / "trials/5/weights").mkdir(parents=True)
    above = lab.root.parent  # contains the experiment, which stays read-only
    command = (
        try_to_write(lab.root.parent.parent / "shared" / "deep" / "w")
        + try_to_write(above / "w")
        + try_to_write(lab.root / "trials/5/weights/w")
        + try_to_write(lab.root.parent.parent / "elsewhere")
        + NOOP
    )
    shared = lab.root.parent.parent / "shared" / "deep"
    writable = [str(shared), str(above), str(lab.base / "beside")]
    assert lab.run("0.1", command, writable=writable)["outcome"] == "committed"
    assert (lab.root / "trials/0/weights/found").read_text() == "wrote\nwrote\n"
    assert (shared / "w").exists()
    assert (above / "w").exists()
    assert (lab.base / "beside").is_dir()
    assert not (lab.root / "trials/5/weights/w").exists()
    assert not (lab.root.parent.parent / "elsewhere").exists()


def test_a_writable_directory_that_cannot_be_created_is_reported(lab):
    (lab.base / "file").touch()
    ended = lab.run("0.1", NOOP, writable=[str(lab.base / "file" / "below")])
    assert ended["outcome"] == "refused"
    assert "(trial.writable of the experiment names it)" in ended["reason"]
    assert str(lab.base / "file" / "below") in ended["reason"]


@needs_sandbox
def test_a_supervisor_commits_after_a_trial_in_a_sandbox(lab):
    command = f'echo w > "$HEIRLOOM_SAVE_PATH/w"; {NOOP}'
    assert lab.run("0.1", command)["outcome"] == "committed"
    assert lab.run("1.1", 'cat "$HEIRLOOM_RESTORE_PATH/w"; ' + NOOP, restore=[0])["outcome"] == (
        "committed"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its user")
def test_a_sandbox_without_privileges_keeps_the_user_id():
    def as_nobody() -> dict[str, object]:
        launch.become_user("nobody")
        if sandbox.unavailable_reason():
            return {"missing": sandbox.unavailable_reason()}
        sandbox.enter("/usr", "/usr/bin")
        return {"uid": os.geteuid(), "readonly": bool(os.statvfs("/usr").f_flag & os.ST_RDONLY)}

    found = launch.run_in_child(as_nobody)
    if "missing" in found:
        pytest.skip(found["missing"])
    assert found == {"uid": pwd.getpwnam("nobody").pw_uid, "readonly": True}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its user")
def test_root_becomes_the_trial_user_with_its_home():
    def become() -> list[object]:
        os.environ["XDG_RUNTIME_DIR"] = "/run/user/0"
        launch.become_user("nobody")
        return [
            os.getuid(),
            os.environ["HOME"],
            os.environ["USER"],
            "XDG_RUNTIME_DIR" in os.environ,
        ]

    account = pwd.getpwnam("nobody")
    assert launch.run_in_child(become) == [account.pw_uid, account.pw_dir, "nobody", False]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change its user")
def test_an_unknown_trial_user_is_named():
    with pytest.raises(OSError, match="no user of-nobody on this node"):
        launch.become_user("of-nobody")


def test_without_a_user_the_process_keeps_its_own():
    before = os.getuid()
    launch.become_user(None)
    assert os.getuid() == before


def test_a_refusal_of_the_kernel_is_reported(monkeypatch):
    def refuse(store: str, own: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(sandbox, "enter", refuse)
    assert "Operation not permitted" in sandbox.unavailable_reason()
