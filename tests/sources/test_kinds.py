"""The entry points of the sources, real ones and broken ones."""

from importlib.metadata import EntryPoint

import pytest

from cryptostream.errors import StartError
from cryptostream.sources.kinds import GROUP, load


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


PAGES = "cryptostream.sources.tradingview.kind:KIND"


def test_a_source_is_found_by_its_name():
    assert load([point("tradingview", PAGES)])["tradingview"].opening == 4


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([point("a", "no_such_package:KIND")], "cannot be loaded"),
        ([point("a", "cryptostream.errors:NOTHING")], "cannot be loaded"),
        ([point("a", "cryptostream.errors:StartError")], "is not the description of a source"),
        ([point("a", PAGES)], "is not the description of a source named 'a'"),
        ([point("tradingview", PAGES)] * 2, "two packages bring a source"),
    ],
)
def test_a_source_that_cannot_be_used_is_refused_with_its_name(points, said):
    with pytest.raises(StartError, match=said) as caught:
        load(points)
    assert caught.value.code == "bad_source"
    assert caught.value.hint
