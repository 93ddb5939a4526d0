"""The desk: each control request against registry, directory, tape and reconciler.

Requests and times in, answers out; the changes that it makes to the registry are carried
out by the actor afterwards. No sockets.
"""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, Any

import msgspec

from cryptostream.errors import (
    BadSymbol,
    CryptoStreamError,
    Overloaded,
    RequestError,
    UnknownSymbol,
)
from cryptostream.symbols import Listing, parse_symbol
from cryptostream.wire import messages as m
from cryptostream.wire.topics import KINDS, topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptostream.config.settings import Config
    from cryptostream.records import Switch
    from cryptostream.router.acquisition import Acquisition, Line
    from cryptostream.router.registry import Client, Registry
    from cryptostream.router.tape import Tape
    from cryptostream.symbols import Directory
    from cryptostream.wire.frames import Message

Answer = dict[str, Any]

# An answer with more messages than this is replaced by an image: it would block the others.
RECOVER_MESSAGES = 20_000
SEARCH_RESULTS = 200


class Desk:
    """Answers requests; ``describe`` gives the actor's own figures for ``status``."""

    def __init__(
        self,
        config: Config,
        registry: Registry,
        tape: Tape,
        acquisition: Acquisition,
        switches: Mapping[str, Switch],
        directory: Directory,
        describe: Callable[[], Answer],
        sync: Callable[[float, int], None] = lambda _now, _now_ns: None,
        retry: Callable[[str, float, int], None] = lambda _symbol, _now, _now_ns: None,
    ) -> None:
        self._config = config
        self._registry = registry
        self._tape = tape
        self._acquisition = acquisition
        self._switches = switches
        self._directory = directory
        self._describe = describe
        self._sync = sync
        self._retry = retry
        self._handlers: dict[type[m.Request], Callable[..., Answer]] = {
            m.Hello: self._hello,
            m.Subscribe: lambda r, c, t: {"results": self._add(r.tickers, c, t)},
            m.Unsubscribe: lambda r, c, t: {"results": self._remove(r.tickers, c, t)},
            m.Modify: self._modify,
            m.Set: self._set,
            m.Snapshot: lambda r, _c, t: {"results": self._snapshots(r.tickers, t)},
            m.Recover: self._recover,
            m.History: self._history,
            m.List: self._list,
            m.Search: self._search,
            m.DaemonStatus: self._status,
            m.Why: self._why,
            m.Ping: self._ping,
            m.Bye: self._bye,
        }

    def answer(self, request: m.Request, route: bytes, now: float, now_ns: int) -> Answer:
        """Return the answer to a request.

        Raises:
            CryptoStreamError: the request as a whole is refused.

        """
        client = self._registry.by_route(route, now)
        if isinstance(request, m.Hello):
            client = self._open(request, route, now)
        if request.needs_session and client is None:
            raise RequestError(
                f"{request.op} needs a session",
                code="no_session",
                retriable=True,
                hint="send hello first; after a restart of the daemon send it again",
            )
        return self._handlers[type(request)](request, client, (now, now_ns))

    # -- sessions -----------------------------------------------------------------------

    def _open(self, request: m.Hello, route: bytes, now: float) -> Client:
        if not request.client or len(request.client) > m.MAX_CLIENT_ID:
            raise RequestError(
                f"a client id has 1 to {m.MAX_CLIENT_ID} characters",
                hint="a random UUID is a good one",
            )
        agent = request.agent[: m.MAX_CLIENT_ID]
        return self._registry.hello(request.client, route, agent, now, request.lease)

    def _hello(self, _request: m.Hello, client: Client, _times: tuple[float, int]) -> Answer:
        router = self._config.router
        return {
            "epoch": self._tape.epoch,
            "client": client.client_id,
            "lease": client.lease,
            "heartbeat": router.heartbeat,
            "data": router.data,
            "default_exchange": self._config.default_exchange,
            "simulated": self._config.sim.enabled,
            "limits": {
                "max_message": router.max_message,
                "max_tickers_per_request": router.max_tickers_per_request,
                "max_tickers_per_client": router.max_tickers_per_client,
            },
        }

    def _ping(self, _request: m.Ping, client: Client | None, times: tuple[float, int]) -> Answer:
        return {"epoch": self._tape.epoch, "ts": times[1], "session": client is not None}

    def _bye(self, _request: m.Bye, client: Client | None, times: tuple[float, int]) -> Answer:
        if client is not None:
            self._registry.bye(client, times[0])
        return {}

    # -- tickers ------------------------------------------------------------------------

    def _modify(self, request: m.Modify, client: Client, times: tuple[float, int]) -> Answer:
        self._check_number(len(request.add) + len(request.remove))
        removed = self._remove(request.remove, client, times)
        return {"results": self._add(request.add, client, times), "removed": removed}

    def _set(self, request: m.Set, client: Client, times: tuple[float, int]) -> Answer:
        self._check_number(len(request.tickers))
        if request.generation and request.generation < client.generation:
            raise RequestError(
                f"generation {request.generation} is older than {client.generation}",
                code="old_generation",
                hint="a newer set of this client has been taken already",
            )
        client.generation = request.generation
        keep = {symbol for symbol, _ in self._parsed(request.tickers) if symbol}
        self._remove(sorted(client.desired - keep), client, times)
        results = self._add(request.tickers, client, times)
        return {"results": results, "generation": client.generation}

    def _add(self, tickers: list[Any], client: Client, times: tuple[float, int]) -> list[Answer]:
        self._check_number(len(tickers))
        results: list[Answer] = []
        before = set(client.desired)
        for ticker in tickers:
            try:
                symbol = parse_symbol(ticker, self._config.default_exchange)
                results.append(self._add_one(ticker, symbol, client))
            except CryptoStreamError as error:
                results.append(_refusal(ticker, error))
        # The images show the state after the wish, not before it.
        self._sync(*times)
        # Wanting it anew is how a client asks for another attempt, whoever else wants it.
        for symbol in sorted(client.desired - before):
            self._retry(symbol, *times)
        for result in results:
            if result["ok"]:
                result["images"] = self._images(result["symbol"], times[1])
        return results

    def _add_one(self, ticker: str, symbol: str, client: Client) -> Answer:
        verdict = self._directory.check(symbol)
        if verdict.listing is Listing.INVALID:
            error = UnknownSymbol(verdict.text, hint=_did_you_mean(verdict.suggestions))
            suggestions = list(verdict.suggestions)
            return {**_refusal(ticker, error), "symbol": symbol, "suggestions": suggestions}
        order = self._acquisition.order(symbol)
        if not order.sources:
            raise RequestError(f"no source for {symbol}", code="no_source", hint=order.why_none)
        self._registry.want(client, symbol)
        return {"ticker": ticker, "symbol": symbol, "ok": True, "listing": str(verdict.listing)}

    def _remove(
        self, tickers: Iterable[Any], client: Client, times: tuple[float, int]
    ) -> list[Answer]:
        results: list[Answer] = []
        for ticker in tickers:
            try:
                symbol = parse_symbol(ticker, self._config.default_exchange)
            except BadSymbol as error:
                results.append(_refusal(ticker, error))
                continue
            was = self._registry.unwant(client, symbol, times[0])
            results.append({"ticker": ticker, "symbol": symbol, "ok": True, "removed": was})
        return results

    def _snapshots(self, tickers: list[Any], times: tuple[float, int]) -> list[Answer]:
        self._check_number(len(tickers))
        results: list[Answer] = []
        for ticker, (symbol, error) in zip(tickers, self._parsed(tickers), strict=True):
            if error is not None:
                results.append(_refusal(ticker, error))
            else:
                images = self._images(symbol, times[1])
                results.append({"ticker": ticker, "symbol": symbol, "ok": True, "images": images})
        return results

    def _parsed(self, tickers: Iterable[Any]) -> list[tuple[str, BadSymbol | None]]:
        found: list[tuple[str, BadSymbol | None]] = []
        for ticker in tickers:
            try:
                found.append((parse_symbol(ticker, self._config.default_exchange), None))
            except BadSymbol as error:
                found.append(("", error))
        return found

    def _images(self, symbol: str, now_ns: int) -> list[Message]:
        return [self._tape.image(topic(kind, symbol), now_ns) for kind in KINDS]

    def _check_number(self, number: int) -> None:
        limit = self._config.router.max_tickers_per_request
        if number > limit:
            raise Overloaded(
                f"{number} tickers in one request, at most {limit} are allowed",
                code="too_many_tickers",
                retriable=False,
                hint="split the request, or raise router.max_tickers_per_request",
            )

    # -- messages that went by ----------------------------------------------------------

    def _recover(
        self, request: m.Recover, _client: Client | None, times: tuple[float, int]
    ) -> Answer:
        name = request.topic.encode()
        missing = self._tape.recover(name, request.epoch, request.seq, RECOVER_MESSAGES)
        if missing is None:
            return {"recovered": False, "image": self._tape.image(name, times[1])}
        return {"recovered": True, "messages": missing}

    def _history(
        self, request: m.History, _client: Client | None, _times: tuple[float, int]
    ) -> Answer:
        symbol = parse_symbol(request.ticker, self._config.default_exchange)
        if request.kind not in KINDS:
            raise RequestError(
                f"no history of kind {request.kind!r:.40}", hint="one of " + ", ".join(KINDS)
            )
        if request.limit < 1:
            raise RequestError(f"limit is {request.limit}", hint="ask for at least one message")
        name = topic(request.kind, symbol)
        # The ring holds no more than it holds: a larger limit gets all of it.
        return {"symbol": symbol, "messages": self._tape.history(name, request.limit)}

    # -- what a person asks -------------------------------------------------------------

    def _list(self, _request: m.List, _client: Client | None, _times: tuple[float, int]) -> Answer:
        symbols = sorted(line.symbol for line in self._acquisition.lines())
        return {"tickers": [self._row(symbol) for symbol in symbols]}

    def _row(self, symbol: str) -> Answer:
        line = self._acquisition.line(symbol)
        if line is None:
            return {"symbol": symbol, "phase": "closed", "watchers": 0}
        name = topic("tick", symbol)
        last = self._tape.last(name)
        status: Answer = msgspec.to_builtins(line.status)
        active = self._acquisition.leg(symbol, line.active)
        switch = self._switches.get(symbol)
        return {
            **status,
            "worker": active.worker if active is not None else None,
            "watchers": self._registry.watchers(symbol),
            "seq": self._tape.top(name),
            "ts_last": last.ts_published if last else None,
            "order": list(line.order.sources),
            "legs": [self._leg(line, source) for source in line.order.sources],
            "last_switch": msgspec.to_builtins(switch) if switch is not None else None,
        }

    def _leg(self, line: Line, source: str) -> Answer:
        """Return how one source of a ticker is: publishing, standing by, or not in use."""
        leg, known = line.legs.get(source), self._acquisition.leg(line.symbol, source)
        if leg is None or known is None:
            return {"source": source, "role": "unused"}
        role = "publishes" if source == line.active else "stands by"
        return {
            "source": source,
            "role": role if leg.health.healthy else "tried",
            "phase": str(leg.status.phase),
            "code": leg.status.code,
            "text": leg.status.text,
            "worker": known.worker,
            "attempt": leg.status.attempt,
            "ts_next": leg.status.ts_next,
        }

    def _search(
        self, request: m.Search, _client: Client | None, _times: tuple[float, int]
    ) -> Answer:
        limit = max(1, min(request.limit, SEARCH_RESULTS))
        text, exchange = request.text[: m.MAX_CLIENT_ID], request.exchange[: m.MAX_CLIENT_ID]
        found = self._directory.find(text, limit, exchange)
        return {
            "symbols": [row.symbol for row in found.rows],
            "found": msgspec.to_builtins(found.rows),
            "notes": list(found.notes),
            "directory": self._directory.describe(),
        }

    def _status(
        self, _request: m.DaemonStatus, _client: Client | None, times: tuple[float, int]
    ) -> Answer:
        clients = [
            {
                "client": client.client_id,
                "agent": client.agent,
                "tickers": sorted(client.desired),
                "lease_left": round(client.lease_until - times[0], 3),
            }
            for client in self._registry.clients()
        ]
        return {**self._describe(), "clients": clients, "directory": self._directory.describe()}

    def _why(self, request: m.Why, _client: Client | None, times: tuple[float, int]) -> Answer:
        symbol = parse_symbol(request.ticker, self._config.default_exchange)
        verdict = self._directory.check(symbol)
        row = self._row(symbol)
        last = row.get("ts_last")
        chain = [
            {"hop": "directory", "state": str(verdict.listing), "text": verdict.text},
            {"hop": "clients", "state": f"{row['watchers']} watching", "text": ""},
            {
                "hop": "router",
                "state": row["phase"],
                "text": row.get("text", "nobody wants this ticker"),
            },
            *(_leg_hop(leg) for leg in row.get("legs", [])),
            *_switch_hop(row.get("last_switch")),
            {
                "hop": "tape",
                "state": f"seq {row.get('seq', 0)}",
                "text": f"last {(times[1] - last) / 1e9:.1f} s ago" if last else "no value held",
            },
        ]
        return {"symbol": symbol, "chain": chain, "ticker": row}


