from bot.answering import LULL, Answering


def test_it_is_busy_while_somebody_waits_and_for_a_moment_after() -> None:
    moments = [0.0]
    answering = Answering(lambda: moments[-1])
    seen = [answering.is_busy]
    with answering:
        with answering:
            seen.append(answering.is_busy)
        seen.append(answering.is_busy)
        moments.append(60.0)
        seen.append(answering.is_busy)
    seen.append(answering.is_busy)
    moments.append(60.0 + LULL)
    seen.append(answering.is_busy)

    assert seen == [False, True, True, True, True, False]
