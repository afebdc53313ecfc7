"""The script that trains an exported trial again."""

import re
import subprocess

import pytest

from controller.results.trial.script import script
from heirloom.node.process.environment import environment
from heirloom.node.spec import Spec


def spec(**more):
    given = {"command": "true", "code": "code/1", **more}
    return Spec("7.2", "e-1", "/store/ann/e-1", "n", runtime="runtime/1", params={}, **given)


def run(tmp_path, text):
    here = tmp_path / "it's here"
    (here / "code").mkdir(parents=True)
    (here / "train.sh").write_text(text)
    return subprocess.run(
        ["sh", here / "train.sh"], capture_output=True, text=True, check=False, timeout=60
    )


def test_it_sets_the_variables_that_a_supervisor_sets():
    given = environment(spec(), [], 1, "/run", {}, {})
    needless = {"PATH"}  # that of the user's shell
    text = script(spec(), threads=3, files=0)
    assert set(re.findall(r"^export ([A-Z_]+)=", text, re.M)) == given.keys() - needless


def test_it_runs_the_command_with_the_values_of_the_trial(tmp_path):
    command = (
        'echo "$HEIRLOOM_SEED $HEIRLOOM_OBJECTIVES $HEIRLOOM_RESTORE_PATHS $OMP_NUM_THREADS";'
        ' echo "$ODD"; pwd'
    )
    wanted = spec(
        command=["sh", "-c", command],
        restore=(3, 1),
        seed=9,
        objectives=("acc", "macs"),
        bounds={"macs": {"at_most": 5.0}},
        environment={"ODD": "it's $HOME"},
    )
    done = run(tmp_path, script(wanted, threads=2, files=0))
    assert done.returncode == 0, done.stderr
    here = f"{tmp_path}/it's here"
    assert done.stdout.splitlines()[:3] == [
        f'9 {{"acc": {{}}, "macs": {{"at_most": 5.0}}}} {here}/parents/3:{here}/parents/1 2',
        "it's $HOME",
        f"{here}/again/work",
    ]


def test_other_weights_and_failures_have_exit_codes(tmp_path):
    other = script(spec(command='touch "$HEIRLOOM_SAVE_PATH/w"'), threads=None, files=0)
    assert run(tmp_path / "1", other).returncode == 1
    failing = script(spec(command="exit 1"), threads=None, files=0)
    done = run(tmp_path / "2", failing)
    assert (done.returncode, done.stderr) == (2, "training failed: exit code 1\n")


def test_a_variable_of_the_users_shell_must_be_set(tmp_path):
    text = script(spec(pass_environment=("TOKEN_OF_ANN",)), threads=None, files=0)
    done = run(tmp_path, text)
    assert done.returncode == 2
    assert "TOKEN_OF_ANN" in done.stderr


def test_the_node_is_prepared_before(tmp_path):
    prepare = {"command": 'echo data > "$HEIRLOOM_NODE_DIR/d"', "timeout": 1.0, "directory": None}
    wanted = spec(command='cat "$HEIRLOOM_NODE_DIR/d"', prepare=prepare)
    done = run(tmp_path, script(wanted, threads=None, files=0))
    assert done.stdout.startswith("data\n")


@pytest.mark.parametrize("files", [0, 2])
def test_weights_are_compared_with_their_digests(tmp_path, files):
    assert ("sha256sum" in script(spec(), threads=None, files=files)) is bool(files)
