import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cryptostream.errors import Overloaded
from cryptostream.router.registry import Registry

LEASE, LINGER, MAX_CLIENTS, MAX_TICKERS = 10.0, 5.0, 3, 3
NAMES = st.sampled_from(["anna", "bert", "cleo", "dora"])
ROUTES = st.sampled_from([b"1", b"2", b"3", b"4", b"5"])
SYMBOLS = st.sampled_from(["A:BA", "A:BB", "A:BC", "A:BD"])


def registry(linger: float = LINGER) -> Registry:
    return Registry(lease=LEASE, linger=linger, max_clients=MAX_CLIENTS, max_tickers=MAX_TICKERS)


def test_a_symbol_is_wanted_until_its_last_watcher_leaves_and_the_linger_is_over():
    found = registry()
    anna = found.hello("anna", b"1", "", 0.0)
    bert = found.hello("bert", b"2", "", 0.0)
    for client in (anna, bert):
        found.want(client, "A:BC")
    assert found.watchers("A:BC") == 2

    found.unwant(anna, "A:BC", 1.0)
    found.unwant(bert, "A:BC", 2.0)

    assert found.watchers("A:BC") == 0
    assert found.wanted(6.9) == {"A:BC"}
    assert found.wanted(7.0) == set()


def test_wanting_twice_counts_once():
    found = registry()
    anna = found.hello("anna", b"1", "", 0.0)
    found.want(anna, "A:BC")
    found.want(anna, "A:BC")
    assert found.watchers("A:BC") == 1
    assert found.unwant(anna, "A:BC", 0.0)
    assert not found.unwant(anna, "A:BC", 0.0)


def test_whoever_comes_back_within_the_linger_finds_the_symbol_still_wanted():
    found = registry()
    anna = found.hello("anna", b"1", "", 0.0)
    found.want(anna, "A:BC")
    found.unwant(anna, "A:BC", 1.0)
    found.want(anna, "A:BC")
    assert found.wanted(100.0) == {"A:BC"}


def test_any_message_renews_the_lease_and_its_end_ends_the_subscriptions():
    found = registry(linger=0.0)
    found.want(found.hello("anna", b"1", "", 0.0), "A:BC")

    assert found.by_route(b"1", 9.0) is not None
    assert found.expire(18.9) == []
    ended = found.expire(19.0)

    assert [client.client_id for client in ended] == ["anna"]
    assert found.by_route(b"1", 19.0) is None
    assert found.wanted(19.0) == set()


def test_a_newer_connection_takes_a_session_over_with_what_it_wants():
    found = registry()
    found.want(found.hello("anna", b"1", "", 0.0), "A:BC")

    again = found.hello("anna", b"2", "newer", 1.0)

    assert again.desired == {"A:BC"}
    assert found.by_route(b"1", 1.0) is None
    assert found.by_route(b"2", 1.0) is again
    assert found.watchers("A:BC") == 1


def test_a_session_taken_over_begins_its_generations_anew():
    """A program that has just started knows nothing of the numbers of its former self."""
    found = registry()
    found.hello("anna", b"1", "", 0.0).generation = 50
    assert found.hello("anna", b"1", "", 1.0).generation == 50
    assert found.hello("anna", b"2", "", 2.0).generation == 0


def test_a_connection_that_changes_its_id_ends_its_former_session():
    found = registry(linger=0.0)
    found.want(found.hello("anna", b"1", "", 0.0), "A:BC")

    found.hello("bert", b"1", "", 1.0)

    assert [client.client_id for client in found.clients()] == ["bert"]
    assert found.wanted(1.0) == set()


def test_one_client_more_than_allowed_is_refused_and_may_try_again():
    found = registry()
    for number in range(MAX_CLIENTS):
        found.hello(f"c{number}", b"%d" % number, "", 0.0)
    with pytest.raises(Overloaded) as caught:
        found.hello("one too many", b"x", "", 0.0)
    assert (caught.value.code, caught.value.retriable) == ("too_many_clients", True)
    assert found.hello("c0", b"y", "", 0.0).client_id == "c0"


