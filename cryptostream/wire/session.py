"""One client's side of the protocol as a value machine: bytes and times in, effects out.

The shell (``cryptostream.client``) owns the sockets and the clock; it carries out the
effects and hands every message in. The order of steps per topic is: listen, ask for the
image, drop what the image already covers, go on; on a hole ask for all that is missing;
on a new epoch begin again. What cannot be made good is told as a :class:`Gap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptostream.errors import CryptoStreamError, ProtocolError
from cryptostream.wire import messages
from cryptostream.wire.calls import Calls, no_answer
from cryptostream.wire.effects import (
    Accepted,
    Answer,
    Connected,
    Disconnected,
    Listen,
    Rejected,
    Reset,
    Send,
)
from cryptostream.wire.following import Following, Mode
from cryptostream.wire.frames import Message, Meta, decode_meta, message_of, messages_of
from cryptostream.wire.liveness import ANSWER_WITHIN, Liveness
from cryptostream.wire.messages import TickerResult, Welcome, read_answer
from cryptostream.wire.subscriptions import Subscriptions
from cryptostream.wire.topics import SYS_HEARTBEAT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptostream.wire.calls import Call, Purpose
    from cryptostream.wire.effects import Output


class Session:
    """The state of one client; every method returns what the shell has to do and to tell."""

    def __init__(self, client_id: str, agent: str = "") -> None:
        self.client_id = client_id
        self.agent = agent
        self.asked_lease: float | None = None  # seconds; None takes what the daemon gives
        self.stays = False  # leave the lease running at the end instead of saying good-bye
        self.epoch = 0
        self.connected = False
        self.lease = 10.0
        self.heartbeat = 1.0
        self.request_size = Welcome(epoch=0).limits.max_tickers_per_request
        self.generation = 0
        self.malformed = 0
        self._subscriptions = Subscriptions()
        # The same table: a message must not pay for one more call.
        self._topics = self._subscriptions.topics
        self._calls = Calls()
        self._liveness = Liveness()
        self._listening = False
        self._wished = False  # whether anything was ever wanted here

    # -- what the user wants ------------------------------------------------------------

    def wanted(self) -> list[str]:
        """Return the canonical symbols that are wanted, sorted."""
        return self._subscriptions.symbols()

    def position(self, name: bytes) -> tuple[int, int] | None:
        """Return (epoch, seq) of the newest record taken from a topic."""
        found = self._topics.get(name)
        return (found.epoch, found.seq) if found else None

    def subscribe(self, tickers: Iterable[str], now: float) -> list[Output]:
        """Add tickers; the answer comes as Accepted or Rejected for each of them."""
        out: list[Output] = []
        fresh = self._wish(tickers, out)
        if self.connected:
            self._add(fresh, now, out)
        return out

    def _wish(self, tickers: Iterable[str], out: list[Output]) -> list[str]:
        """Want tickers and listen to them; return the symbols that are to be asked for."""
        fresh: list[str] = []
        for ticker in tickers:
            try:
                symbol = self._subscriptions.meaning(ticker)
            except CryptoStreamError as error:
                out.append(Rejected(ticker, error))
                continue
            self._wished = True
            if symbol is None:
                self._subscriptions.hold(ticker)
            elif self._subscriptions.add(symbol, ticker, self._calls.last):
                fresh.append(symbol)
                if self._listening:
                    out += self._subscriptions.listen(symbol)
            elif self._subscriptions.is_confirmed(symbol):
                out.append(Accepted(ticker, symbol))
        return fresh

    def unsubscribe(self, tickers: Iterable[str], now: float) -> list[Output]:
        """Remove tickers; nothing of them is delivered any more."""
        out: list[Output] = []
        gone: list[str] = []
        for ticker in tickers:
            try:
                symbol = self._subscriptions.meaning(ticker)
            except CryptoStreamError as error:
                out.append(Rejected(ticker, error))
                continue
            if symbol is None:
                self._subscriptions.release(ticker)
            elif self._drop(symbol, out):
                gone.append(symbol)
        if self.connected:
            for part in self._parts(gone):
                self._call(messages.Modify(remove=part), "declare", now, out)
        return out

    def request(self, request: messages.Request, now: float, within: float) -> list[Output]:
        """Make a request of the user's own; the last call id is that of the Answer to come."""
        out: list[Output] = []
        self._call(request, "user", now, out, within=within)
        return out

    @property
    def last_call(self) -> int:
        """The id of the newest request."""
        return self._calls.last

    # -- the connection -----------------------------------------------------------------

    def started(self, now: float) -> list[Output]:
        """Both sockets are new and connecting."""
        out: list[Output] = []
        self._listening = True
        self._liveness.began(now)
        out.append(Listen(SYS_HEARTBEAT))
        for symbol in self.wanted():
            out += self._subscriptions.listen(symbol)
        self._hello(now, out)
        return out

    def ended(self, now: float) -> list[Output]:
        """Say good-bye."""
        out: list[Output] = []
        if self.connected and not self.stays:
            self._call(messages.Bye(), "ping", now, out)
        self.connected = False
        return out

    def clock(self, now: float) -> list[Output]:
        """Look at the time: renew the lease, ask again, notice a silent daemon."""
        out: list[Output] = []
        self._retry(now, out)
        if reason := self._liveness.lost(self.heartbeat, now):
            self._lost(reason, now, out)
        elif self.connected and self._liveness.ping_due(self.lease, now):
            self._call(messages.Ping(), "ping", now, out)
        return out

    def woke(self, now: float) -> None:
        """Note that the clock was not looked at for long: what came meanwhile may lie unread."""
        self._liveness.excused(now)

    def _lost(self, reason: str, now: float, out: list[Output]) -> None:
        if self.connected:
            out.append(Disconnected(reason))
        self.connected = False
        self._listening = False
        self._liveness.began(now)
        # A recovery is asked for again on the new sockets: its topic waits for the answer.
        self._calls.keep_only({"user", "recover"})
        out.append(Reset())

    def _retry(self, now: float, out: list[Output]) -> None:
        undeclared = False
        for call_id, call in self._calls.due(now):
            if call.purpose == "user":
                self._calls.take(call_id)
                out.append(Answer(call_id, None, no_answer()))
            elif call.purpose == "ping":
                self._calls.take(call_id)
            elif call.purpose == "declare":
                undeclared = True
            else:
                call.deadline = now + ANSWER_WITHIN
                out.append(Send(call.body))
        if undeclared:
            # Never the old words: what was removed then may be wanted again by now.
            self._declare(now, out)

    def _call(
        self,
        request: messages.Request,
        purpose: Purpose,
        now: float,
        out: list[Output],
        *,
        within: float = ANSWER_WITHIN,
        name: bytes = b"",
    ) -> None:
        self._liveness.asked(now)
        out.append(Send(self._calls.make(request, purpose, now + within, name).body))

    def _hello(self, now: float, out: list[Output]) -> None:
        self._calls.withdraw("hello")
        request = messages.Hello(client=self.client_id, agent=self.agent, lease=self.asked_lease)
        self._call(request, "hello", now, out)

    def _declare(self, now: float, out: list[Output]) -> None:
        """Say the whole wanted set: idempotent, so it heals whatever was lost before."""
        self.generation += 1
        self._calls.withdraw("declare")
        wanted = self.wanted()
        first, rest = wanted[: self.request_size], wanted[self.request_size :]
        request = messages.Set(tickers=first, generation=self.generation)
        self._call(request, "declare", now, out)
        self._add(rest, now, out)

    def _add(self, symbols: list[str], now: float, out: list[Output]) -> None:
        for part in self._parts(symbols):
            self._call(messages.Modify(add=part), "declare", now, out)

    def _parts(self, symbols: list[str]) -> list[list[str]]:
        """Return symbols in parts that one request may name."""
        size = self.request_size
        return [symbols[start : start + size] for start in range(0, len(symbols), size)]

    def _drop(self, symbol: str, out: list[Output]) -> bool:
        if symbol not in self._subscriptions:
            return False
        for one in self._subscriptions.drop(symbol):
            out.append(one)
            self._calls.withdraw("recover", one.topic)
        return True

    # -- control answers ----------------------------------------------------------------

    def answer(self, body: bytes, now: float) -> list[Output]:
        """Take a message from the control socket."""
        out: list[Output] = []
        try:
            self._answer(messages.decode_answer(body), now, out)
        except ProtocolError:
            self.malformed += 1
        return out

    def _answer(self, fields: dict[str, Any], now: float, out: list[Output]) -> None:
        call_id = fields.get("id")
        call = self._calls.take(call_id)
        self._liveness.answered(now, more=len(self._calls) > 0)
        if call is None or not isinstance(call_id, int):
            return
        error = None if fields["ok"] else messages.error_of(fields.get("error"))
        if call.purpose == "user":
            out.append(Answer(call_id, None if error else fields, error))
            return
        try:
            if error is not None:
                self._refused(call_id, call, error, now, out)
            else:
                self._granted(call_id, call, fields, now, out)
        except ProtocolError:
            self._later(call_id, call, now)
            raise

    def _granted(
        self, call_id: int, call: Call, fields: dict[str, Any], now: float, out: list[Output]
    ) -> None:
        if call.purpose == "hello":
            self._welcomed(read_answer(fields, Welcome), now, out)
        elif call.purpose == "declare":
            self._declared(call_id, fields, now, out)
        elif call.purpose == "recover":
            self._recovered(call.topic, fields, now, out)
        elif self.connected and self._is_forgotten(fields):
            if fields.get("epoch") == self.epoch and self._liveness.known_within(self.lease, now):
                self.connected = False
                out.append(Disconnected(self._taken_over()))
            self._hello(now, out)
            return
        # It knew us when it was asked, at the latest: its answer may have lain unread since.
        self._liveness.known(call.deadline - ANSWER_WITHIN)

    def _taken_over(self) -> str:
        return f"another program uses the client id {self.client_id!r}: give each one of its own"

    def _is_forgotten(self, pong: dict[str, Any]) -> bool:
        """Whether it answers, but our lease is over or it has begun anew, and knows us not."""
        return pong.get("session") is False or pong.get("epoch", self.epoch) != self.epoch

    def _later(self, call_id: int, call: Call, now: float) -> None:
        """Let the clock make a call again that got no usable answer."""
        self._calls.expect_again(call_id, call, now + ANSWER_WITHIN)

    def _refused(
        self, call_id: int, call: Call, error: CryptoStreamError, now: float, out: list[Output]
    ) -> None:
        if error.code == "no_session":
            self._hello(now, out)
        elif call.purpose in {"recover", "declare"} and error.retriable:
            self._later(call_id, call, now)
        elif call.purpose == "recover":
            # Nothing of this topic is certain any more: start from an image.
            if call.topic in self._topics:
                self._topics[call.topic].resync()
            self._declare(now, out)
        elif call.purpose == "hello":
            self.connected = False
            out.append(Disconnected(error.line()))
            self._later(call_id, call, now)
        elif call.purpose == "declare":
            for symbol in call.asked():
                if self._subscriptions.is_spoken_of(symbol, call_id):
                    self._reject(symbol, error, (), out)

    def _welcomed(self, welcome: Welcome, now: float, out: list[Output]) -> None:
        self.lease = welcome.lease
        self.heartbeat = welcome.heartbeat
        self.request_size = welcome.limits.max_tickers_per_request
        if not self.connected:
            self.connected = True
            out.append(Connected(welcome.epoch, welcome.simulated))
        self._enter_epoch(welcome.epoch)
        self._wish(self._subscriptions.learn(welcome.default_exchange), out)
        if self._wished:
            self._declare(now, out)

    def _declared(
        self, call_id: int, fields: dict[str, Any], now: float, out: list[Output]
    ) -> None:
        results = fields.get("results")
        if not isinstance(results, list):
            raise ProtocolError("an answer about tickers has results")
        for found in results:
            result = read_answer(found, TickerResult)
            symbol = result.symbol or result.ticker
            if not self._subscriptions.is_spoken_of(symbol, call_id):
                continue  # it was given up since, or wanted anew: another answer is to come
            if result.ok:
                self._accepted(symbol, result, now, out)
            else:
                self._reject(symbol, messages.error_of(result.error), result.suggestions, out)

    def _accepted(self, symbol: str, result: TickerResult, now: float, out: list[Output]) -> None:
        out += [Accepted(ticker, symbol) for ticker in self._subscriptions.confirm(symbol)]
        for image in messages_of(result.images):
            found = self._topics.get(image.topic)
            if found is not None and found.mode is Mode.SYNCING:
                self._image(image, now, out)

    def _reject(
        self,
        symbol: str,
        error: CryptoStreamError,
        suggestions: tuple[str, ...],
        out: list[Output],
    ) -> None:
        concerned = self._subscriptions.concerned(symbol)
        self._drop(symbol, out)
        out += [Rejected(ticker, error, suggestions) for ticker in concerned]

    # -- images and missing parts -------------------------------------------------------

    def _enter_epoch(self, epoch: int) -> None:
        if epoch == self.epoch:
            return
        self.epoch = epoch
        self._subscriptions.resync()

    def _image(self, message: Message, now: float, out: list[Output]) -> None:
        found = self._topics.get(message.topic)
        if found is None or decode_meta(message.meta).epoch != self.epoch:
            return
        if found.image(message, out):
            self._recover(found, now, out)

    def _recovered(
        self, name: bytes, fields: dict[str, Any], now: float, out: list[Output]
    ) -> None:
        found = self._topics.get(name)
        if found is None or found.mode is not Mode.RECOVERING:
            return
        if not fields.get("recovered"):
            self._image(message_of(fields.get("image")), now, out)
        elif found.recovered(messages_of(fields.get("messages")), out):
            self._recover(found, now, out)

    def _recover(self, found: Following, now: float, out: list[Output]) -> None:
        request = messages.Recover(topic=found.name.decode(), epoch=found.epoch, seq=found.seq)
        self._call(request, "recover", now, out, name=found.name)

    # -- data ---------------------------------------------------------------------------

    def data(self, message: Message, now: float) -> list[Output]:
        """Take a message from the data socket."""
        out: list[Output] = []
        self._liveness.published(now)
        try:
            meta = decode_meta(message.meta)
        except ProtocolError:
            self.malformed += 1
            return out
        if meta.epoch != self.epoch:
            self._foreign_epoch(meta, now, out)
        found = self._topics.get(message.topic)
        if found is not None and meta.epoch == self.epoch and found.take(meta, message, out):
            self._recover(found, now, out)
        return out

    def _foreign_epoch(self, meta: Meta, now: float, out: list[Output]) -> None:
        """Begin anew when the daemon did; an older epoch is only a late echo."""
        if self.connected and meta.epoch > self.epoch:
            self._enter_epoch(meta.epoch)
            self._hello(now, out)
