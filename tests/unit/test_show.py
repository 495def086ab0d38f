"""What a person reads on the terminal."""

import pytest

from rounds.show import show_record


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"accuracy": 0.90651, "intervals": {"accuracy": [0.86887, 0.93407]}},
            "accuracy 0.9065, intervals (accuracy 0.8689 – 0.9341)",
        ),
        ({"refused": {}, "read": [1, 2]}, "refused (none), read 1; 2"),
        ([{"id": 1}], '[{"id": 1}]'),
        (939_800_000.0, "939800000"),
        (0.5, "0.5"),
        (None, "–"),
    ],
)
def test_a_value_is_told_in_one_line(value, told, capsys):
    show_record({"is": value}, as_json=False)
    assert capsys.readouterr().out == f"is  {told}\n"
