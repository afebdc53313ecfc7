import string

from hypothesis import given
from hypothesis import strategies as st

from heirloom.weights.names import escape, group, without_wrappers


def test_wrappers_are_taken_out_of_names():
    given = ["module._orig_mod.body.0.weight", "module.body._orig_mod.0.bias"]
    assert list(without_wrappers(given).values()) == ["body.0.weight", "body.0.bias"]


def test_a_child_called_module_keeps_its_name():
    given = ["module.weight", "head.weight"]
    assert list(without_wrappers(given).values()) == given


def test_models_are_split_at_the_first_level_with_several_children():
    names = ["net.body.0.weight", "net.body.0.bias", "net.body.2.weight", "net.head.weight"]
    assert group(names, 64) == {"body": names[:3], "head": names[3:]}


def test_tensors_of_the_level_itself_are_one_group():
    assert group(["weight", "bias"], 64) == {"": ["weight", "bias"]}
    assert group(["scale", "body.weight"], 64) == {"": ["scale"], "body": ["body.weight"]}


def test_no_tensors_are_no_groups():
    assert group([], 64) == {}


def test_a_further_child_leaves_the_groups_of_the_others():
    names = [f"layer{number}.weight" for number in range(200)]
    before, after = group(names, 64), group(["new.weight", *names], 64)
    assert len(before) <= 64
    where = {name: key for key, found in after.items() for name in found}
    assert all(where[name] == key for key, found in before.items() for name in found)


@given(st.sets(st.text(st.characters(exclude_categories=["Cs"])), max_size=20))
def test_file_names_are_safe_and_different(names):
    escaped = {escape(name) for name in names}
    assert len(escaped) == len(names)
    assert all(len(name) <= 100 for name in escaped)
    assert all(set(name) <= {*string.ascii_letters, *string.digits, *"_-~%"} for name in escaped)


def test_long_names_stay_different():
    assert escape("a" * 300) != escape("a" * 299 + "b")
