import json

from benchmarks.inherit import archive

NAMES = ("evolution-a-1-0", "final-evolution-b-8", "random-b-8-4", "final-random-b-8", "shared")


def test_published_searches_are_kept_again(tmp_path):
    kept, again = tmp_path / "kept", tmp_path / "again"
    kept.mkdir()
    for name in NAMES:
        (kept / f"{name}.json").write_text(json.dumps({"digest": name, "run": {}}))
    files = archive.publish(kept, tmp_path / "results", "inherit")

    assert sorted(file.name for file in files) == [
        "inherit-evolution.json.gz",
        "inherit-random.json.gz",
        "inherit-shared.json.gz",
    ]
    before = [file.read_bytes() for file in files]
    assert archive.publish(kept, tmp_path / "results", "inherit") == files
    assert [file.read_bytes() for file in files] == before
    again.mkdir()
    (again / "shared.json").write_text("{}")  # kept already
    assert archive.take(tmp_path / "results", "inherit", again) == len(NAMES) - 1
    assert json.loads((again / "random-b-8-4.json").read_text())["digest"] == "random-b-8-4"
    assert (again / "shared.json").read_text() == "{}"
    assert archive.take(tmp_path / "results", "inherit-gpu", tmp_path / "none") == 0
