"""Learning curves in a terminal, and as CSV."""

from pathlib import Path

import pytest

from controller.errors import HeirloomError
from controller.views.trials.curves import print_csv, show, sparkline
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path)
    for _ in range(3):
        search.trial({"lr": 0.1, "depth": 1})
    for step in range(8):
        search.report(0, step / 10, step, loss=1 - step / 10)
        search.report(1, {"default": 7, "acc": 1}, step, attempt=step)
    search.report(1, None, 8)
    return search


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_one_trial_has_all_its_curves_and_several_have_their_values(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    show(search.place, [0], None)
    assert lines(capsys) == [
        "trial  of      steps  first  last  min  max  curve",
        "    0  value  0 to 7      0   0.7    0  0.7  ▁▂▃▄▅▆▇█",
        "    0  loss   0 to 7      1   0.3  0.3    1  █▇▆▅▄▃▂▁",
    ]
    show(search.place, [], None)
    assert [line.split()[:2] for line in lines(capsys)[1:]] == [["0", "value"], ["1", "value"]]
    show(search.place, [0, 1], "metrics.attempt")
    assert [line.split()[:2] for line in lines(capsys)[1:]] == [["1", "metrics.attempt"]]
    show(search.place, [2], None)
    assert lines(capsys) == ["cnn, of trials 2: no number was reported"]


def test_csv_has_every_report(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(search.place, [1], None)
    text = lines(capsys)
    assert text[:2] == ["trial,attempt,step,value,metrics.attempt", "1,1,0,7.0,0.0"]
    assert text[-1] == "1,1,8,,"
    print_csv(search.place, [], "loss")
    assert lines(capsys)[:3] == ["trial,attempt,step,value,loss", "0,1,0,0.0,1.0", "1,1,0,7.0,"]


def test_what_does_not_exist_is_named(search: Search) -> None:
    with pytest.raises(HeirloomError, match="cnn has no trial 9"):
        show(search.place, [0, 9], None)
    with pytest.raises(
        HeirloomError, match=r"has reported 'lss': its curves are value, loss, metrics.attempt"
    ):
        print_csv(search.place, [], "lss")


@pytest.mark.parametrize("count", [1, 8, 9, 1000, 300_000])
def test_a_picture_is_as_wide_as_it_may_be_and_a_constant_is_flat(count: int) -> None:
    assert len(sparkline(list(range(count)), 8)) <= 8
    assert set(sparkline([0.7] * count, 8)) == {"▁"}
    assert sparkline([-1e308, 1e308], 8) == "▁█"
