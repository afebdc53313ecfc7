import json
import math
from typing import Any

import pytest

from tests.pytorch import require_torch

require_torch()

import torch
from torch import nn

from heirloom.torch import Rule, WeightsError, inherit, save
from heirloom.weights.index import NAME

torchs_own = pytest.mark.filterwarnings(  # PyTorch warns about features of its own
    "ignore:Lazy modules:UserWarning",
    "ignore:torch.quantize:UserWarning",
    "ignore:.*torch.jit:DeprecationWarning",
)


def _values(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def _assert_equal(model, other):
    ours, theirs = model.state_dict(), other.state_dict()
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


def _network(width=4, kernel=3):
    return nn.Sequential(
        nn.Conv2d(1, width, kernel, padding=kernel // 2),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(width, 2),
    )


def test_a_child_of_equal_shape_inherits_everything(tmp_path):
    parent, child = _network(), _network()
    parent(torch.randn(4, 1, 5, 5))  # running statistics and the count of batches
    save(parent, tmp_path)
    report = inherit(child, tmp_path)
    _assert_equal(child, parent)
    assert (report.share, report.new, report.partly) == (1.0, (), ())


def test_a_larger_kernel_keeps_the_parent_in_its_centre(tmp_path):
    parent, child = nn.Conv2d(2, 3, 3, bias=False), nn.Conv2d(4, 5, 5, bias=False)
    before = child.weight.detach().clone()
    save(parent, tmp_path)
    report = inherit(child, tmp_path)
    assert torch.equal(child.weight[:3, :2, 1:4, 1:4], parent.weight)
    assert int((child.weight[:3] != 0).sum()) == parent.weight.numel()
    assert torch.equal(child.weight[3:], before[3:])
    assert report.partly == ("weight",)
    assert report.share == pytest.approx(parent.weight.numel() / child.weight.numel())


def test_a_smaller_kernel_is_the_parents_centre(tmp_path):
    parent, child = nn.Conv3d(1, 1, 5), nn.Conv3d(1, 1, 3)
    save(parent, tmp_path)
    inherit(child, tmp_path)
    assert torch.equal(child.weight, parent.weight[:, :, 1:4, 1:4, 1:4])


def _residual(width, kernel):
    """Two convolutions, the second of which is added to the first, and a transposed one."""

    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Sequential(
                nn.Conv2d(1, width, kernel, padding=kernel // 2, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            )
            self.second = nn.Conv2d(width, width, kernel, padding=kernel // 2)
            self.up = nn.ConvTranspose2d(width, width, kernel, padding=kernel // 2)
            self.head = nn.Linear(width, 3)

        def forward(self, x):
            x = self.first(x)
            x = x + torch.relu(self.second(x))
            return self.head(torch.relu(self.up(x)).mean((2, 3)))

    return Residual()


@pytest.mark.parametrize(("width", "kernel"), [(6, 3), (4, 5), (7, 7)])
def test_a_network_that_only_grows_computes_what_its_parent_does(tmp_path, width, kernel):
    parent, child = _residual(4, 3), _residual(width, kernel)
    images = torch.randn(8, 1, 6, 6)
    parent(images)  # running statistics
    save(parent, tmp_path)
    inherit(child, tmp_path)
    torch.testing.assert_close(child(images), parent(images))  # by the batch's statistics
    torch.testing.assert_close(child.eval()(images), parent.eval()(images))


def test_what_has_grown_learns(tmp_path):
    torch.manual_seed(0)  # with others a unit may be zero for all images
    parent, child = _residual(4, 3), _residual(6, 5)
    save(parent, tmp_path)
    inherit(child, tmp_path)
    before = _values(child)
    optimizer = torch.optim.SGD(child.parameters(), lr=0.1)
    images, labels = torch.randn(16, 1, 6, 6), torch.randint(3, (16,))
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(child(images), labels).backward()
        optimizer.step()
    for name, tensor in child.named_parameters():
        assert (tensor.detach() != before[name]).float().mean() > 0.9, name


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_the_units_of_a_wider_recurrent_layer_compute_what_they_did(tmp_path, kind):
    parent = kind(3, 2, num_layers=2, bidirectional=True)
    child = kind(4, 5, num_layers=2, bidirectional=True)
    save(parent, tmp_path)
    inherit(child, tmp_path)
    words = torch.randn(6, 2, 4)
    ours, theirs = child(words)[0], parent(words[..., :3])[0]
    torch.testing.assert_close(ours[..., :2], theirs[..., :2])
    torch.testing.assert_close(ours[..., 5:7], theirs[..., 2:])  # the other direction


def test_rows_of_an_embedding_and_running_statistics_are_cut(tmp_path):
    parent: Any = nn.ModuleDict({"words": nn.Embedding(10, 4), "norm": nn.BatchNorm1d(6)})
    child: Any = nn.ModuleDict({"words": nn.Embedding(7, 4), "norm": nn.BatchNorm1d(8)})
    parent["norm"](torch.randn(5, 6))
    save(parent, tmp_path)
    inherit(child, tmp_path)
    assert torch.equal(child["words"].weight, parent["words"].weight[:7])
    assert torch.equal(child["norm"].running_mean[:6], parent["norm"].running_mean)
    assert torch.equal(child["norm"].running_var[6:], torch.ones(2))
    assert child["norm"].num_batches_tracked == 1


@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
def test_each_gate_of_a_recurrent_layer_is_cut_by_itself(tmp_path, kind, gates):
    parent = kind(3, 2, num_layers=2, bidirectional=True)
    child = kind(3, 5, num_layers=2, bidirectional=True)
    save(parent, tmp_path)
    inherit(child, tmp_path)
    for name, weights in parent.named_parameters():
        new = dict(child.named_parameters())[name].reshape(gates, 5, -1)[:, :2]
        old = weights.reshape(gates, 2, -1)
        if name.startswith("weight_ih_l1"):  # both directions of the layer below, one by one
            new = new.reshape(gates, 2, 2, 5)[..., :2].reshape(gates, 2, 4)
        assert torch.equal(new[..., : old.shape[-1]], old), name


def test_each_projection_of_an_attention_layer_is_cut_by_itself(tmp_path):
    parent, child = nn.MultiheadAttention(4, 2), nn.MultiheadAttention(6, 2)
    save(parent, tmp_path)
    inherit(child, tmp_path)
    ours, theirs = child.in_proj_weight.reshape(3, 6, 6), parent.in_proj_weight.reshape(3, 4, 4)
    assert torch.equal(ours[:, :4, :4], theirs)
    assert torch.equal(child.in_proj_bias.reshape(3, 6)[:, :4], parent.in_proj_bias.reshape(3, 4))


def test_rules_go_by_names(tmp_path):
    parent, child = _network(4), _network(6)
    save(parent, tmp_path)
    before = _values(child)
    report = inherit(child, tmp_path, rules={"0.*": "new", "5.*": "whole"})
    assert torch.equal(child.state_dict()["0.weight"], before["0.weight"])
    assert set(report.new) == {"0.weight", "0.bias", "5.weight"}
    assert "5.bias" in report.whole


def test_a_rule_takes_a_tensor_from_another_name(tmp_path):
    parent: Any = nn.ModuleDict({"a": nn.Linear(2, 2)})
    child: Any = nn.ModuleDict({"b": nn.Linear(2, 2)})
    save(parent, tmp_path)
    report = inherit(child, tmp_path, rules={"b.*": Rule(source="a.*")})
    assert torch.equal(child["b"].weight, parent["a"].weight)
    assert (report.share, report.unused) == (1.0, ())


def test_of_several_parents_the_first_that_fits_is_taken(tmp_path):
    first, second, child = _network(2), _network(4), _network(4)
    save(first, tmp_path / "1")
    save(second, tmp_path / "2")
    inherit(child, [tmp_path / "1", tmp_path / "2"])
    assert torch.equal(child[0].weight, second[0].weight)
    assert torch.equal(child[5].bias, first[5].bias)


def test_several_parents_are_averaged(tmp_path):
    parents = [nn.Linear(3, 2).bfloat16(), nn.Linear(3, 2).bfloat16()]
    for number, parent in enumerate(parents):
        save(parent, tmp_path / str(number))
    child = nn.Linear(3, 2)
    inherit(child, [tmp_path / "0", tmp_path / "1"], parents="mean")
    expected = (parents[0].weight.float() + parents[1].weight.float()) / 2
    assert torch.allclose(child.weight, expected)


def test_a_mean_names_the_tensors_that_not_all_parents_have(tmp_path, capsys):
    save(nn.Linear(3, 2), tmp_path / "0")
    save(nn.Linear(4, 2), tmp_path / "1")
    report = inherit(nn.Linear(3, 2), [tmp_path / "0", tmp_path / "1"], parents="mean")
    assert (report.mean_of, report.fewer) == (2, ("weight",))
    assert "the mean of 2 parents, 1 from fewer parents (weight)" in capsys.readouterr().out
    assert report.as_dict()["names"] == {"fewer": ["weight"]}


def _trained(kind, seed, **arguments):
    """A network and its optimizer after some steps."""
    torch.manual_seed(seed)
    model = _network()
    optimizer = getattr(torch.optim, kind)(model.parameters(), lr=0.01, **arguments)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.randn(4, 1, 5, 5)).square().sum().backward()
        optimizer.step()
    return model, optimizer


@pytest.mark.parametrize(("kind", "key"), [("SGD", "momentum_buffer"), ("Adam", "exp_avg_sq")])
def test_the_optimizers_state_is_averaged_with_the_weights(tmp_path, kind, key):
    arguments = {"momentum": 0.9} if kind == "SGD" else {}
    parents = [_trained(kind, seed, **arguments) for seed in (1, 2)]
    for number, (model, optimizer) in enumerate(parents):
        save(model, tmp_path / str(number), optimizer=optimizer)
    child = _network()
    theirs = getattr(torch.optim, kind)(child.parameters(), lr=0.01, **arguments)
    paths = [tmp_path / "0", tmp_path / "1"]
    assert inherit(child, paths, parents="mean", optimizer=theirs).optimizer == 6
    states = [optimizer.state[model[0].weight] for model, optimizer in parents]
    found = theirs.state[child[0].weight]
    assert found.keys() == states[0].keys()
    assert torch.allclose(found[key], (states[0][key] + states[1][key]) / 2)
    if kind == "Adam":
        assert found["step"] == 3
    child(torch.randn(4, 1, 5, 5)).sum().backward()
    theirs.step()


def test_a_parent_without_an_optimizer_is_left_out_of_its_mean(tmp_path):
    model, optimizer = _trained("SGD", 1, momentum=0.9)
    save(model, tmp_path / "0")
    save(model, tmp_path / "1", optimizer=optimizer)
    child = _network()
    theirs = torch.optim.SGD(child.parameters(), lr=0.01, momentum=0.9)
    paths = [tmp_path / "0", tmp_path / "1"]
    assert inherit(child, paths, parents="mean", optimizer=theirs).optimizer == 6
    expected = optimizer.state[model[0].weight]["momentum_buffer"]
    assert torch.equal(theirs.state[child[0].weight]["momentum_buffer"], expected)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_types_are_kept_by_the_file_and_chosen_by_the_model(tmp_path, dtype):
    parent, child = nn.Linear(3, 2).to(dtype), nn.Linear(3, 2)
    save(parent, tmp_path)
    inherit(child, tmp_path)
    assert child.weight.dtype == torch.float32
    assert torch.equal(child.weight, parent.weight.float())
    again = nn.Linear(3, 2).to(dtype)
    inherit(again, tmp_path)
    _assert_equal(again, parent)


class Tied(nn.Module):
    def __init__(self, tie=True):
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.out = nn.Linear(3, 5, bias=False)
        if tie:
            self.out.weight = self.embedding.weight


@pytest.mark.parametrize(("of_parent", "of_child"), [(True, True), (True, False), (False, True)])
def test_tied_weights(tmp_path, of_parent, of_child):
    parent, child = Tied(of_parent), Tied(of_child)
    save(parent, tmp_path)
    report = inherit(child, tmp_path)
    assert report.share == 1.0
    assert torch.equal(child.embedding.weight, parent.embedding.weight)
    if of_parent:
        assert torch.equal(child.out.weight, parent.out.weight)
        assert sum(path.stat().st_size for path in tmp_path.glob("*.safetensors")) < 200
    assert (child.out.weight is child.embedding.weight) is of_child


def test_views_of_one_tensor_are_saved_by_themselves(tmp_path):
    class Views(nn.Module):
        def __init__(self):
            super().__init__()
            whole = torch.randn(6)
            self.register_buffer("head", whole[:4])
            self.register_buffer("tail", whole[2:])
            self.register_buffer("turned", torch.randn(2, 3).t())

    parent, child = Views(), Views()
    save(parent, tmp_path)
    inherit(child, tmp_path)
    _assert_equal(child, parent)


@torchs_own
@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile])
def test_wrappers_do_not_show_in_names(tmp_path, wrap):
    parent, child = _network(), _network()
    save(wrap(parent), tmp_path / "wrapped")
    inherit(child, tmp_path / "wrapped")
    _assert_equal(child, parent)
    save(parent, tmp_path / "plain")
    wrapped = wrap(_network())
    assert inherit(wrapped, tmp_path / "plain").share == 1.0
    _assert_equal(next(wrapped.children()), parent)


@torchs_own
def test_a_compiled_part_does_not_show_in_names(tmp_path):
    parent = _network()
    child = _network()
    child[5] = torch.compile(child[5])
    save(parent, tmp_path)
    report = inherit(child, tmp_path)
    assert report.share == 1.0
    assert "5.weight" in report.whole


def test_files_of_other_programs_are_read(tmp_path):
    from safetensors.torch import save_file

    parent, child = _network(), _network()
    save_file(parent.state_dict(), tmp_path / "anything.safetensors")
    inherit(child, tmp_path)
    _assert_equal(child, parent)
    inherit(child := _network(), tmp_path / "anything.safetensors")
    _assert_equal(child, parent)


def test_each_child_of_the_model_has_a_file(tmp_path):
    model = nn.ModuleDict({"net": nn.ModuleDict({"body": _network(), "a/b": nn.Linear(1, 1)})})
    save(model, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"model-body.safetensors", "model-a%2Fb.safetensors", NAME}
    index = json.loads((tmp_path / NAME).read_text())
    assert index["weight_map"]["net.body.0.weight"] == "model-body.safetensors"


def test_equal_parts_are_equal_files(tmp_path):
    trunk = _network()
    for name in ("parent", "child"):
        save(nn.ModuleDict({"trunk": trunk, "head": nn.Linear(2, 2)}), tmp_path / name)
    files = [
        (tmp_path / name / "model-trunk.safetensors").read_bytes() for name in ("parent", "child")
    ]
    assert files[0] == files[1]


def test_there_are_never_more_than_64_files(tmp_path):
    model = nn.ModuleList(nn.Linear(1, 1) for _ in range(150))
    save(model, tmp_path)
    assert len(list(tmp_path.glob("*.safetensors"))) <= 64
    child = nn.ModuleList(nn.Linear(1, 1) for _ in range(150))
    assert inherit(child, tmp_path).share == 1.0
    _assert_equal(child, model)


def test_saving_again_replaces_the_model(tmp_path):
    first, second, child = _network(2), _network(3), _network(3)
    for model in (first, second, first, second):
        save(model, tmp_path)
    inherit(child, tmp_path)
    _assert_equal(child, second)
    assert len(list(tmp_path.glob("*.safetensors"))) == 3


def test_a_save_that_fails_leaves_the_earlier_model(tmp_path, monkeypatch):
    import safetensors.torch

    parent, other, child = _network(), _network(), _network()
    save(parent, tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    calls = []

    def fail_at_the_second(tensors, path, metadata):
        calls.append(path)
        if len(calls) == 2:
            raise OSError("no space left on device")
        original(tensors, path, metadata)

    original = safetensors.torch.save_file
    monkeypatch.setattr(safetensors.torch, "save_file", fail_at_the_second)
    with pytest.raises(OSError, match="no space"):
        save(other, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    inherit(child, tmp_path)
    _assert_equal(child, parent)


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_the_optimizers_state_is_restored(tmp_path, kind):
    def step(model, optimizer):
        torch.manual_seed(1)
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(4, 1, 5, 5)).square().sum().backward()
            optimizer.step()

    arguments = {"SGD": {"momentum": 0.9}, "RMSprop": {"momentum": 0.9}}.get(kind, {})
    parent, child = _network(), _network()
    ours = getattr(torch.optim, kind)(parent.parameters(), lr=0.01, **arguments)
    step(parent, ours)
    save(parent, tmp_path, optimizer=ours)
    theirs = getattr(torch.optim, kind)(child.parameters(), lr=0.01, **arguments)
    report = inherit(child, tmp_path, optimizer=theirs)
    assert report.optimizer == 6
    step(parent, ours)
    step(child, theirs)
    _assert_equal(child, parent)


def test_the_state_of_several_optimizers_is_restored(tmp_path):
    def optimizers(model):
        one, *others = model.parameters()
        return [torch.optim.Adam([one]), torch.optim.SGD(others, lr=0.1, momentum=0.9)]

    def step(model, given):
        model(torch.ones(4, 1, 5, 5)).square().sum().backward()
        for optimizer in given:
            optimizer.step()
            optimizer.zero_grad()

    parent, child = _network(), _network()
    ours, theirs = optimizers(parent), optimizers(child)
    step(parent, ours)
    save(parent, tmp_path, optimizer=ours)
    assert inherit(child, tmp_path, optimizer=theirs).optimizer == 6
    step(parent, ours)
    step(child, theirs)
    _assert_equal(child, parent)


def test_the_optimizers_state_is_cut_as_its_parameter_is(tmp_path):
    parent, child = nn.Linear(2, 3), nn.Linear(4, 3)
    ours = torch.optim.Adam(parent.parameters())
    parent(torch.ones(1, 2)).sum().backward()
    ours.step()
    save(parent, tmp_path, optimizer=ours)
    theirs = torch.optim.Adam(child.parameters(), lr=0.5)
    inherit(child, tmp_path, optimizer=theirs)
    found = theirs.state[child.weight]
    assert torch.equal(found["exp_avg"][:, :2], ours.state[parent.weight]["exp_avg"])
    assert torch.equal(found["exp_avg"][:, 2:], torch.zeros(3, 2))
    assert found["step"] == 1
    assert theirs.param_groups[0]["lr"] == 0.5
    child(torch.ones(1, 4)).sum().backward()
    theirs.step()


def test_weights_without_an_optimizer_restore_none(tmp_path):
    parent, child = nn.Linear(2, 3), nn.Linear(2, 3)
    save(parent, tmp_path)
    optimizer = torch.optim.Adam(child.parameters())
    assert inherit(child, tmp_path, optimizer=optimizer).optimizer == 0
    assert not optimizer.state


def test_a_trial_without_a_parent_keeps_its_weights(capsys):
    model = _network()
    before = _values(model)
    report = inherit(model)
    assert (report.share, len(report.new)) == (0.0, len(before))
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert "no parent" in capsys.readouterr().out


def test_the_report_is_printed(tmp_path, capsys):
    save(_network(2), tmp_path)
    report = inherit(_network(4), tmp_path)
    assert str(report) in capsys.readouterr().out
    assert "partly (0.weight, 0.bias" in str(report)
    assert report.as_dict()["names"]["partly"][0] == "0.weight"


def test_the_report_has_the_share_of_each_part(tmp_path, capsys):
    def model(width):
        return nn.ModuleDict(
            {
                "stem": nn.Conv2d(1, 4, 3, bias=False),
                "stages": nn.ModuleList([nn.Linear(4, 4, bias=False), nn.Linear(4, width)]),
                "head": nn.Linear(width, 2, bias=False),
            }
        )

    save(model(4), tmp_path)
    report = inherit(nn.DataParallel(model(8)), tmp_path)
    assert report.parts == (("stem", 1.0), ("stages.0", 1.0), ("stages.1", 0.5), ("head", 0.5))
    assert report.as_dict()["parts"] == {"stem": 1, "stages.0": 1, "stages.1": 0.5, "head": 0.5}


def test_a_choice_is_a_part_of_its_own(tmp_path, capsys):
    class Chosen(nn.Module):
        label = "normal.0.op"

        def __init__(self, width):
            super().__init__()
            self.conv = nn.Linear(width, 2, bias=False)

    class Model(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.cells = nn.ModuleList([Chosen(width), Chosen(2)])
            self.head = nn.Linear(2, 2)

    save(Model(2), tmp_path)
    report = inherit(Model(4), tmp_path)
    assert report.parts == (("normal.0.op", 8 / 12), ("head", 1.0))


def test_without_a_parent_no_part_has_a_share(capsys):
    report = inherit(_network())
    assert report.parts == ()
    assert "parts" not in report.as_dict()


def _write(path, data=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "nothing: save the weights"),
        (lambda path: _write(path / "weights.pt"), "weights.pt.*pickle"),
        (lambda path: _write(path / "notes.txt"), "only notes.txt"),
        (lambda path: _write(path, b"x"), "is a file"),
        (lambda path: _write(path / "a.safetensors", b"torn"), "no valid safetensors"),
        (lambda path: _write(path / NAME, b"{"), "not a valid index"),
        (lambda path: _write(path / NAME, b'{"weight_map": {"a": "../b"}}'), "'../b' is no file"),
        (lambda path: _write(path / NAME, b'{"weight_map": {"a": 3}}'), "not a valid index"),
        (lambda path: _write(path / NAME, b'{"weight_map": {"a": "b.safetensors"}}'), "missing"),
    ],
)
def test_what_cannot_be_inherited_is_refused(tmp_path, make, why):
    make(tmp_path / "weights")
    model = _network()
    before = _values(model)
    with pytest.raises(WeightsError, match=why):
        inherit(model, tmp_path / "weights")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda: nn.LazyLinear(3), "no shape yet"),
        (lambda: nn.Linear(2, 3, device="meta"), "meta device"),
        (lambda: _with_buffer(torch.eye(3).to_sparse()), "sparse"),
        (lambda: _with_buffer(torch.quantize_per_tensor(torch.eye(3), 1, 0, torch.qint8)), "quant"),
    ],
)
@torchs_own
def test_tensors_without_plain_numbers_are_refused(tmp_path, model, why):
    with pytest.raises(WeightsError, match=why):
        save(model(), tmp_path)
    with pytest.raises(WeightsError, match=why):
        inherit(model(), tmp_path)


