"""Exporters: which there are, and what they write where nothing is installed for them."""

import csv
import errno
import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.core import events as e
from controller.errors import HeirloomError
from controller.results.tools import export as exports
from controller.results.tools import registry
from controller.results.tools.export import export
from controller.results.tools.interface import (
    create_database,
    replacing,
    results,
    safe_name,
    times,
    without_password,
)
from controller.results.tools.source import Source
from controller.state import record as records
from tests.unit.views.trials.searches import Search

NESTED = """\
search_space:
  layer:
    - {_name: conv, kernel: [3, 5], rate: {loguniform: [0.001, 1.0]}}
    - {_name: pool}
  shape: [[1, 2], 3, null]
  units: {randint: [1, 9]}
"""


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path)
    search.trial({"lr": 0.1, "depth": 1})
    search.report(0, 0.9, step=3, loss=0.5)
    search.end(0, 0.7, f1=0.5)
    search.trial({"lr": 0.2, "depth": 2}, 0)
    return search


def test_csv_is_the_table_of_trials(search: Search, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    assert export(search.place, "csv", str(path)) == f"2 trials in {path}"
    with path.open() as file:
        first, second = csv.DictReader(file)
    assert (first["value"], first["lr"], first["f1"]) == ("0.7", "0.1", "0.5")
    assert (second["restored"], second["state"]) == ("0", "running")


def test_csv_and_jsonl_are_printed(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(search.place, "csv", None) == ""
    assert capsys.readouterr().out.startswith("id,parents,")
    assert export(search.place, "jsonl", None) == ""
    [first, second] = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["curves"] == {"value": [[3, 0.9]], "loss": [[3, 0.5]]}
    assert first["manifest"] == "/store/cnn-1/trials/0/manifest.json"
    assert (second["parents"], second["curves"], second["manifest"]) == ([0], {}, None)


def test_a_study_gets_each_trial_once_when_it_has_ended(search: Search, tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna")  # not part of what tests on Python 3.9 install
    path = str(tmp_path / "o.journal")
    assert export(search.place, "optuna", path).startswith("1 new trial ")
    search.end(1, None, "failed")
    assert export(search.place, "optuna", path).startswith("1 new trial ")
    assert export(search.place, "optuna", path).startswith("0 new trials ")
    backend = optuna.storages.journal.JournalFileBackend(path)
    [study] = optuna.get_all_study_summaries(optuna.storages.JournalStorage(backend))
    assert (study.study_name, study.best_trial.value, study.n_trials) == ("cnn-1", 0.7, 2)
    assert study.best_trial.params == {"lr": 0.1, "depth": 1}
    assert study.best_trial.user_attrs["f1"] == 0.5


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("{}/trials.csv", "Expecting value"),
        ("sqlite:///{}/absent/o.db", "unable to open database file$"),
        ("nosuchdatabase://lab/o", "Can't load plugin"),
    ],
)
def test_a_storage_that_fails_is_named(
    search: Search, tmp_path: Path, address: str, reason: str
) -> None:
    pytest.importorskip("optuna")
    (tmp_path / "trials.csv").write_text("id,parents\n")
    with pytest.raises(HeirloomError, match=f"the storage .* of Optuna fails: .*{reason}"):
        export(search.place, "optuna", address.format(tmp_path))


def test_params_of_a_study_have_the_distributions_of_the_space() -> None:
    pytest.importorskip("optuna")
    from controller.results.tools.optuna import _dimensions, _fit
    from heirloom.space import expand

    space = _dimensions(expand(yaml.safe_load(NESTED)["search_space"]))
    params = {
        "layer": {"_name": "conv", "kernel": 5, "rate": 0.1},
        "shape": [1, 2],
        "units": 12,
        "other": 7,
    }
    values, distributions, others = _fit(params, space)
    assert values == {
        "layer": "conv",
        "layer.kernel": 5,
        "layer.rate": 0.1,
        "shape": "[1, 2]",
        "units": 12,
    }
    assert others == {"other": 7}
    kinds = {name: json.loads(distribution_text(each)) for name, each in distributions.items()}
    assert kinds["layer"]["attributes"]["choices"] == ["conv", "pool"]
    assert kinds["layer.rate"]["attributes"]["log"]
    assert kinds["shape"]["attributes"]["choices"] == ["[1, 2]", 3, None]
    assert kinds["units"]["attributes"]["high"] == 12


def distribution_text(distribution: Any) -> str:
    from optuna.distributions import distribution_to_json

    return distribution_to_json(distribution)


def test_a_missing_package_is_named(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda module: None)
    for tool in registry.NEEDS:
        with pytest.raises(HeirloomError, match=f"--to {tool} needs .* python -m pip install"):
            export(search.place, tool, None)


def test_what_exporters_need_is_in_the_requirements() -> None:
    top = Path(__file__).parents[4]
    for tool, needed in registry.NEEDS.items():
        text = (top / f"requirements-{tool}.txt").read_text()
        assert all(f"\n{package}" in text for _, package in needed), tool


def test_two_exports_to_one_tool_do_not_overlap(
    search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_PATIENCE", 0.0)
    monkeypatch.setattr(registry, "create", lambda tool: Lines())
    with exports.alone(search.place, "lines"):
        with pytest.raises(HeirloomError, match="another process exports cnn to lines"):
            export(search.place, "lines", None)
        with exports.alone(search.place, "other"), exports.alone(search.place, "csv"):
            pass
    assert export(search.place, "lines", "there") == "cnn-1: [0.7, None] there"


def test_an_export_needs_no_lock_where_none_can_be_written(search: Search) -> None:
    search.place.exporters.write_text("no directory")
    with exports.alone(search.place, "lines"):
        pass


def test_a_trial_is_complete_when_nothing_can_change_it(search: Search) -> None:
    def manifests() -> list[str | None]:
        source = Source(records.load(search.place, curves=True))
        return [each["manifest"] for each in source.trials(skip={0})]

    assert manifests() == [None]
    search.succeed(1, value=0.5)
    assert manifests() == [None]  # the attempt may still report
    search.happen(e.Closed(at=99.0, reason="done"))
    assert manifests() == ["/store/cnn-1/trials/1/manifest.json"]


def test_an_unknown_tool_is_answered_with_the_nearest(search: Search) -> None:
    with pytest.raises(HeirloomError, match="did you mean tensorboard"):
        export(search.place, "tensorbord", None)


class Lines:
    """An exporter of another package."""

    def export(self, source: Any, path: str | None) -> str:
        return f"{source.experiment['id']}: {[trial['value'] for trial in source.trials()]} {path}"


def test_packages_have_exporters_of_their_own(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"{__name__}:Lines"
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Lines.__module__])
    points = [metadata.EntryPoint("lines", here, registry.GROUP)]
    monkeypatch.setattr(metadata, "entry_points", lambda group, name="lines": points)
    assert registry.names()[-1] == "lines"
    assert export(search.place, "lines", "there") == "cnn-1: [0.7, None] there"
    points.append(metadata.EntryPoint("lines", "other:Lines", registry.GROUP))
    with pytest.raises(HeirloomError, match="several packages"):
        export(search.place, "lines", None)
    points[:] = [metadata.EntryPoint("lines", "no_such_module:Lines", registry.GROUP)]
    with pytest.raises(HeirloomError, match="cannot be loaded"):
        export(search.place, "lines", None)


def test_a_file_is_replaced_as_a_whole(search: Search, tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("old")
    failing = replacing(path)
    failing.__enter__().write("half")
    assert not failing.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith((".t", "t"))] == ["t"]
    assert path.read_text() == "old"
    with pytest.raises(HeirloomError, match=r"absent/t.csv: no such file"):
        export(search.place, "csv", str(tmp_path / "absent/t.csv"))


def test_a_database_is_created_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/t.db"

    def create(draft: str) -> None:
        assert not (tmp_path / "t.db").exists()
        Path(draft.removeprefix("sqlite:///")).write_text("tables")

    def fail(draft: str) -> None:
        create(draft)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        create_database(address, fail)
    assert list(tmp_path.glob("t.db")) == list(tmp_path.glob(".heirloom-*")) == []
    create_database(address, create)
    create_database(address, fail)  # it is there already
    create_database("http://lab:5000", fail)
    assert (tmp_path / "t.db").read_text() == "tables"
    assert list(tmp_path.glob(".heirloom-*")) == []


def test_a_database_is_created_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    create_database(
        f"sqlite:///{tmp_path}/t.db",
        lambda draft: Path(draft.removeprefix("sqlite:///")).write_text("tables"),
    )
    assert (tmp_path / "t.db").read_text() == "tables"
    assert list(tmp_path.glob(".heirloom-*")) == []


def test_a_link_and_a_device_stay_what_they_are(search: Search, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    for name, target in (("link", tmp_path / "file"), ("device", Path("/dev/null"))):
        (tmp_path / name).symlink_to(target)
        export(search.place, "csv", str(tmp_path / name))
        assert (tmp_path / name).readlink() == target
    assert (tmp_path / "file").read_text().startswith("id,parents,")
    for name in (".", "", str(tmp_path)):
        with pytest.raises(HeirloomError, match="is a directory"):
            export(search.place, "csv", name)


def test_results_are_numbers_by_name() -> None:
    trial = {"values": {"acc": 0.5}, "result": {"acc": 0.5, "f1": 1, "note": "x", "ok": True}}
    assert results(trial) == {"acc": 0.5, "f1": 1}
    assert results({"values": {}, "result": None}) == {}


def test_reports_are_spread_over_a_trial() -> None:
    assert times({"started_at": 10.0, "ended_at": 14.0}, 4) == [11.0, 12.0, 13.0, 14.0]
    assert times({"started_at": None, "ended_at": 14.0}, 1) == [14.0]


def test_names_and_addresses_are_made_safe() -> None:
    assert safe_name("a[0]ü/b c") == "a_0__/b c"
    assert without_password("postgresql://ann:x@lab/db") == "postgresql://ann@lab/db"
    assert without_password("sqlite:///a:b@c") == "sqlite:///a:b@c"
