"""The rule that fits a failure is told with it, and a node says whether it is well."""

from heirloom.node import attempts


def test_the_mail_names_the_rule_and_the_line_that_it_fits(lab):
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


def test_a_node_that_is_well_says_so_and_leaves_nothing(lab):
    assert lab.probe("0.0") == "absent"
    assert list((lab.run_dir / lab.root.name).iterdir()) == []


def test_a_node_without_room_is_not_well(lab, monkeypatch):
    def full(fd, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("heirloom.node.claims.os.write", full)
    [answer] = attempts.probe(str(lab.run_dir), lab.root.name, ["0.0"])
    assert (answer["found"], answer["reason"]) == ("refused", "no space left on device")
