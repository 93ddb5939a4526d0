import inspect
from dataclasses import FrozenInstanceError

import pytest

from cryptostream.sources.base import Capabilities, Outlet, Source, UsePolicy
from cryptostream.sources.tradingview.browser import BrowserSource
from cryptostream.sources.worker import Worker


def signatures(kind: type, protocol: type) -> dict[str, list[str]]:
    """Return the parameters of a class's methods, for the methods that a protocol names."""
    names = [name for name, _ in inspect.getmembers(protocol, inspect.isfunction)]
    own = [name for name in names if not name.startswith("_")]
    return {name: list(inspect.signature(getattr(kind, name)).parameters) for name in own}


@pytest.mark.parametrize(("kind", "protocol"), [(BrowserSource, Source), (Worker, Outlet)])
def test_what_implements_an_interface_has_its_methods(kind, protocol):
    assert signatures(kind, protocol) == signatures(protocol, protocol)


def test_what_a_source_may_do_is_a_value():
    policy = UsePolicy(automated=False, redistribution=False, needs_key=False, terms="none")
    assert Capabilities(True, False, True) == Capabilities(trades=True, bid_ask=False, history=True)
    with pytest.raises(FrozenInstanceError):
        policy.automated = True
