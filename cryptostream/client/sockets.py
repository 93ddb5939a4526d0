"""The two sockets of a client and the effects that a session asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zmq

from cryptostream.sockets import DrainedReader, send_now
from cryptostream.wire.effects import Deafen, Listen, Reset, Send
from cryptostream.wire.frames import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.wire.effects import Effect

_FRAMES = 3


class ClientSockets:
    """DEALER for control, SUB for data; opened anew on every :class:`Reset`."""

    def __init__(
        self,
        control: str,
        data: str,
        on_answer: Callable[[bytes], None],
        on_data: Callable[[Message], None],
        after: Callable[[], None],
    ) -> None:
        self.addresses = (control, data)
        self._on_answer = on_answer
        self._on_data = on_data
        self._after = after
        self._context = zmq.Context()
        self._control: zmq.Socket[bytes] | None = None
        self._data: zmq.Socket[bytes] | None = None
        self._readers: list[DrainedReader] = []
        self.unsent = 0

    def open(self) -> None:
        """Open and connect both sockets; connecting goes on in the background."""
        self.close_sockets()
        self._control = self._context.socket(zmq.DEALER)
        self._data = self._context.socket(zmq.SUB)
        # Subscriptions are themselves messages that wait in the send queue while connecting:
        # with a bound some of them would silently be lost for ever.
        self._data.sndhwm = 0
        self._data.rcvhwm = 100_000
        for socket, address in zip((self._control, self._data), self.addresses, strict=True):
            socket.linger = 0
            socket.reconnect_ivl = 50
            socket.reconnect_ivl_max = 500
            socket.connect(address)
        self._readers = [
            DrainedReader(self._control, self._answer, self._after),
            DrainedReader(self._data, self._message, self._after),
        ]

    def carry_out(self, effect: Effect) -> bool:
        """Do what the session asks; return whether it asked for new sockets."""
        control, data = self._control, self._data
        if control is None or data is None:
            return False
        match effect:
            case Send(body):
                if not send_now(control, [body]):
                    self.unsent += 1
                self._readers[0].kick()
            case Listen(topic):
                data.subscribe(topic)
                self._readers[1].kick()
            case Deafen(topic):
                data.unsubscribe(topic)
                self._readers[1].kick()
            case Reset():
                return True
        return False

    def close_sockets(self) -> None:
        """Close both sockets; a last message has a moment to leave."""
        for reader in self._readers:
            reader.close()
        self._readers = []
        for socket in (self._control, self._data):
            if socket is not None:
                socket.close(linger=200)
        self._control = self._data = None

    def end(self) -> None:
        """End the context once both sockets are closed; blocks while messages leave."""
        self._context.term()

    def _answer(self, frames: list[bytes]) -> None:
        self._on_answer(frames[-1])

    def _message(self, frames: list[bytes]) -> None:
        if len(frames) == _FRAMES:
            self._on_data(Message._make(frames))
