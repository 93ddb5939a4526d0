"""Whatever a client sends: a coded answer, the session lives on, the neighbours notice nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgpack
import pytest
import zmq

from tests.integration.conftest import next_item, tick_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


class Peer:
    """A program that speaks to the control socket with its own MessagePack."""

    def __init__(self, address: str, kind: int = zmq.DEALER) -> None:
        self._context = zmq.Context()
        self.socket = self._context.socket(kind)
        self.socket.linger = 0
        self.socket.rcvtimeo = 10_000
        self.socket.connect(address)

    def ask(self, *frames: bytes) -> dict[str, Any]:
        self.socket.send_multipart(frames)
        return msgpack.unpackb(self.socket.recv_multipart()[-1])

    def call(self, op: object, **fields: object) -> dict[str, Any]:
        return self.ask(msgpack.packb({"v": 1, "id": 7, "op": op, **fields}))

    def close(self) -> None:
        self._context.destroy(linger=0)


@pytest.fixture(scope="module")
def market(start_shared) -> Market:
    return start_shared()


@pytest.fixture
def peer(market: Market) -> Iterator[Peer]:
    peer = Peer(market.daemon.control)
    assert peer.call("hello", client="peer")["ok"]
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def neighbour(market: Market) -> Iterator[Any]:
    """Stream beside every test of this module; at the end nothing may be missing."""
    with market.client() as cs:
        cs.subscribe("BTCUSDT")
        next_item(cs, tick_of("BTCUSDT"))
        yield cs
        next_item(cs, tick_of("BTCUSDT"))
        assert not cs.gaps


def code_of(answer: dict[str, Any]) -> str:
    assert answer["ok"] is False
    error = answer["error"]
    assert error["message"]
    assert isinstance(error["retriable"], bool)
    return error["code"]


def lives_on(peer: Peer) -> None:
    answer = peer.call("ping")
    assert answer["ok"]
    assert answer["session"] is True


@pytest.mark.usefixtures("neighbour")
class TestBadInput:
    @pytest.mark.parametrize(
        "frames",
        [
            [b""],
            [b"\xc1"],
            [b"\x81"],
            [b"not msgpack at all"],
            [msgpack.packb([1, 2, 3])],
            [msgpack.packb("hello")],
            [msgpack.packb(None)],
            [b"a", b"b"],
            [b"", b"", b""],
            [b"\x93" * 5_000],
            [os.urandom(2_000)],
        ],
        ids=range(11),
    )
    def test_malformed_frames_get_a_code(self, peer: Peer, frames: list[bytes]) -> None:
        answer = peer.ask(*frames)

        assert code_of(answer) in {"malformed", "bad_version"}
        lives_on(peer)

    @pytest.mark.parametrize("op", ["nonsense", "", None, 5, ["hello"], "x" * 10_000])
    def test_an_unknown_operation_gets_a_code(self, peer: Peer, op: object) -> None:
        answer = peer.call(op)

        assert code_of(answer) == "unknown_op"
        assert answer["id"] == 7
        lives_on(peer)

    @pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.5])
    def test_another_version_gets_a_code(self, peer: Peer, version: object) -> None:
        answer = peer.ask(msgpack.packb({"v": version, "id": 1, "op": "ping"}))

        assert code_of(answer) == "bad_version"

    @pytest.mark.parametrize(
        ("op", "fields"),
        [
            ("subscribe", {}),
            ("subscribe", {"tickers": "BTCUSDT"}),
            ("subscribe", {"tickers": {"a": 1}}),
            ("subscribe", {"tickers": 3}),
            ("set", {"tickers": [], "generation": "one"}),
            ("recover", {"topic": 1, "epoch": 1, "seq": 1}),
            ("recover", {"topic": "tick/BINANCE:BTCUSDT/"}),
            ("history", {"ticker": "BTCUSDT", "limit": -1}),
            ("history", {"ticker": "BTCUSDT", "kind": "nonsense"}),
            ("hello", {"client": ""}),
            ("hello", {"client": "x" * 1000}),
            ("hello", {"client": 5}),
            ("hello", {"client": "a", "lease": "long"}),
            ("search", {"text": None}),
        ],
    )
    def test_wrong_types_get_a_code(self, peer: Peer, op: str, fields: dict[str, object]) -> None:
        assert code_of(peer.call(op, **fields)) == "bad_request"
        lives_on(peer)

    @pytest.mark.parametrize(
        "ticker",
        [
            "",
            " ",
            "A",
            "x" * 10_000,
            "BTC/USDT",
            "BTC USDT",
            "😀😀",
            5,
            None,
            ["BTCUSDT"],
            {},
            True,
            b"BTCUSDT",
            ":BTCUSDT",
            "BINANCE:",
            "a:b:c",
            "../../etc",
            "\u017f\u017f\u017f",
            "BTCUSDT\n;",
        ],
        ids=repr,
    )
    def test_an_absurd_ticker_fails_alone(self, peer: Peer, ticker: object) -> None:
        answer = peer.call("subscribe", tickers=[ticker, "ETHUSDT"])

        assert answer["ok"]
        bad, good = answer["results"]
        assert bad["ok"] is False
        assert bad["error"]["code"] == "bad_symbol"
        assert good["ok"] is True
        assert peer.call("unsubscribe", tickers=["ETHUSDT"])["ok"]

    def test_an_unknown_ticker_fails_alone_with_suggestions(self, peer: Peer) -> None:
        answer = peer.call("subscribe", tickers=["BTCUSTD"])

        (result,) = answer["results"]
        assert result["error"]["code"] == "unknown_symbol"
        assert "BINANCE:BTCUSDT" in result["suggestions"]

    def test_a_thousand_tickers_in_one_request_are_refused(self, peer: Peer) -> None:
        answer = peer.call("subscribe", tickers=[f"T{n}" for n in range(1000)])

        assert code_of(answer) == "too_many_tickers"
        lives_on(peer)

    def test_five_hundred_bad_tickers_get_five_hundred_answers(self, peer: Peer) -> None:
        answer = peer.call("subscribe", tickers=[f"NOSUCH{n}" for n in range(500)])

        assert len(answer["results"]) == 500
        assert all(result["error"]["code"] == "unknown_symbol" for result in answer["results"])

    def test_an_oversized_message_is_refused(self, peer: Peer) -> None:
        answer = peer.ask(b"\x00" * (2 * 1024 * 1024))

        assert code_of(answer) == "too_large"
        lives_on(peer)

    def test_what_needs_a_session_says_so(self, market: Market) -> None:
        stranger = Peer(market.daemon.control)

        answer = stranger.call("subscribe", tickers=["BTCUSDT"])

        assert code_of(answer) == "no_session"
        stranger.close()

    def test_a_req_socket_is_served_too(self, market: Market) -> None:
        peer = Peer(market.daemon.control, zmq.REQ)

        assert peer.call("ping")["ok"]
        assert code_of(peer.call("nonsense")) == "unknown_op"
        peer.close()

    def test_a_flood_of_requests_is_slowed_down_with_a_code(self, peer: Peer) -> None:
        for _ in range(1500):
            peer.socket.send(msgpack.packb({"v": 1, "id": 1, "op": "ping"}))
        answers = [msgpack.unpackb(peer.socket.recv()) for _ in range(1500)]

        refused = [answer for answer in answers if not answer["ok"]]
        assert refused
        assert {answer["error"]["code"] for answer in refused} == {"too_many_requests"}
        assert all(answer["error"]["retriable"] for answer in refused)

    def test_garbage_on_the_data_socket_changes_nothing(self, market: Market, peer: Peer) -> None:
        with zmq.Context() as context, context.socket(zmq.SUB) as socket:
            socket.linger = 0
            socket.connect(market.daemon.data)
            for _ in range(200):
                socket.subscribe(os.urandom(50))
        lives_on(peer)
