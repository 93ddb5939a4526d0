"""The other host is asked where the first refuses the region."""

from cryptostream.sources.binance.hosts import REFUSED_FOR, Hosts


def test_the_first_host_is_asked_until_it_refuses():
    hosts = Hosts("wss://a/", "wss://b")
    assert hosts.current(0.0) == "wss://a"
    hosts.refused("wss://a", 10.0)
    assert hosts.current(11.0) == "wss://b"
    hosts.refused("wss://b", 20.0)
    assert hosts.current(21.0) is None
    assert hosts.free_at() == 10.0 + REFUSED_FOR
    assert hosts.current(hosts.free_at()) == "wss://a"


def test_an_empty_address_is_none():
    hosts = Hosts("wss://a", "")
    hosts.refused("wss://a", 0.0)
    assert hosts.current(1.0) is None