def test_one_ticker_more_than_allowed_is_refused():
    found = registry()
    anna = found.hello("anna", b"1", "", 0.0)
    for number in range(MAX_TICKERS):
        found.want(anna, f"A:B{number}")
    with pytest.raises(Overloaded) as caught:
        found.want(anna, "A:BX")
    assert caught.value.code == "too_many_tickers"
    found.want(anna, "A:B0")


def test_bye_ends_a_session_at_once():
    found = registry(linger=0.0)
    anna = found.hello("anna", b"1", "", 0.0)
    found.want(anna, "A:BC")
    found.bye(anna, 1.0)
    assert found.clients() == []
    assert found.wanted(1.0) == set()


def test_a_symbol_that_a_worker_already_runs_lingers_until_somebody_asks():
    found = registry()
    found.linger("A:BC", 0.0)
    found.linger("A:BC", 4.0)
    assert found.wanted(4.9) == {"A:BC"}
    assert found.wanted(5.0) == set()


class RegistryModel(RuleBasedStateMachine):
    """Any sequence of operations leaves the registry as the obvious model says."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.registry = registry()
        self.routes: dict[bytes, str] = {}
        self.desired: dict[str, set[str]] = {}
        self.leases: dict[str, float] = {}
        self.lingering: dict[str, float] = {}

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 6.0]))
    def time_goes_on(self, seconds):
        self.now += seconds

    @rule(name=NAMES, route=ROUTES)
    def hello(self, name, route):
        if name not in self.desired and len(self.desired) >= MAX_CLIENTS:
            with pytest.raises(Overloaded):
                self.registry.hello(name, route, "", self.now)
            return
        self.registry.hello(name, route, "", self.now)
        former = self.routes.get(route)
        if former is not None and former != name:
            self.leave(former)
        self.routes = {r: n for r, n in self.routes.items() if n != name}
        self.routes[route] = name
        self.desired.setdefault(name, set())
        self.leases[name] = self.now + LEASE

    @rule(route=ROUTES, symbol=SYMBOLS)
    def want(self, route, symbol):
        client = self.speak(route)
        if client is None:
            return
        mine = self.desired[client.client_id]
        if symbol not in mine and len(mine) >= MAX_TICKERS:
            with pytest.raises(Overloaded):
                self.registry.want(client, symbol)
            return
        self.registry.want(client, symbol)
        mine.add(symbol)
        self.lingering.pop(symbol, None)

    @rule(route=ROUTES, symbol=SYMBOLS)
    def unwant(self, route, symbol):
        client = self.speak(route)
        if client is None:
            return
        had = symbol in self.desired[client.client_id]
        assert self.registry.unwant(client, symbol, self.now) == had
        self.drop(client.client_id, symbol)

    @rule(route=ROUTES)
    def bye(self, route):
        client = self.speak(route)
        if client is not None:
            self.registry.bye(client, self.now)
            self.leave(client.client_id)

    @rule()
    def expire(self):
        over = {name for name, until in self.leases.items() if until <= self.now}
        assert {client.client_id for client in self.registry.expire(self.now)} == over
        for name in over:
            self.leave(name)

    def speak(self, route):
        client = self.registry.by_route(route, self.now)
        name = self.routes.get(route)
        assert (client.client_id if client else None) == name
        if name is not None:
            self.leases[name] = self.now + LEASE
        return client

    def leave(self, name):
        for symbol in list(self.desired[name]):
            self.drop(name, symbol)
        del self.desired[name]
        del self.leases[name]
        self.routes = {r: n for r, n in self.routes.items() if n != name}

    def drop(self, name, symbol):
        if symbol not in self.desired[name]:
            return
        self.desired[name].discard(symbol)
        if not self.count(symbol):
            self.lingering[symbol] = self.now + LINGER

    def count(self, symbol):
        return sum(symbol in wanted for wanted in self.desired.values())

    @invariant()
    def agrees_with_the_model(self):
        assert {c.client_id: c.desired for c in self.registry.clients()} == self.desired
        for symbol in ("A:BA", "A:BB", "A:BC", "A:BD"):
            assert self.registry.watchers(symbol) == self.count(symbol)
        lingering = {symbol for symbol, until in self.lingering.items() if until > self.now}
        watched = {symbol for wanted in self.desired.values() for symbol in wanted}
        assert self.registry.wanted(self.now) == watched | lingering


RegistryModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestRegistryModel = RegistryModel.TestCase
