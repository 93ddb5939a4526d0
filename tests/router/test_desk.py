from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.config.settings import Config, Router
from cryptostream.errors import BadSymbol, CryptoStreamError, Overloaded, RequestError
from cryptostream.router.acquisition import Acquisition
from cryptostream.router.desk import Desk
from cryptostream.router.failover import FailoverRules
from cryptostream.router.instructions import Rules, Worker
from cryptostream.router.registry import Registry
from cryptostream.router.tape import Tape
from cryptostream.symbols import Found, Listing, Order, Verdict, sources_of
from cryptostream.wire import messages as m
from cryptostream.wire.frames import Flag, decode_meta
from cryptostream.wire.topics import KINDS, topic
from tests.listed import listed

EPOCH = 1_700_000_000_000
BTC, ETH, GONE = "BINANCE:BTCUSDT", "BINANCE:ETHUSDT", "BINANCE:GONEUSDT"
ROUTER = Router(max_tickers_per_request=5, max_tickers_per_client=3, max_clients=2, ring=10)
CONFIG = Config(router=ROUTER)


class Listings:
    """A directory that knows what exists, what does not, and nothing of the rest."""

    def check(self, symbol: str) -> Verdict:
        if symbol == GONE:
            return Verdict(Listing.INVALID, "there is no GONEUSDT", (BTC, ETH))
        return Verdict(Listing.VALID if symbol == BTC else Listing.UNKNOWN)

    def search(self, text: str, limit: int) -> list[str]:
        return [f"BINANCE:{text.upper()}{number}" for number in range(1_000)][:limit]

    def find(self, text: str, limit: int, exchange: str) -> Found:
        return Found(tuple(listed(symbol) for symbol in self.search(text, limit)))

    def describe(self) -> dict[str, str | int | float | None]:
        return {"symbols": 3, "age": 1.5}


def order(symbol: str) -> Order:
    named = sources_of(symbol)
    return Order((), why_none="there is tradingview") if named else Order(("tradingview",))


