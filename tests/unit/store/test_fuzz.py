"""Mail, manifests, specs and reports of any shape are accepted, or refused as documented.

HEIRLOOM_FUZZ is how many inputs of each kind are tried.
"""

import contextlib
import json
import os

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.store.mail.messages import MalformedError, parse_message
from controller.store.monitor.metrics import parse
from heirloom.node.spec import Spec, SpecError
from heirloom.store.limits.metrics import MetricLimits
from heirloom.store.manifest import Manifest, ManifestError

INPUTS = int(os.environ.get("HEIRLOOM_FUZZ", "300"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["7.2", "began", "ended", "failed", "succeeded", "sha256:" + "0" * 64]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
MAIL = {"format": 1, "kind": "ended", "attempt": "7.2", "outcome": "failed", "rule": 0}
MANIFEST = json.loads(Manifest("digits-1", 7, "succeeded", attempt="7.2", weights=True).to_json())
SPEC = {"format": 1, **vars(Spec("7.2", "e-1", "/s/a/e-1", "n", "true", "runtime/1", {}))}
fuzzed = settings(max_examples=INPUTS)


def like(sound):
    """A valid object with some values replaced, removed or added."""
    keys = st.sampled_from(sorted(sound)) | st.text(max_size=8)
    changes = st.dictionaries(keys, VALUES, max_size=3)
    gone = st.sets(st.sampled_from(sorted(sound)), max_size=1)
    return st.builds(
        lambda new, old: {k: v for k, v in {**sound, **new}.items() if k not in old}, changes, gone
    )


@fuzzed
@given(value=like(MAIL) | st.dictionaries(st.text(max_size=8), VALUES))
def test_mail(value):
    with contextlib.suppress(MalformedError):
        found = parse_message("7.2.ended.json", value)
        assert (found.trial, found.number) == (7, 2)
        found.event(1.0)


@fuzzed
@given(data=st.binary() | (like(MANIFEST) | VALUES).map(lambda value: json.dumps(value).encode()))
def test_manifests(data):
    with contextlib.suppress(ManifestError):
        found = Manifest.from_json(data)
        assert Manifest.from_json(found.to_json()) == found


@fuzzed
@given(value=like(SPEC) | VALUES)
def test_specs(value):
    with contextlib.suppress(SpecError):
        assert Spec.from_dict(value).trial >= 0


@fuzzed
@given(line=st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_reports(line):
    found = parse(line, MetricLimits())
    assert found is None or len(found) == 3
