from pathlib import Path

from benchmarks import searches
from controller.state.home import Home


def test_a_search_that_was_interrupted_before_it_was_created_is_ended(tmp_path: Path) -> None:
    directory = tmp_path / "search"
    Home(directory / "home").take_name(searches.NAME)
    assert not searches.has_begun(directory)
    searches.end(directory)
    assert not directory.exists()
