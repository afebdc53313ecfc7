from types import SimpleNamespace

import pytest

import nni
from nni import utils


@pytest.mark.parametrize("value", [0.5, 3, True, {"default": 0.5}, {"default": 3, "loss": "low"}])
def test_a_reward_is_the_number_itself_or_the_default(value):
    expected = value["default"] if isinstance(value, dict) else value
    assert utils.extract_scalar_reward(value) == expected


@pytest.mark.parametrize("value", [None, "0.5", [0.5], {}, {"accuracy": 1}, {"default": "1"}])
def test_a_reward_that_is_no_number_is_an_error(value):
    with pytest.raises(RuntimeError, match="Incorrect final result"):
        utils.extract_scalar_reward(value)


def test_another_key_may_be_the_reward():
    assert utils.extract_scalar_reward({"default": 1, "loss": 2}, "loss") == 2
    assert utils.extract_scalar_reward({"default": 1, "loss": 2}, scalar_key="loss") == 2
    with pytest.raises(RuntimeError, match="'loss'"):
        utils.extract_scalar_reward({"default": 1}, scalar_key="loss")


def test_a_history_of_rewards_keeps_the_numbers():
    assert utils.extract_scalar_history([1, {"default": 2}]) == [1, 2]
    assert utils.extract_scalar_history([{"loss": 2}], scalar_key="loss") == [2]
    with pytest.raises(RuntimeError):
        utils.extract_scalar_history([1, "2"])


def test_modes_are_found_by_their_values():
    assert utils.OptimizeMode("minimize") is utils.OptimizeMode.Minimize
    assert utils.OptimizeMode("maximize") is utils.OptimizeMode.Maximize
    with pytest.raises(ValueError, match="best"):
        utils.OptimizeMode("best")


def test_dictionaries_become_hashable():
    found = utils.convert_dict2tuple({"b": {"d": 1, "c": 2}, "a": 3})
    assert found == (("a", 3), ("b", (("c", 2), ("d", 1))))
    assert hash(found)


def test_choices_lose_their_index():
    params = {
        "rate": {"_index": 1, "_value": 0.9},
        "layer": {"_index": 0, "_value": {"_name": "conv", "size": {"_index": 2, "_value": 5}}},
        "plain": 3,
    }
    assert utils.split_index(params) == {
        "rate": 0.9,
        "layer": {"_name": "conv", "size": 5},
        "plain": 3,
    }


def test_parameters_go_over_defaults_of_a_dictionary_or_a_namespace():
    base = {"rate": 0.1, "layers": 2, "name": None}
    assert utils.merge_parameter(base, {"rate": 0.5, "name": "x"}) is base
    assert base == {"rate": 0.5, "layers": 2, "name": "x"}
    namespace = SimpleNamespace(rate=0.1)
    assert utils.merge_parameter(namespace, {"rate": 0.5}).rate == 0.5
    assert utils.merge_parameter(namespace, None) is namespace


@pytest.mark.parametrize(
    ("override", "error"), [({"momentum": 1}, ValueError), ({"rate": "0.5"}, TypeError)]
)
def test_a_parameter_that_the_defaults_do_not_know_is_a_mistake(override, error):
    for base in ({"rate": 0.1}, SimpleNamespace(rate=0.1)):
        with pytest.raises(error, match=next(iter(override))):
            utils.merge_parameter(base, override)


def test_arguments_are_validated_by_their_class():
    class Mine(nni.ClassArgsValidator):
        def validate_class_args(self, **kwargs):
            self.choices("mode", "maximize", "minimize").validate(kwargs["mode"])
            self.range("size", int, 1, 9).validate(kwargs["size"])

    assert nni.ClassArgsValidator().validate_class_args(anything=1) is None
    Mine().validate_class_args(mode="minimize", size=9)
    with pytest.raises(ValueError, match="mode should be in"):
        Mine().validate_class_args(mode="best", size=1)
    for size in (0, 10, 1.5, "1"):
        with pytest.raises(ValueError, match="size should be int"):
            Mine().validate_class_args(mode="minimize", size=size)
