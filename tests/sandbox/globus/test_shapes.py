import pytest

from tests.sandbox.globus.shapes import differences


@pytest.mark.parametrize(
    ("published", "answered", "expected"),
    [
        ({"a": 1}, {"a": 2.5}, []),
        ({"a": None}, {"a": "x"}, []),
        ({"a": "x"}, {"a": None}, ["a is null, not string"]),
        ({"a": True}, {"a": 1}, ["a is number, not boolean"]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ["a.b is missing", "a.c is extra"]),
        ({"a": [{"b": 1}, {"c": 1}]}, {"a": [{"c": 2}]}, []),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}, {"b": "x"}]}, ["a[].b is string, not number"]),
        ({"a": [1]}, {"a": []}, ["a[] is empty"]),
        ({"a": []}, {"a": ["x"]}, []),
        ([], {}, ["all is object, not array"]),
    ],
)
def test_a_difference_of_shape_is_named(published: object, answered: object, expected: list[str]) -> None:
    assert differences(published, answered) == expected
