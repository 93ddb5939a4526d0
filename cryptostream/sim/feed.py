"""Between the market and the quote sockets: one change, falsified once, handed to all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.sim.fields import Fields, change_fields, distorted, snapshot_fields
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.quotes import Delta

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.faults import FaultBoard, FaultEvent
    from cryptostream.sim.market import Change, Market
    from cryptostream.sim.quote import Quote

    Sink = Callable[[str, Delta], None]


class Feed:
    """What quote sockets are told. The market itself never lies; this does, on command."""

    def __init__(self, market: Market, board: FaultBoard) -> None:
        self._market = market
        self._board = board
        self._held: dict[str, Quote] = {}
        self._spikes: dict[str, Params] = {}
        self._sinks: dict[str, list[Sink]] = {}
        self._unwatch: dict[str, Callable[[], None]] = {}
        self._forget = board.listen(self._on_fault)
        for symbol in INSTRUMENTS:  # what was set before the start counts as well
            self._hold(symbol)

    def close(self) -> None:
        """Listen to the switchboard no longer."""
        self._forget()

    def attach(self, symbol: str, sink: Sink) -> Callable[[], None]:
        """Hand each change of the symbol to the sink; the returned function ends that."""
        sinks = self._sinks.setdefault(symbol, [])
        sinks.append(sink)
        if symbol not in self._unwatch:
            self._unwatch[symbol] = self._market.watch(symbol, self._on_change)

        def detach() -> None:
            sinks.remove(sink)
            if not sinks and symbol in self._unwatch:
                self._unwatch.pop(symbol)()

        return detach

    def shown(self, symbol: str) -> Quote:
        """Return the quote as pages see it: an old one while it is frozen."""
        return self._held.get(symbol) or self._market.quote(symbol)

    def snapshot(self, symbol: str) -> Fields | None:
        """Return all fields, None when the symbol is unknown or is to be."""
        instrument = INSTRUMENTS.get(symbol)
        if instrument is None or self._board.get("symbol_error", symbol) is not None:
            return None
        return distorted(snapshot_fields(instrument, self.shown(symbol)), self._board.of(symbol))

    def _on_change(self, change: Change) -> None:
        symbol = change.instrument.symbol
        faults = self._board.of(symbol)
        if "freeze" in faults or "symbol_error" in faults:
            return
        if change.traded and symbol in self._spikes:
            faults["price_spike"] = self._spikes.pop(symbol)
        fields = change_fields(change.instrument, change.quote, traded=change.traded)
        delta = Delta(distorted(fields, faults))
        for _ in range(2 if "equal_repeat" in faults else 1):
            for sink in tuple(self._sinks[symbol]):
                sink(symbol, delta)

    def _on_fault(self, event: FaultEvent) -> None:
        for symbol in filter(event.concerns, INSTRUMENTS):
            if event.fault.name == "price_spike":
                self._spikes[symbol] = event.params
            elif event.fault.name == "freeze":
                self._hold(symbol)

    def _hold(self, symbol: str) -> None:
        if self._board.get("freeze", symbol) is None:
            self._held.pop(symbol, None)
        else:
            self._held.setdefault(symbol, self._market.quote(symbol))
