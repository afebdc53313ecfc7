"""Names of experiments from text in any script."""

from pathlib import Path

import pytest

from controller.config import load
from controller.config.experiment import NAME, slug
from tests.unit.config.experiment_files import GOOD, write
from tests.unit.config.nni_files import V1, lay_out, loaded


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("MNIST example", "mnist-example"),
        ("实验一", "shiyanyi"),
        ("Эксперимент №2", "eksperiment-no2"),
        ("Größe & Ähnlichkeit", "grosse-ahnlichkeit"),
        ("한국어 테스트", "hangugeo-teseuteu"),
        ("e\u0301te\u0301", "ete"),
        ("🚀 run", "rocket-run"),
        ("test_①", "test_1"),
        ("../a b\n", "a-b"),
        ("-_.-", "experiment"),
        ("", "experiment"),
        ("実験" * 40, ("shiyan" * 40)[:63]),
    ],
)
def test_slug_is_a_readable_name(text: str, name: str) -> None:
    assert slug(text) == name
    assert NAME.fullmatch(name)


def test_directory_in_another_script_gives_the_name(tmp_path: Path) -> None:
    assert load(write(tmp_path / "Эксперимент", GOOD)).name == "eksperiment"


def test_nni_name_in_another_script_is_kept_in_the_description(tmp_path: Path) -> None:
    lay_out(tmp_path)
    experiment, _ = loaded(tmp_path, V1.replace("MNIST example", "实验一"))
    assert experiment.name == "shiyanyi"
    assert experiment.description == "实验一, by ann"
