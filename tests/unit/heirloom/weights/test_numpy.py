import pytest

np = pytest.importorskip("numpy", reason="numpy is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")

from heirloom.numpy import Rule, WeightsError, inherit, save
from tests.pytorch import require_torch


def _weights(width, seed):
    random = np.random.default_rng(seed)
    return {
        "body.w": random.normal(size=(2, width)).astype("float32"),
        "body.b": random.normal(size=(width,)),
        "head.w": random.normal(size=(width, 1)).astype("float16"),
        "steps": np.array(3, dtype="int64"),
    }


def test_equal_arrays_are_inherited_whole(tmp_path):
    parent, child = _weights(3, 0), _weights(3, 1)
    save(parent, tmp_path)
    found, report = inherit(child, tmp_path)
    assert report.share == 1.0
    for name, array in parent.items():
        assert np.array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_the_common_part_is_inherited_and_the_given_arrays_stay(tmp_path):
    parent, child = _weights(3, 0), _weights(5, 1)
    before = {name: array.copy() for name, array in child.items()}
    save(parent, tmp_path)
    found, report = inherit(child, tmp_path)
    assert np.array_equal(found["body.w"][:, :3], parent["body.w"])
    assert np.array_equal(found["body.w"][:, 3:], before["body.w"][:, 3:])
    assert all(np.array_equal(child[name], array) for name, array in before.items())
    assert report.partly == ("body.w", "body.b", "head.w")


def test_a_rule_aligns_a_kernel_whose_dimensions_come_first(tmp_path):
    parent, child = {"k": np.ones((3, 3, 1, 1))}, {"k": np.zeros((5, 5, 1, 1))}
    save(parent, tmp_path)
    rules = {"k": Rule(align=("centre", "centre", "start", "start"))}
    found, _ = inherit(child, tmp_path, rules)
    assert found["k"][1:4, 1:4].sum() == found["k"].sum() == 9


def test_several_parents_are_averaged(tmp_path):
    save({"w": np.array([0.0, 2.0])}, tmp_path / "1")
    save({"w": np.array([1.0, 4.0])}, tmp_path / "2")
    child = {"w": np.zeros(2)}
    found, _ = inherit(child, [tmp_path / "1", tmp_path / "2"], parents="mean")
    assert found["w"].tolist() == [0.5, 3.0]


def test_a_transposed_array_is_saved_as_it_looks(tmp_path):
    array = np.arange(6.0).reshape(2, 3).T
    save({"w": array}, tmp_path)
    found, _ = inherit({"w": np.zeros((3, 2))}, tmp_path)
    assert np.array_equal(found["w"], array)


def test_each_child_has_a_file(tmp_path):
    save(_weights(3, 0), tmp_path)
    names = {path.name for path in tmp_path.glob("*.safetensors")}
    assert names == {"model.safetensors", "model-body.safetensors", "model-head.safetensors"}


def test_a_type_that_numpy_has_not_is_refused(tmp_path):
    torch = require_torch()
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="numpy has no type for the tensor w"):
        inherit({"w": np.zeros(2)}, tmp_path)


def test_a_type_that_safetensors_has_not_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"cannot be saved.*object"):
        save({"name": np.array(["a"], dtype=object)}, tmp_path)