def _leg_hop(leg: Answer) -> Answer:
    said = f"{leg['phase']} ({leg['code']}): {leg['text']}" if "phase" in leg else ""
    at = f" at {leg['worker']}" if leg.get("worker") else ""
    return {"hop": leg["source"], "state": leg["role"] + at, "text": said}


def _switch_hop(switch: Answer | None) -> list[Answer]:
    """Return the newest change of the source as a row, if there was one."""
    if switch is None:
        return []
    basis = f", {switch['basis']} ({switch['basis_bp']} bp) apart" if "basis" in switch else ""
    text = f"because of {switch['reason']}, from sequence {switch['first_seq']}{basis}"
    return [{"hop": "switch", "state": f"{switch['old']} to {switch['new']}", "text": text}]


def _did_you_mean(suggestions: Iterable[str]) -> str:
    names = ", ".join(suggestions)
    return f"did you mean {names}?" if names else "see 'cryptostream search TEXT'"


def _refusal(ticker: Any, error: CryptoStreamError) -> Answer:  # noqa: ANN401
    # reprlib: what came over the wire may be nested deeper than repr can follow.
    shown = ticker if isinstance(ticker, str) else reprlib.repr(ticker)
    return {"ticker": shown[: m.MAX_CLIENT_ID], "ok": False, "error": m.error_map(error)}
