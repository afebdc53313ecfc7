"""The file of the role trial_node that systemd-tmpfiles reads at boot."""

import json
import shlex

import jinja2
import pytest

from controller.dispatch.ansible.environment import ROOT

TEMPLATE = ROOT / "roles" / "trial_node" / "templates" / "tmpfiles.conf.j2"


@pytest.mark.parametrize(
    "run_dir", ["/run/heirloom", "/run/our lab", "/run/50%", "/run/Läufe", '/run/"x"', "/run/a\\b"]
)
def test_paths_are_carried_exactly(run_dir: str) -> None:
    environment = jinja2.Environment(trim_blocks=True)
    environment.filters |= {"to_json": json.dumps, "string": str}
    text = environment.from_string(TEMPLATE.read_text()).render(
        ansible_managed="test",
        trial_node_run_dir=run_dir,
        trial_node_group="heirloom",
        _trial_node_slot_files=["0"],
        _trial_node_slot_list=[{"gpus": [0]}],
    )
    # tmpfiles.d(5): words may be in quotes, and a percent sign starts a specifier.
    words = [shlex.split(line)[1].replace("%%", "%") for line in text.splitlines()[1:] if line]
    slots = f"{run_dir}/slots"
    assert words == [run_dir, slots, f"{slots}/.gate", f"{slots}/0"]