def _with_buffer(tensor):
    module = nn.Module()
    module.register_buffer("found", tensor)
    return module


def test_extra_state_is_left_out(tmp_path):
    class Extra(nn.Linear):
        def get_extra_state(self):
            return {"any": object()}

        def set_extra_state(self, state):
            raise AssertionError("never restored")

    parent, child = Extra(2, 2), Extra(2, 2)
    save(parent, tmp_path)
    assert inherit(child, tmp_path).share == 1.0
    assert torch.equal(child.weight, parent.weight)


def test_a_model_without_tensors_is_saved(tmp_path):
    save(nn.ReLU(), tmp_path)
    assert math.isclose(inherit(nn.ReLU(), tmp_path).share, 0.0)


def test_an_optimizer_of_another_model_is_refused(tmp_path):
    model, other = nn.Linear(1, 1), nn.Linear(1, 1)
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1, momentum=0.9)
    other(torch.ones(1, 1)).sum().backward()
    optimizer.step()
    with pytest.raises(WeightsError, match="not in the model"):
        save(model, tmp_path, optimizer=optimizer)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_model_on_a_gpu(tmp_path):
    parent, child = _network().cuda(), _network().cuda()
    save(parent, tmp_path)
    inherit(child, tmp_path)
    _assert_equal(child, parent)