class Case:
    """A desk with everything around it, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.tape = Tape(EPOCH, ROUTER.ring)
        self.registry = Registry(
            lease=10.0,
            linger=5.0,
            max_lease=100.0,
            max_clients=ROUTER.max_clients,
            max_tickers=ROUTER.max_tickers_per_client,
        )
        rules = Rules(delay=lambda attempt: 1.0, stable_after=1, open_within=9, ceiling=1)
        self.acquisition = Acquisition({"tradingview": rules}, FailoverRules(), order)
        directory = Listings()
        self.retried: list[str] = []
        self.desk = Desk(
            CONFIG,
            self.registry,
            self.tape,
            self.acquisition,
            {},
            directory,
            lambda: {"pid": 7},
            retry=lambda symbol, _now, _now_ns: self.retried.append(symbol),
        )

    def ask(self, request: m.Request, route: bytes = b"1") -> dict:
        """Ask, and send the answer through the wire as the actor does."""
        answer = self.desk.answer(request, route, self.now, int(self.now * 1e9))
        return m.decode_answer(m.encode_answer(1, answer))

    def refuse(self, request: m.Request, route: bytes = b"1") -> CryptoStreamError:
        with pytest.raises(CryptoStreamError) as caught:
            self.ask(request, route)
        assert caught.value.hint
        return caught.value

    def run(self) -> None:
        """Let the acquisition see what is wanted, with a worker to run it."""
        self.acquisition.worker_up(Worker("browser-0", 1, "tradingview", 9, 4), [], self.now, 5)
        self.acquisition.want(self.registry.wanted(self.now), self.now, 5)


@pytest.fixture
def case() -> Case:
    found = Case()
    found.ask(m.Hello(client="me", agent="test"))
    return found


def test_hello_tells_everything_that_a_client_has_to_know(case):
    answer = case.ask(m.Hello(client="me"))
    assert answer["epoch"] == EPOCH
    assert answer["client"] == "me"
    assert (answer["lease"], answer["heartbeat"]) == (10.0, ROUTER.heartbeat)
    assert answer["data"] == ROUTER.data
    assert answer["default_exchange"] == "BINANCE"
    assert answer["simulated"] is False
    assert answer["limits"] == {
        "max_message": ROUTER.max_message,
        "max_tickers_per_request": 5,
        "max_tickers_per_client": 3,
    }


@pytest.mark.parametrize(
    ("asked", "granted"), [(None, 10.0), (1.0, 10.0), (50.0, 50.0), (1e9, 100.0)]
)
def test_a_longer_lease_is_granted_up_to_a_limit(case, asked, granted):
    assert case.ask(m.Hello(client="me", lease=asked))["lease"] == granted


@pytest.mark.parametrize("client", ["", "x" * 129])
def test_an_id_that_cannot_be_kept_is_refused(case, client):
    assert case.refuse(m.Hello(client=client)).code == "bad_request"


@pytest.mark.parametrize(
    "request_",
    [
        m.Subscribe(tickers=["BTCUSDT"]),
        m.Unsubscribe(tickers=["BTCUSDT"]),
        m.Modify(add=["BTCUSDT"]),
        m.Set(tickers=["BTCUSDT"]),
    ],
)
def test_whoever_wants_tickers_needs_a_session(case, request_):
    error = case.refuse(request_, route=b"stranger")
    assert (error.code, error.retriable) == ("no_session", True)
    assert case.registry.wanted(case.now) == set()


@pytest.mark.parametrize(
    "request_",
    [
        m.Snapshot(tickers=["BTCUSDT"]),
        m.Recover(topic="tick/X/", epoch=1, seq=1),
        m.History(ticker="BTCUSDT", limit=5),
        m.List(),
        m.Search(text="btc"),
        m.DaemonStatus(),
        m.Why(ticker="BTCUSDT"),
        m.Ping(),
        m.Bye(),
    ],
    ids=lambda request: request.op,
)
def test_whoever_only_asks_needs_none(case, request_):
    assert case.ask(request_, route=b"stranger")["ok"]


def test_one_bad_ticker_never_fails_a_request(case):
    results = case.ask(m.Subscribe(tickers=["btcusdt", "???", None, GONE, "ETHUSDT"]))["results"]

    assert [result["ok"] for result in results] == [True, False, False, False, True]
    good, bad, nothing, gone, unknown = results
    assert (good["ticker"], good["symbol"], good["listing"]) == ("btcusdt", BTC, "valid")
    assert (bad["ticker"], bad["error"]["code"]) == ("???", "bad_symbol")
    assert nothing["ticker"] == "None"
    assert (gone["symbol"], gone["error"]["code"]) == (GONE, "unknown_symbol")
    assert gone["suggestions"] == [BTC, ETH]
    assert BTC in gone["error"]["hint"]
    assert unknown["listing"] == "unknown"
    assert case.registry.wanted(case.now) == {BTC, ETH}


def test_an_accepted_ticker_comes_with_an_image_of_each_of_its_topics(case):
    case.tape.publish(topic("tick", BTC), b"\x91\x80", 1, 0, 55)

    [result] = case.ask(m.Subscribe(tickers=["BTCUSDT"]))["results"]

    assert [image[0] for image in result["images"]] == [topic(kind, BTC) for kind in KINDS]
    _, tick, trade = [decode_meta(image[1]) for image in result["images"]]
    assert (tick.seq, tick.count, tick.ts_published, tick.flags) == (1, 1, 55, Flag.IMAGE)
    assert (trade.seq, trade.count) == (0, 0)


def test_one_ticker_more_than_a_client_may_hold_is_refused_alone(case):
    results = case.ask(m.Subscribe(tickers=["AAA", "BBB", "CCC", "DDD"]))["results"]
    assert [result["ok"] for result in results] == [True, True, True, False]
    assert results[3]["error"]["code"] == "too_many_tickers"


@pytest.mark.parametrize(
    "request_",
    [
        m.Subscribe(tickers=["AAA"] * 6),
        m.Set(tickers=["AAA"] * 6),
        m.Snapshot(tickers=["AAA"] * 6),
        m.Modify(add=["AAA"] * 3, remove=["BBB"] * 3),
    ],
    ids=lambda request: request.op,
)
def test_more_tickers_than_one_request_may_name_are_refused_as_a_whole(case, request_):
    error = case.refuse(request_)
    assert (error.code, error.retriable) == ("too_many_tickers", False)
    assert case.registry.wanted(case.now) == set()


def test_unsubscribing_tells_whether_the_ticker_was_held(case):
    case.ask(m.Subscribe(tickers=["BTCUSDT"]))
    results = case.ask(m.Unsubscribe(tickers=["btcusdt", "ETHUSDT", "???"]))["results"]
    assert [result.get("removed") for result in results] == [True, False, None]
    assert results[2]["error"]["code"] == "bad_symbol"


def test_modify_adds_and_removes_in_one_step(case):
    case.ask(m.Subscribe(tickers=["BTCUSDT"]))
    answer = case.ask(m.Modify(add=["ETHUSDT"], remove=["BTCUSDT"]))
    assert [result["symbol"] for result in answer["results"]] == [ETH]
    assert [result["symbol"] for result in answer["removed"]] == [BTC]
    assert case.registry.wanted(case.now + 5.0) == {ETH}


def test_set_says_the_whole_set_and_saying_it_again_changes_nothing(case):
    case.ask(m.Subscribe(tickers=["BTCUSDT"]))
    for _ in range(2):
        answer = case.ask(m.Set(tickers=["ETHUSDT"], generation=4))
        assert answer["generation"] == 4
        assert case.registry.wanted(case.now + 5.0) == {ETH}


def test_an_older_set_is_refused(case):
    case.ask(m.Set(tickers=["ETHUSDT"], generation=4))
    assert case.refuse(m.Set(tickers=[], generation=3)).code == "old_generation"
    assert case.registry.watchers(ETH) == 1
    assert case.ask(m.Set(tickers=[]))["generation"] == 0


def test_a_snapshot_wants_nothing(case):
    results = case.ask(m.Snapshot(tickers=["BTCUSDT", "???"]))["results"]
    assert [result["ok"] for result in results] == [True, False]
    assert len(results[0]["images"]) == len(KINDS)
    assert case.registry.wanted(case.now) == set()


def test_recovery_gives_all_that_is_missing_or_an_image(case):
    name = topic("tick", BTC)
    published = [case.tape.publish(name, b"\x91\x80", 1, 0, n) for n in range(12)]

    answer = case.ask(m.Recover(topic=name.decode(), epoch=EPOCH, seq=9))
    assert answer["recovered"] is True
    assert answer["messages"] == [list(message) for message in published[9:]]

    for epoch, seq in ((EPOCH, 1), (EPOCH - 1, 9), (EPOCH, 99)):
        answer = case.ask(m.Recover(topic=name.decode(), epoch=epoch, seq=seq))
        assert answer["recovered"] is False
        assert "messages" not in answer
        assert decode_meta(answer["image"][1]).top == 12


def test_history_is_what_the_ring_holds_oldest_first(case):
    for number in range(4):
        case.tape.publish(topic("trade", BTC), b"%d" % number, 1, 0, 1)
    answer = case.ask(m.History(ticker="btcusdt", kind="trade", limit=2))
    assert answer["symbol"] == BTC
    assert [message[2] for message in answer["messages"]] == [b"2", b"3"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (m.History(ticker="???"), "bad_symbol"),
        (m.History(ticker="BTCUSDT", kind="bar"), "bad_request"),
        (m.History(ticker="BTCUSDT", limit=0), "bad_request"),
        (m.Why(ticker=""), "bad_symbol"),
    ],
)
def test_what_cannot_be_answered_is_refused(case, request_, code):
    assert case.refuse(request_).code == code


def test_the_list_tells_status_watchers_and_position_of_each_ticker(case):
    case.ask(m.Subscribe(tickers=["ETHUSDT", "BTCUSDT"]))
    case.run()
    case.tape.publish(topic("tick", BTC), b"", 3, 0, 77)

    rows = case.ask(m.List())["tickers"]

    assert [row["symbol"] for row in rows] == [BTC, ETH]
    assert rows[0]["phase"] == "loading"
    assert (rows[0]["worker"], rows[0]["watchers"]) == ("browser-0", 1)
    assert (rows[0]["seq"], rows[0]["ts_last"]) == (3, 77)
    assert (rows[1]["seq"], rows[1]["ts_last"]) == (0, None)


@pytest.mark.parametrize(("asked", "given_"), [(5, 5), (0, 1), (-3, 1), (10**6, 200)])
def test_search_gives_at_most_what_was_asked_and_what_is_allowed(case, asked, given_):
    answer = case.ask(m.Search(text="btc", limit=asked))
    assert len(answer["symbols"]) == given_
    assert answer["directory"]["symbols"] == 3


def test_status_tells_of_the_daemon_and_of_its_clients(case):
    case.ask(m.Subscribe(tickers=["BTCUSDT"]))
    answer = case.ask(m.DaemonStatus())
    assert answer["pid"] == 7
    [client] = answer["clients"]
    assert (client["client"], client["agent"], client["tickers"]) == ("me", "test", [BTC])
    assert client["lease_left"] == 10.0


def test_why_tells_each_hop_of_the_way(case):
    case.ask(m.Subscribe(tickers=["BTCUSDT"]))
    case.run()
    answer = case.ask(m.Why(ticker="BTCUSDT"))
    assert [hop["hop"] for hop in answer["chain"]] == [
        "directory",
        "clients",
        "router",
        "tradingview",
        "tape",
    ]
    assert answer["ticker"]["symbol"] == BTC
    assert case.ask(m.Why(ticker="ETHUSDT"))["ticker"] == {
        "symbol": ETH,
        "phase": "closed",
        "watchers": 0,
    }


def test_a_ping_tells_whether_there_is_a_session_and_renews_its_lease(case):
    case.now = 109.0
    assert case.ask(m.Ping())["session"] is True
    assert case.ask(m.Ping(), route=b"stranger")["session"] is False
    assert case.ask(m.Ping())["ts"] == 109 * 10**9
    assert case.registry.expire(118.9) == []


def test_bye_ends_the_session(case):
    case.ask(m.Bye())
    assert case.ask(m.Ping())["session"] is False


def test_too_many_clients_are_refused(case):
    case.ask(m.Hello(client="two"), route=b"2")
    error = case.refuse(m.Hello(client="three"), route=b"3")
    assert (error.code, error.retriable) == ("too_many_clients", True)


def test_every_operation_is_answered(case):
    assert {request.op for request in case.desk._handlers} == set(m.OPERATIONS)


def nested(depth: int) -> list:
    found: list = []
    for _ in range(depth):
        found = [found]
    return found


NESTED = nested(100_000)


@pytest.mark.parametrize("ticker", [NESTED, {"a": NESTED}, b"x" * 10_000, 10**18, "x" * 10_000])
@pytest.mark.parametrize("kind", [m.Subscribe, m.Unsubscribe, m.Set, m.Snapshot])
def test_an_absurd_ticker_is_shown_shortened(case, kind, ticker):
    [result] = case.ask(kind(tickers=[ticker]))["results"] or [None]
    assert result["error"]["code"] == "bad_symbol"
    assert len(result["ticker"]) <= m.MAX_CLIENT_ID


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


CODES = {
    None,
    "bad_request",
    "bad_symbol",
    "old_generation",
    "too_many_tickers",
    "too_many_clients",
}


@given(
    st.sampled_from(sorted(m.OPERATIONS)),
    st.dictionaries(
        st.sampled_from(
            [
                "client",
                "agent",
                "lease",
                "tickers",
                "add",
                "remove",
                "generation",
                "topic",
                "epoch",
                "seq",
                "ticker",
                "kind",
                "limit",
                "text",
            ]
        ),
        JUNK | st.lists(st.sampled_from(["BTCUSDT", "???", "ETHUSDT"])) | st.just("BTCUSDT"),
    ),
)
def test_any_request_is_answered_or_refused_with_a_code(op, fields):
    case = Case()
    case.ask(m.Hello(client="me"))
    _, request = m.decode_request(msgspec.msgpack.encode({"v": 1, "id": 1, "op": op, **fields}))
    if isinstance(request, CryptoStreamError):
        return
    code = None
    try:
        assert case.ask(request)["ok"]
    except (RequestError, BadSymbol, Overloaded) as error:
        code = error.code
    assert code in CODES


def test_wanting_a_ticker_anew_asks_for_another_attempt_and_repeating_a_wish_does_not(case):
    for _ in range(2):
        case.ask(m.Subscribe(tickers=[BTC, GONE]))
    assert case.retried == [BTC]
    case.ask(m.Modify(remove=[BTC], add=[BTC]))
    assert case.retried == [BTC, BTC]
    case.ask(m.Set(tickers=[BTC, ETH]))
    assert case.retried == [BTC, BTC, ETH]
