"""A failure is reported with its retry rule, and a probe checks the node."""

from heirloom.node import attempts


def test_mail_names_the_retry_rule_and_the_matching_line(lab):
    rules = [{"on": None, "exit_code": 75}, {"on": "CUDA error", "exit_code": None}]
    command = 'echo "RuntimeError: CUDA error: no kernel"; echo bye; exit 1'
    ended = lab.run("0.1", command, retry=rules)
    assert (ended["outcome"], ended["rule"]) == ("failed", 1)
    assert ended["reason"] == (
        "exit code 1: bye (its output says: RuntimeError: CUDA error: no kernel)"
    )
    assert lab.run("1.1", "exit 75", retry=rules)["rule"] == 0
    assert lab.run("2.1", "exit 1", retry=rules)["rule"] is None
    assert lab.mail("1.1", "ended")["rule"] == 0


def test_a_probe_of_a_healthy_node_leaves_nothing(lab):
    assert lab.probe("0.0") == "absent"
    assert list((lab.run_dir / lab.root.name).iterdir()) == []


def test_a_probe_of_a_node_without_space_is_refused(lab, monkeypatch):
    def full(fd, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("heirloom.node.claims.os.write", full)
    [answer] = attempts.probe(str(lab.run_dir), lab.root.name, ["0.0"])
    assert (answer["found"], answer["reason"]) == ("refused", "no space left on device")
