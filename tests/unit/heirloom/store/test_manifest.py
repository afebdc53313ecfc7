import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Entry, Manifest, ManifestError, valid_path

DIGEST = "sha256:" + "0" * 64

names = st.text(st.characters(exclude_characters="/\0\n", exclude_categories=["Cs"]), min_size=1)
paths = st.lists(names.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3)
entries = st.builds(
    Entry,
    path=paths.map("/".join),
    size=st.integers(0, 2**60),
    digest=st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format),
)
numbers = st.floats(allow_nan=False, allow_infinity=False)
manifests = st.builds(
    Manifest,
    experiment=st.text(),
    trial=st.just(7),
    state=st.sampled_from(["succeeded", "stopped"]),
    reason=st.text(),
    attempt=st.none() | st.integers(0, 10**6).map("7.{}".format),
    node=st.none() | st.text(),
    value=st.none() | numbers,
    result=st.none() | st.dictionaries(st.text(), numbers | st.text() | st.booleans()),
    parents=st.lists(st.integers(0, 10**9)).map(tuple),
    weights=st.just(True),
    files=st.lists(entries, unique_by=lambda entry: entry.path).map(tuple),
    started_at=st.none() | numbers,
    seconds=st.dictionaries(st.text(), numbers),
)


@given(manifests)
def test_a_manifest_round_trips(written):
    assert Manifest.from_json(written.to_json()) == written


@given(manifests, st.data())
def test_a_truncated_manifest_is_refused(written, data):
    whole = written.to_json().rstrip()
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(ManifestError):
        Manifest.from_json(whole[:cut])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from([*vars(Manifest("e", 7, "failed")), "format"]), json_values)
def test_any_value_of_a_key_is_accepted_or_a_manifest_error(key, value):
    fields = json.loads(Manifest("e", 7, "failed").to_json()) | {key: value}
    with contextlib.suppress(ManifestError):
        found = Manifest.from_json(json.dumps(fields).encode())
        assert json.loads(found.to_json()) == fields


@given(st.binary())
def test_other_bytes_are_refused(data):
    with pytest.raises(ManifestError):
        Manifest.from_json(data)


SOUND = {
    **json.loads(Manifest("e", 7, "succeeded", attempt="7.2", weights=True).to_json()),
    "files": [{"path": "a", "size": 1, "digest": DIGEST}],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "format other than 1"),
        ({"trial": -1}, "invalid 'trial'"),
        ({"trial": True}, "invalid 'trial'"),
        ({"state": "great"}, "invalid 'state': great"),
        ({"attempt": "8.1"}, "names attempt 8.1 for trial 7"),
        ({"attempt": "7.01"}, "invalid 'attempt'"),
        ({"value": "high"}, "invalid 'value'"),
        ({"weights": False}, "says that there are no weights"),
        ({"state": "failed"}, "has weights, but its state is failed"),
        ({"more": 1}, "unknown keys: more"),
        ({"files": [{"path": "/etc/passwd", "size": 1, "digest": DIGEST}]}, "'files'"),
        ({"files": [{"path": "a/../../b", "size": 1, "digest": DIGEST}]}, "'files'"),
        ({"files": [{"path": "a", "size": -1, "digest": DIGEST}]}, "'files'"),
        ({"files": [{"path": "a", "size": 1, "digest": "md5:0"}]}, "'files'"),
        ({"files": SOUND["files"] * 2}, "lists a file twice"),
    ],
)
def test_an_invalid_key_is_named(change, message):
    with pytest.raises(ManifestError, match=message):
        Manifest.from_json(json.dumps(SOUND | change).encode())


def test_a_missing_key_is_named():
    for key in SOUND.keys() - {"format"}:
        rest = {name: value for name, value in SOUND.items() if name != key}
        with pytest.raises(ManifestError, match=f"has no '{key}'"):
            Manifest.from_json(json.dumps(rest).encode())


def test_nan_is_refused():
    with pytest.raises(ManifestError, match="NaN is not JSON"):
        Manifest.from_json(json.dumps(SOUND | {"value": float("nan")}).encode())


def test_deep_nesting_is_refused():
    with pytest.raises(ManifestError):
        Manifest.from_json(b"[" * 100_000)


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/", ".", "a/..", "a\nb", "a\0b", "\udcff"])
def test_invalid_paths(path):
    assert not valid_path(path)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "exp-1/trials").mkdir(parents=True)
    return tmp_path / "exp-1"


def read(root, trial=7):
    return manifest.read(RealFiles(), str(root), trial)


def put(root, written):
    (root / "trials/7").mkdir()
    (root / "trials/7/manifest.json").write_bytes(written.to_json())


def test_read_without_a_verdict(root):
    assert read(root) is None


def test_read_an_existing_manifest(root):
    written = Manifest("exp-1", 7, "failed", "why")
    put(root, written)
    assert read(root) == written


@pytest.mark.parametrize(("experiment", "trial"), [("exp-2", 7), ("exp-1", 8)])
def test_another_trials_manifest_is_refused(root, experiment, trial):
    put(root, Manifest(experiment, trial, "failed"))
    with pytest.raises(ManifestError, match="belongs to trial"):
        read(root)


def test_a_verdict_without_a_manifest_is_damaged(root):
    (root / "trials/7").mkdir()
    with pytest.raises(ManifestError, match=r"has no manifest\.json"):
        read(root)


def test_a_verdict_that_appears_during_the_read_is_not_damaged(root):
    written = Manifest("exp-1", 7, "failed", "why")

    class Late(RealFiles):
        def stat(self, path):
            put(root, written)  # between the read of the manifest and this call
            return super().stat(path)

    assert manifest.read(Late(), str(root), 7) == written


def test_a_manifest_over_the_size_limit_is_refused(root, monkeypatch):
    put(root, Manifest("exp-1", 7, "failed", "x" * 1000))
    monkeypatch.setattr("heirloom.store.manifest.SIZE_LIMIT", 500)
    with pytest.raises(ManifestError, match="more than 500 bytes"):
        read(root)


def test_an_integer_too_large_for_a_float_is_refused():
    fields = json.loads(Manifest("exp-1", 7, "failed", "why").to_json())
    with pytest.raises(ManifestError, match="invalid 'value'"):
        Manifest.from_json(json.dumps(fields | {"value": 10**400}).encode())
