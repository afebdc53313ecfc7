import pytest

from heirloom.weights.align import CENTRE, START
from heirloom.weights.errors import WeightsError
from heirloom.weights.plan import MEAN, Tensor, make
from heirloom.weights.rules import Rule


def _tensors(**shapes):
    return {name: Tensor(shape) for name, shape in shapes.items()}


def test_equal_shapes_are_taken_over_whole():
    plan = make(_tensors(a=(2, 3), b=()), [_tensors(a=(2, 3), b=())])
    assert all(found.whole for found in plan.transfers.values())
    assert (plan.inherited, plan.total) == (7, 7)


def test_the_common_part_of_other_shapes_is_taken_over_from_the_start():
    plan = make(_tensors(a=(4, 3)), [_tensors(a=(2, 5))])
    part = (slice(0, 2), slice(0, 3))
    assert plan.transfers["a"].pieces == ((part, part),)
    assert not plan.transfers["a"].whole
    assert plan.inherited == 6


@pytest.mark.parametrize(
    ("target", "source", "at", "of"),
    [
        (5, 3, slice(1, 4), slice(0, 3)),
        (3, 5, slice(0, 3), slice(1, 4)),
        (4, 3, slice(0, 3), slice(0, 3)),
        (7, 1, slice(3, 4), slice(0, 1)),
    ],
)
def test_a_kernel_is_taken_over_by_its_centre(target, source, at, of):
    model = {"w": Tensor((1, target), align=(START, CENTRE))}
    plan = make(model, [_tensors(w=(1, source))])
    assert [(to[1], by[1]) for to, by in plan.transfers["w"].pieces] == [(at, of)]


def test_blocks_are_taken_over_one_by_one():
    model = {"w": Tensor((8, 3), align=(4, START))}
    plan = make(model, [_tensors(w=(4, 2))])
    rows = [(to[0], of[0]) for to, of in plan.transfers["w"].pieces]
    assert rows == [(slice(2 * k, 2 * k + 1), slice(k, k + 1)) for k in range(4)]
    assert plan.inherited == 8


@pytest.mark.parametrize(
    ("units", "zeros"),
    [
        (None, ()),
        (0, tuple((slice(2 * k, 2 * k + 1), slice(0, 3)) for k in range(4))),
        (1, ((slice(0, 8), slice(0, 2)),)),
    ],
)
def test_units_that_are_inherited_are_zero_but_for_what_their_parents_have(units, zeros):
    model = {"w": Tensor((8, 3), align=(4, START), units=units)}
    plan = make(model, [_tensors(w=(4, 2))])
    assert plan.transfers["w"].zeros == zeros


def test_blocks_of_an_odd_number_are_taken_over_from_the_start():
    plan = make({"w": Tensor((8,), align=(4,))}, [_tensors(w=(6,))])
    assert plan.transfers["w"].pieces == (((slice(0, 6),), (slice(0, 6),)),)


@pytest.mark.parametrize("source", [(2,), (2, 2, 2), (0, 2)])
def test_a_tensor_without_an_overlap_is_new(source):
    plan = make(_tensors(a=(2, 2)), [_tensors(a=source)])
    assert plan.new == ("a",)
    assert plan.unused == ("a",)


def test_tensors_of_either_side_alone_are_named():
    plan = make(_tensors(a=(1,), b=(1,)), [_tensors(a=(1,), c=(1,))])
    assert plan.new == ("b",)
    assert plan.unused == ("c",)


@pytest.mark.parametrize(
    ("source", "target", "fits"), [("f", "i", False), ("i", "f", True), ("c", "f", False)]
)
def test_numbers_are_never_cut_by_a_cast(source, target, fits):
    plan = make({"a": Tensor((2,), target)}, [{"a": Tensor((2,), source)}])
    assert ("a" in plan.transfers) is fits


def test_the_first_parent_with_the_whole_tensor_comes_before_one_with_a_part():
    plan = make(_tensors(a=(4,)), [_tensors(a=(2,)), _tensors(a=(4,)), _tensors(a=(4,))])
    assert plan.transfers["a"].sources == ((1, "a"),)


def test_a_part_comes_from_the_first_parent_that_has_one():
    plan = make(_tensors(a=(4,)), [_tensors(b=(2,)), _tensors(a=(2,)), _tensors(a=(3,))])
    assert plan.transfers["a"].sources == ((1, "a"),)


def test_the_mean_is_taken_of_parents_that_have_the_tensor_whole():
    parents = [{"a": Tensor((2,)), "n": Tensor((), "i")}, _tensors(a=(3,)), _tensors(a=(2,))]
    plan = make({"a": Tensor((2,)), "n": Tensor((), "i")}, parents, combine=MEAN)
    assert plan.transfers["a"].sources == ((0, "a"), (2, "a"))
    assert plan.transfers["n"].sources == ((0, "n"),)
    assert (plan.mean_of, plan.fewer) == (3, ("a",))


def test_tensors_that_all_parents_have_are_means_of_all():
    parents = [{"a": Tensor((2,)), "n": Tensor((), "i")}] * 2
    plan = make(parents[0], parents, combine=MEAN)
    assert (plan.mean_of, plan.fewer) == (2, ())
    assert make(parents[0], parents[:1], combine=MEAN).mean_of is None
    assert make(parents[0], parents).mean_of is None


def test_the_first_rule_that_matches_counts():
    model = _tensors(**{"head.weight": (2,), "head.bias": (2,), "body": (3,)})
    rules = {"head.bias": "whole", "head.*": "new", "*": "whole"}
    plan = make(model, [_tensors(**{"head.weight": (2,), "head.bias": (2,), "body": (2,)})], rules)
    assert list(plan.transfers) == ["head.bias"]
    assert plan.new == ("head.weight", "body")


def test_a_rule_renames():
    rules = {"encoder.*.w": Rule(source="trunk.*.weight")}
    plan = make(_tensors(**{"encoder.0.w": (2,)}), [_tensors(**{"trunk.0.weight": (2,)})], rules)
    assert plan.transfers["encoder.0.w"].sources == ((0, "trunk.0.weight"),)
    assert plan.unused == ()


def test_a_rule_aligns():
    plan = make(_tensors(a=(5,)), [_tensors(a=(3,))], {"a": Rule(align=(CENTRE,))})
    assert plan.transfers["a"].pieces == (((slice(1, 4),), (slice(0, 3),)),)


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"a": "keep"}, "'a'"),
        ({"a": 3}, "'a'"),
        ({"a": Rule(fit="none")}, "'a'"),
        ({"a": Rule(source="b.*")}, "b.*"),
        ({"a": Rule(align=("middle",))}, "middle"),
        ({"a": Rule(align=(START, START))}, "a has 1 dimension"),
    ],
)
def test_a_rule_that_cannot_be_applied_is_refused(rules, named):
    with pytest.raises(WeightsError, match=named.replace("*", "[*]")):
        make(_tensors(a=(5,)), [_tensors(a=(3,))], rules)


def test_parents_are_combined_in_known_ways_only():
    with pytest.raises(WeightsError, match="median"):
        make({}, [], combine="median")
