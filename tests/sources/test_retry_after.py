"""Retry-After in both of its forms, and in none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sources.retry_after import LONGEST, pause_of


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("999999999", LONGEST),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 50.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("²", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_header_is_read(header, pause):
    assert pause_of(header, now=10.0) == pause


@given(st.text(max_size=40))
def test_whatever_stands_there_gives_a_bounded_pause_or_none(text):
    pause = pause_of(text, now=0.0)

    assert pause is None or 0.0 <= pause <= LONGEST
