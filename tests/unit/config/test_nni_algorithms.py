"""What becomes of NNI's PBTTuner, Hyperband, BOHB and Curvefitting, and of advisors."""

from pathlib import Path

import pytest

from tests.unit.config.nni_files import V2, lay_out, loaded, mistakes

OWN = "advisor: {className: my_tuner.MyTuner, codeDirectory: tuners, classArgs: {k: 3}}"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    lay_out(tmp_path)


def with_tuner(section: str) -> str:
    return V2.replace("tuner:\n  name: Random", section)


@pytest.mark.parametrize("section", ["advisor", "tuner"])
def test_hyperband(tmp_path: Path, section: str) -> None:
    args = "{R: 81, eta: 4, optimize_mode: minimize, exec_mode: serial}"
    text = with_tuner(f"{section}: {{name: Hyperband, classArgs: {args}}}")
    experiment, notes = loaded(tmp_path, text)
    assert experiment.tuner.name == "hyperband"
    assert experiment.objective == "minimize"
    resource = experiment.resource
    assert resource is not None
    assert resource.model_dump() == {"name": "TRIAL_BUDGET", "min": 1, "max": 81, "eta": 4}
    assert any("exec_mode: has no effect" in note for note in notes)


def test_bohb(tmp_path: Path) -> None:
    args = (
        "{min_budget: 2, max_budget: 18, eta: 3, min_points_in_model: 7, top_n_percent: 20, "
        "num_samples: 32, random_fraction: 0.4, bandwidth_factor: 2.0, min_bandwidth: 0.01}"
    )
    experiment, notes = loaded(tmp_path, with_tuner(f"advisor: {{name: BOHB, classArgs: {args}}}"))
    assert experiment.tuner.name == "bohb"
    assert experiment.tuner.args == {
        "top": 0.2,
        "samples": 32,
        "random_fraction": 0.4,
        "bandwidth_factor": 2.0,
    }
    resource = experiment.resource
    assert resource is not None
    assert (resource.min, resource.max, resource.eta) == (2, 18, 3)
    assert sum("has no effect" in note for note in notes) == 2


def test_the_defaults_of_nni(tmp_path: Path) -> None:
    for name, most in (("Hyperband", 60), ("BOHB", 3)):
        experiment, _ = loaded(tmp_path, with_tuner(f"advisor: {{name: {name}}}"))
        assert experiment.resource is not None
        assert experiment.resource.max == most


def test_pbt(tmp_path: Path) -> None:
    args = (
        "{all_checkpoint_dir: /nowhere, population_size: 6, factor: 0.5, "
        "resample_probability: 0.1, fraction: 0.3}"
    )
    experiment, notes = loaded(tmp_path, with_tuner(f"tuner: {{name: PBT, classArgs: {args}}}"))
    assert experiment.tuner.name == "pbt"
    assert experiment.tuner.args == {
        "population": 6,
        "factors": [0.5, 1.5],
        "resample": 0.1,
        "quantile": 0.3,
    }
    assert experiment.resource is not None
    assert (experiment.resource.name, experiment.resource.min) == ("PBT_GENERATION", 1)
    assert any("all_checkpoint_dir: has no effect" in note for note in notes)


def test_networks_follow_from_the_arguments(tmp_path: Path) -> None:
    args = (
        "{task: cv, input_width: 28, input_channel: 1, n_output_node: 7, beta: 2.0, "
        "default_model_width: 16, max_model_size: 100000, t_min: 0.1}"
    )
    text = with_tuner(f"tuner: {{name: NetworkMorphism, classArgs: {args}}}")
    experiment, notes = loaded(tmp_path, text)
    assert experiment.tuner.name == "morphism"
    assert experiment.tuner.args == {"beta": 2.0, "width": 16, "max_parameters": 100000}
    value = {"input": [1, 28, 28], "classes": 7}
    assert experiment.search_space == {"network": {"_type": "layers", "_value": value}}
    assert any("searchSpaceFile: is not used" in note for note in notes)
    assert any("t_min: has no effect" in note for note in notes)


