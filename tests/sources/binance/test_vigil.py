"""A silent connection is asked once, and then it is dead."""

from cryptostream.sources.binance.vigil import Sign, Vigil


def looks(*looks):
    vigil = Vigil(10.0, 0.0)
    return [vigil.look(frames, now) for frames, now in looks]


def test_silence_is_asked_about_once_and_then_the_end():
    assert looks((0, 4.9), (0, 5.0), (0, 9.9), (0, 10.0)) == [
        Sign.WELL, Sign.ASK, Sign.WELL, Sign.DEAD,
    ]  # fmt: skip


def test_whatever_comes_is_a_sign_of_life():
    assert looks((0, 5.0), (1, 9.9), (1, 14.8), (1, 15.0), (1, 20.0)) == [
        Sign.ASK, Sign.WELL, Sign.WELL, Sign.ASK, Sign.DEAD,
    ]  # fmt: skip


def test_nobody_is_given_up_unasked():
    assert looks((0, 100.0), (0, 104.9), (0, 105.0)) == [Sign.ASK, Sign.WELL, Sign.DEAD]
