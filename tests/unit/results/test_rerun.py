"""A candidate that is trained again from nothing, and the table of its results."""

import csv
import io
from pathlib import Path

import pytest

from controller.config.inheritance import InheritanceSection
from controller.config.resource import ResourceSection
from controller.engine.continuation.rerun import name_of, rerun
from controller.errors import HeirloomError
from controller.results.rerun import show
from controller.state import record as records
from controller.state.home import Home
from controller.state.record import Record
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Trial 1 starts from trial 0; trial 2 is no candidate; trial 3 has failed."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "store/ann/cnn-1/code/c").mkdir(parents=True)
    search = Search(tmp_path / "experiments", root=tmp_path / "store/ann/cnn-1")
    search.trial({"lr": 0.1, "depth": 1})
    search.end(0, 0.5)
    search.trial({"lr": 0.2, "depth": 2, "epochs": 27, "epochs_from": 9}, 0)
    search.end(1, 0.25, f1=0.75)
    search.trial({"lr": 0.2, "depth": 2}, candidate=False)
    search.end(2, 0.125)
    search.trial({"lr": 0.2, "depth": 2})
    search.end(3, None, "failed")
    return search


def load(search: Search) -> Record:
    return records.load(search.place)


def test_the_new_experiment_repeats_the_candidate_from_nothing(
    search: Search, tmp_path: Path
) -> None:
    record = load(search)
    config = record.config.model_copy(
        update={
            "resource": ResourceSection(name="epochs", max=27),
            "inheritance": InheritanceSection.model_validate({"from": "nearest"}),
            "keep": "best 1",
        }
    )
    search.place.config.write_text(config.model_dump_json(by_alias=True))
    record = load(search)
    found = rerun(record, record.trial(1), Home(tmp_path), 3)
    params = {"lr": 0.2, "depth": 2, "epochs": 27, "epochs_from": 0}
    assert found.config.tuner.args["proposals"] == [{"params": params}] * 3
    assert found.code == tmp_path / "store/ann/cnn-1/code/c"
    assert (found.config.resource, found.config.assessor, found.config.keep) == (None, None, "all")
    assert found.config.inheritance.from_ == "tuner"
    assert name_of(record, record.trial(1)) == "cnn-rerun-1"
    seeds = {
        rerun(record, record.trial(number), Home(tmp_path), 3).config.seed for number in (0, 1)
    }
    assert len(seeds) == 2


@pytest.mark.parametrize(("trial", "text"), [(2, "is no candidate"), (3, "is failed")])
def test_a_trial_without_a_result_of_its_own_is_refused(
    search: Search, tmp_path: Path, trial: int, text: str
) -> None:
    record = load(search)
    with pytest.raises(HeirloomError, match=text):
        rerun(record, record.trial(trial), Home(tmp_path), 3)


def test_the_table_has_each_number_of_the_result(
    search: Search, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "again").mkdir()
    again = Search(tmp_path / "again")
    for value, f1 in ((0.5, 0.5), (0.75, 0.25)):
        again.end(again.trial({"lr": 0.2, "depth": 2}), value, f1=f1)
    again.end(again.trial({"lr": 0.2, "depth": 2}), None, "failed")
    show(search.place, 1, again.place, "csv")
    first, second = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (first["inherited"], first["mean"], first["n"]) == ("0.25", "0.625", "2")
    assert (second["quantity"], second["inherited"], second["min"], second["max"]) == (
        "f1",
        "0.75",
        "0.25",
        "0.5",
    )
    show(search.place, 1, again.place, "latex")
    assert r"value & 0.25 & 0.62 $\pm$ 0.18 \\" in capsys.readouterr().out
    show(search.place, 0, again.place, "text")
    assert "trial 0  from scratch" in capsys.readouterr().out


def test_the_table_is_whole_where_no_training_has_succeeded(
    search: Search, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "again").mkdir()
    again = Search(tmp_path / "again")
    again.end(again.trial({"lr": 0.2, "depth": 2}), None, "failed")
    show(search.place, 1, again.place, "csv")
    columns, first, *_ = csv.reader(io.StringIO(capsys.readouterr().out))
    assert dict(zip(columns, first, strict=True))["n"] == "0"
