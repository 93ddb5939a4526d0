"""The control channel of a page: the server tells it which faults it has to play.

It is a websocket of its own, so that the quote socket carries what the real one carries.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.sim.header import Look, look_json
from cryptostream.sim.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import web

    from cryptostream.sim.fault_table import Params
    from cryptostream.sim.faults import FaultBoard, FaultEvent
    from cryptostream.sim.instruments import Instrument
    from cryptostream.sim.quote import Quote

_WAITING = 256
# Faults that happen once and that a page carries out itself.
_DEEDS = frozenset({"crash_page", "hang_page", "navigate_away"})
# Faults that an open page meets only when it is loaded again.
_RELOADING = frozenset({"challenge", "not_found"})


@dataclass(frozen=True, slots=True)
class PageState:
    """What decides a page's state: its symbol, default generation, the faults of its address."""

    instrument: Instrument
    default: str
    own: Mapping[str, Params]

    def faults(self, board: FaultBoard) -> dict[str, Params]:
        """Return what is active for the page; the switchboard wins over the address."""
        return {**self.own, **board.of(self.instrument.symbol)}

    def message(self, board: FaultBoard, quote_of: Callable[[str], Quote]) -> dict[str, object]:
        """Return the state as it goes over the channel."""
        faults = self.faults(board)
        look = Look(self.instrument, self.default, faults)
        return {"faults": faults, "look": look_json(look, quote_of)}


def deed(event: FaultEvent) -> dict[str, object] | None:
    """Return the command that a page has to carry out now, None when there is none."""
    if not event.active:
        return None
    if event.fault.name in _DEEDS:
        return {"do": event.fault.name, "params": event.params}
    if event.fault.name in _RELOADING and event.params["reload"]:
        return {"do": "reload", "params": {}}
    return None


async def serve(
    socket: web.WebSocketResponse,
    state: PageState,
    board: FaultBoard,
    quote_of: Callable[[str], Quote],
) -> None:
    """Tell the page its state now and at every change, until it goes."""
    outbox = Outbox(socket, _WAITING, lambda: None)

    def on_fault(event: FaultEvent) -> None:
        if event.concerns(state.instrument.symbol):
            command = deed(event) or state.message(board, quote_of)
            outbox.put(json.dumps(command))

    forget = board.listen(on_fault)
    outbox.put(json.dumps(state.message(board, quote_of)))
    try:
        async with asyncio.TaskGroup() as group:
            writer = group.create_task(outbox.run())
            async for _ in socket:
                pass  # a page has nothing to say here
            writer.cancel()
    finally:
        forget()
