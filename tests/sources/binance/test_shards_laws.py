"""Which ticker is on which connection: laws over any course of events."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.sources.binance.effects import (
    Ask,
    Connect,
    Drop,
)
from cryptostream.sources.binance.shards import Shards
from tests.sources.binance.sharding import CUT, KINDS, number, rules, streams


class Exchange:
    """A far side that keeps count: what is subscribed where, what was sent when."""

    def __init__(self, **changes):
        self.rules = rules(**changes)
        self.shards = Shards(self.rules)
        self.now = 0.0
        self.wanted = set()
        self.subscribed = {}
        self.connecting = []
        self.unanswered = []
        self.sent = {}
        self.attempts = []

    def do(self, effects):
        for effect in effects:
            match effect:
                case Connect():
                    self.connecting.append(effect.serial)
                    self.attempts.append(self.now)
                case Ask():
                    assert effect.serial in self.subscribed, "asked on a closed connection"
                    self.sent.setdefault(effect.serial, []).append(self.now)
                    self.unanswered.append(effect)
                case Drop():
                    self.subscribed.pop(effect.serial, None)

    def step(self, seconds):
        self.now += seconds
        self.do(self.shards.due(self.now))

    def add(self, ticker):
        self.wanted.add(ticker)
        self.shards.add(ticker, self.now)

    def remove(self, ticker):
        self.wanted.discard(ticker)
        self.shards.remove(ticker, self.now)

    def connect(self):
        if self.connecting:
            serial = self.connecting.pop(0)
            self.subscribed[serial] = set()
            self.shards.connected(serial, self.now)

    def fail(self):
        if self.connecting:
            self.do(self.shards.lost(self.connecting.pop(0), CUT, self.now))

    def answer(self):
        if self.unanswered:
            ask = self.unanswered.pop(0)
            if ask.serial not in self.subscribed:
                return
            mine = self.subscribed[ask.serial]
            names = set(streams(ask))
            mine = mine | names if ask.subscribe else mine - names
            assert len(mine) <= self.rules.streams_per_connection
            self.subscribed[ask.serial] = mine
            self.do(self.shards.answered(ask.serial, number(ask), None))

    def cut(self, which):
        serials = sorted(self.subscribed)
        if serials:
            serial = serials[which % len(serials)]
            del self.subscribed[serial]
            self.do(self.shards.lost(serial, CUT, self.now))

    def retire(self, which):
        serials = sorted(self.subscribed)
        if serials:
            self.shards.retire(serials[which % len(serials)], self.now)

    def settle(self):
        """Answer everything at once until nothing is left to do."""
        for _ in range(400):
            self.step(0.5)
            while self.connecting:
                self.connect()
            while self.unanswered:
                self.answer()


TICKERS = st.sampled_from("ABCDEFGHIJ")


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), TICKERS),
        st.tuples(st.just("remove"), TICKERS),
        st.tuples(st.just("step"), st.sampled_from([0.0, 0.125, 0.25, 1.0, 5.0])),
        st.tuples(st.just("cut"), st.integers(0, 3)),
        st.tuples(st.just("retire"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["connect", "answer", "fail"])),
    ),
    max_size=80,
)


@settings(max_examples=300)
@given(EVENTS)
def test_whatever_happens_each_stream_ends_up_on_one_connection_within_the_limits(events):
    exchange = Exchange(attempts=10_000)
    for name, *arguments in events:
        getattr(exchange, name)(*arguments)
    exchange.settle()
    found = Counter(name for names in exchange.subscribed.values() for name in names)
    assert found == Counter(f"{t.lower()}@{kind}" for t in exchange.wanted for kind in KINDS)
    assert all(exchange.shards.carries(ticker) for ticker in exchange.wanted)
    for times in exchange.sent.values():
        for start in times:
            assert len([at for at in times if start <= at < start + 1.0]) <= 4


@settings(max_examples=100)
@given(EVENTS, st.integers(1, 5))
def test_attempts_never_exceed_their_budget(events, attempts):
    exchange = Exchange(attempts=attempts, backoff_first=0.001, backoff_cap=0.001)
    for name, *arguments in events:
        getattr(exchange, name)(*arguments)
        exchange.step(0.25)
    times = exchange.attempts
    for start in times:
        assert len([at for at in times if start <= at < start + 300.0]) <= attempts


@pytest.mark.parametrize("limit", [41, 300, 1024])
def test_eleven_hundred_tickers_fill_connections_to_the_limit(limit):
    exchange = Exchange(streams_per_connection=limit, attempts=10_000)
    for number_ in range(1100):
        exchange.add(f"T{number_}")
    exchange.settle()
    sizes = [len(names) for names in exchange.subscribed.values()]
    assert sum(sizes) == 2200
    assert max(sizes) <= limit
    room = limit // len(KINDS)
    assert len(sizes) == -(-1100 // room)
