"""Documents as JSON."""

import json
import math

from hypothesis import given
from hypothesis import strategies as st

from controller.views.page.encode import embed, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_any_value_is_json_without_markup(value: object) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = embed(value)
    assert json.loads(text, parse_constant=refuse) == json.loads(encode(value))
    assert text.isascii()
    assert "<" not in text


def test_a_number_that_is_not_finite_is_null() -> None:
    assert encode({"a": [math.nan, 1.5], 3: math.inf}) == '{"a":[null,1.5],"3":null}'
