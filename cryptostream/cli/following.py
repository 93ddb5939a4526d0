"""Following tickers until enough was seen: the loop of `watch` and `demo`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cryptostream.cli.exits import Exit
from cryptostream.cli.setting import OPERATOR, is_terminal, json_option
from cryptostream.cli.views import LinesView, TableView, View
from cryptostream.errors import CryptoStreamError, NotConnected, UnknownSymbol
from cryptostream.records import Phase, Status, StreamState, Tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.client.aio import AsyncClient

# How often time is looked at while nothing comes (s).
_LOOK = 0.2
# How often the operator's set is asked for when no tickers were named (s).
_ASK = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When to stop: after so many ticks, after so many seconds; ``None`` for never."""

    count: int | None
    seconds: float | None


def following_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the tickers, the ways of showing them and the limits of `follow`."""
    for option in (
        click.option("--seconds", type=click.FloatRange(min=0.1), help="Stop after so long."),
        click.option("--count", type=click.IntRange(min=1), help="Stop after so many ticks."),
        click.option("--events", is_flag=True, help="JSON lines of trades, statuses and gaps too."),
        json_option,
        click.argument("tickers", nargs=-1),
    ):
        command = option(command)
    return command


def choose_view(*, as_json: bool, everything: bool) -> View:
    """Return a table for a person at a terminal, lines for everybody else."""
    if as_json or everything or not is_terminal():
        return LinesView(as_json=as_json or everything, everything=everything)
    return TableView()


async def follow(cs: AsyncClient, tickers: tuple[str, ...], view: View, limits: Limits) -> Exit:
    """Show tickers until a limit is reached; without tickers, those that `add` keeps open.

    Raises:
        UnknownSymbol: none of the tickers exists.

    """
    if tickers:
        view.progress(f"subscribing to {', '.join(tickers)}")
        await _subscribe(cs, tickers, view)
    started = asked = time.monotonic()
    seen = 0
    while limits.seconds is None or time.monotonic() - started < limits.seconds:
        if not tickers and time.monotonic() >= asked:
            asked = time.monotonic() + _ASK
            await _follow_operator(cs)
        await cs.wait(_LOOK)
        while (item := cs.poll()) is not None:
            view.show(item)
            seen += isinstance(item, Tick)
            if limits.count is not None and seen >= limits.count:
                return Exit.OK
        view.refresh()
        _raise_if_hopeless(cs.status)
    if not seen:
        raise NotConnected(
            f"no tick came within {limits.seconds:.0f} s",
            code="no_ticks",
            hint="see 'cryptostream status' and 'cryptostream why TICKER'",
        )
    return Exit.OK


async def _subscribe(cs: AsyncClient, tickers: tuple[str, ...], view: View) -> None:
    try:
        await cs.subscribe(*tickers)
    except CryptoStreamError as error:
        # One bad ticker never stops the others; with none left there is nothing to show.
        if len(tickers) == 1 or not cs.wanted():
            raise
        view.progress(f"{error.line()}; the others go on")


async def _follow_operator(cs: AsyncClient) -> None:
    clients = (await cs.daemon_status()).get("clients", [])
    wanted = {
        str(symbol)
        for client in clients
        if client["client"] == OPERATOR
        for symbol in client["tickers"]
    }
    held = set(cs.wanted())
    if not wanted and not held:
        raise UnknownSymbol(
            "no tickers to watch",
            hint="name some: cryptostream watch BTCUSDT; or keep some open: cryptostream add",
        )
    if wanted - held:
        await cs.subscribe(*sorted(wanted - held))
    if held - wanted:
        cs.unsubscribe(*sorted(held - wanted))


def _raise_if_hopeless(statuses: dict[str, Status]) -> None:
    """Stop waiting when every ticker has turned out not to exist."""
    if not statuses:
        return
    if all(
        status.stream is StreamState.CLOSED and status.phase is Phase.INVALID
        for status in statuses.values()
    ):
        status = next(iter(statuses.values()))
        raise UnknownSymbol(status.text, hint="see 'cryptostream search TEXT'")
