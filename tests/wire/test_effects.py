import dataclasses

import pytest

from cryptostream.errors import CryptoStreamError
from cryptostream.wire.effects import Gap, Rejected, Send


def test_what_a_session_says_is_a_value():
    assert Send(b"x") == Send(b"x")
    assert Gap("tick/A:BC/", "A:BC", 1, 2, 3, "aged_out") == Gap(
        topic="tick/A:BC/", symbol="A:BC", epoch=1, first=2, last=3, reason="aged_out"
    )


def test_what_a_session_says_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Send(b"x").body = b"y"


def test_a_rejection_without_near_names_has_no_suggestions():
    assert Rejected("X", CryptoStreamError("no")).suggestions == ()
