"""The params of a trial, as a trial that was written for NNI expects them."""

import pytest

from heirloom.channel.nni_params import nni_params


@pytest.mark.parametrize("params", [{"x": 1}, {}, 3, None])
def test_other_params_are_left_as_they_are(params: object) -> None:
    assert nni_params(params, "/parent", "/save") == params


def test_a_budget_is_told_without_what_the_weights_have_had() -> None:
    params = {"x": 1, "TRIAL_BUDGET": 9, "TRIAL_BUDGET_from": 3}
    assert nni_params(params, "/parent", "/save") == {"x": 1, "TRIAL_BUDGET": 9}


def test_members_of_a_population_get_directories_for_amounts() -> None:
    params = {"x": 1, "PBT_GENERATION": 2, "PBT_GENERATION_from": 1}
    assert nni_params(params, "/parent", "/save") == {
        "x": 1,
        "load_checkpoint_dir": "/parent",
        "save_checkpoint_dir": "/save",
    }


def test_the_first_generation_loads_from_the_empty_save_path() -> None:
    params = {"PBT_GENERATION": 1, "PBT_GENERATION_from": 0}
    assert set(nni_params(params, None, "/save").values()) == {"/save"}
