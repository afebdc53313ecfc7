"""Strategies of search spaces in NNI's form."""

import json
from typing import Any

from hypothesis import strategies as st

# Written anew here, so that the code is not held against itself.
KINDS = [
    "uniform",
    "quniform",
    "loguniform",
    "qloguniform",
    "normal",
    "qnormal",
    "lognormal",
    "qlognormal",
]


names = st.text("abcdef", min_size=1, max_size=3)
scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text("xyz", max_size=2)


@st.composite
def numeric(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from([*KINDS, "randint"]))
    if kind == "randint":
        least = draw(st.integers(-20, 20))
        return {"_type": kind, "_value": [least, least + draw(st.integers(1, 30))]}
    if "normal" in kind:
        value = [draw(st.floats(-5, 5)), draw(st.floats(0.01, 3))]
    else:
        low = draw(st.floats(0.01, 10) if "log" in kind else st.floats(-10, 10))
        value = [low, low + draw(st.floats(0.01, 50))]
    if kind.startswith("q"):
        value.append(draw(st.sampled_from([0.1, 0.25, 1, 3])))
    return {"_type": kind, "_value": value}


def choices(
    parameters: st.SearchStrategy[Any], plain: st.SearchStrategy[Any] = scalars
) -> st.SearchStrategy[Any]:
    nested = st.builds(
        lambda name, inner: {"_name": name, **inner},
        names,
        st.dictionaries(names, parameters, max_size=3),
    )
    options = st.lists(
        plain | nested,
        min_size=1,
        max_size=4,
        unique_by=lambda option: (
            option["_name"]
            if isinstance(option, dict) and "_name" in option
            else json.dumps(option)
        ),
    )
    return options.map(lambda value: {"_type": "choice", "_value": value})


parameters = st.recursive(numeric() | choices(numeric()), choices, max_leaves=6)
spaces = st.dictionaries(names, parameters, min_size=1, max_size=4)
seeds = st.integers(0, 2**32)