def test_networks_need_no_search_space(tmp_path: Path) -> None:
    text = with_tuner("tuner: {name: NetworkMorphism}")
    experiment, _ = loaded(tmp_path, text.replace("searchSpaceFile: search_space.json\n", ""))
    assert experiment.search_space["network"]["_value"] == {"input": [3, 32, 32], "classes": 10}


@pytest.mark.parametrize(
    ("args", "mistake"),
    [
        ("task: common", "7: tuner.classArgs.task: must be cv, not 'common'"),
        ("input_width: wide", "7: tuner.classArgs"),
        ("n_output: 3", "7: tuner.classArgs.n_output: unknown argument n_output; did you mean"),
        ("default_model_width: 0", "7: tuner.classArgs"),
    ],
)
def test_wrong_arguments_of_networks_are_named(tmp_path: Path, args: str, mistake: str) -> None:
    text = with_tuner(f"tuner: {{name: NetworkMorphism, classArgs: {{{args}}}}}")
    [found] = mistakes(tmp_path, text)
    assert found.startswith(mistake)


@pytest.mark.parametrize(("theirs", "ours"), [("Metis", "gp"), ("SMAC", "tpe")])
def test_a_near_relative_takes_the_place_of_one_and_a_remark_says_so(
    tmp_path: Path, theirs: str, ours: str
) -> None:
    experiment, notes = loaded(tmp_path, with_tuner(f"tuner: {{name: {theirs}}}"))
    assert experiment.tuner.name == ours
    assert any(f"`{ours}`" in note for note in notes)


def test_curvefitting(tmp_path: Path) -> None:
    args = "{epoch_num: 50, start_step: 9, threshold: 0.9, gap: 2}"
    experiment, _ = loaded(tmp_path, f"{V2}assessor: {{name: Curvefitting, classArgs: {args}}}\n")
    assessor = experiment.assessor
    assert assessor is not None
    assert assessor.name == "curve_fitting"
    assert assessor.args == {
        "steps": 50,
        "warmup": 8,
        "threshold": 0.9,
        "gap": 2,
        "probability": 0.5,
    }


def test_the_defaults_of_curvefitting_are_those_of_nni(tmp_path: Path) -> None:
    experiment, _ = loaded(tmp_path, f"{V2}assessor: {{name: Curvefitting}}\n")
    assert experiment.assessor is not None
    assert experiment.assessor.args == {
        "steps": 20,
        "warmup": 5,
        "threshold": 0.95,
        "probability": 0.5,
    }


def test_an_advisor_of_the_users_own_is_the_tuner_and_gets_the_reports(tmp_path: Path) -> None:
    experiment, _ = loaded(tmp_path, with_tuner(OWN))
    assert experiment.assessor is not None
    for plugin in (experiment.tuner, experiment.assessor):
        assert (plugin.class_, plugin.interface) == ("my_tuner.MyTuner", "nni")
    assert experiment.tuner.args == {"k": 3}


def test_an_advisor_of_the_users_own_takes_no_assessor(tmp_path: Path) -> None:
    text = with_tuner(OWN) + "assessor: {name: Medianstop}\n"
    [mistake] = mistakes(tmp_path, text)
    assert "assessor: the advisor stops trials itself" in mistake


def test_an_advisor_that_is_replaced_leaves_the_assessor(tmp_path: Path) -> None:
    text = with_tuner(OWN) + "assessor: {name: Medianstop}\nheirloom: {tuner: {name: random}}\n"
    experiment, _ = loaded(tmp_path, text)
    assert experiment.assessor is not None
    assert experiment.assessor.name == "median_stopping"


def test_a_wrong_class_of_an_advisor_is_named_once(tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, with_tuner(OWN.replace("MyTuner", "MyTunr")))
    assert mistake.startswith("7: advisor.className: unknown class MyTunr; did you mean MyTuner?")
