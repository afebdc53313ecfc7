"""An experiment file that contains its inventory."""

import signal
from typing import Any

from tests.integration.search.conftest import Lab


def two_nodes(lab: Lab) -> dict[str, Any]:
    """An inventory of two nodes that both are this machine."""
    slots = {"here": 2, "there": 1}
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    hosts = {
        name: {"heirloom_slots": count, "heirloom_run_dir": str(lab.path / name)}
        for name, count in slots.items()
    }
    return {"trial_nodes": {"hosts": hosts, "vars": common}}


def test_resume_uses_the_inventory_of_the_experiment_file(lab: Lab) -> None:
    wait = f"while [ ! -e '{lab.path}/go' ]; do sleep 0.1; done"
    command = wait + """; echo '{"value": 1}' > "$HEIRLOOM_RESULT\""""
    file = lab.experiment(command, inventory=two_nodes(lab))
    assert "here (2 slots), there (1 slot)" in lab("check", file)
    assert not lab.home.exists() or not list((lab.home / "experiments").glob("*"))
    with lab.start("run", file) as left:
        lab.wait(
            lambda: (
                (lab.home / "experiments/search/journal.db").exists()
                and sum(trial["state"] == "running" for trial in lab.trials()) == 3
            ),
            "three trials run",
        )
        left.send_signal(signal.SIGTERM)
        assert left.wait(60) == 130
    file.unlink()
    (lab.path / "go").touch()
    assert "search on 2 nodes: here (2 slots), there (1 slot)" in lab("resume", "search")
    trials = lab.trials()
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert {trial["node"] for trial in trials} == {"here", "there"}


def test_an_error_in_that_inventory_names_the_experiment_file(lab: Lab) -> None:
    wrong = {"trial_nodes": {"hosts": {"here": {"heirloom_slots": "many"}}}}
    file = lab.experiment("true", inventory=wrong)
    output = lab("check", file, code=2)
    assert f"{file}, host here: heirloom_slots is 'many'" in output
    output = lab(
        "check", lab.experiment("true", inventory={"nodes": {"hosts": {"a": None}}}), code=2
    )
    assert "no host in the group 'trial_nodes' (groups found: nodes)" in output
