from bot.remembering import Latest


def test_what_was_put_in_longest_ago_makes_room() -> None:
    latest: Latest[str, int] = Latest(2)
    latest["a"] = 1
    latest["b"] = 2
    latest["a"] = 3
    latest["c"] = 4

    assert latest == {"a": 3, "c": 4}
