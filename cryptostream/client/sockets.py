"""The two sockets of a client and the effects that a session asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zmq

from cryptostream.errors import ConfigError, NotConnected
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
        """Open and connect both sockets; connecting goes on in the background.

        What was opened before an error is closed again.

        Raises:
            ConfigError: an address is none that can be connected to.
            NotConnected: the system gives no more sockets now.

        """
        self.close_sockets()
        try:
            self._open()
        except BaseException as error:
            self.close_sockets(linger=0)
            if isinstance(error, zmq.ZMQError | OSError):
                raise NotConnected(
                    f"the sockets to the daemon cannot be opened: {error}",
                    hint="see how many files this program has open, and 'ulimit -n'",
                ) from error
            raise

    def _open(self) -> None:
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
            _connect(socket, address)
        self._readers.append(DrainedReader(self._control, self._answer, self._after))
        self._readers.append(DrainedReader(self._data, self._message, self._after))

    @property
    def are_open(self) -> bool:
        """Whether both sockets are open; nothing can be sent or heard otherwise."""
        return len(self._readers) > 1

    def kick(self) -> None:
        """Have what lies unread in both sockets read in the next pass of the loop."""
        for reader in self._readers:
            reader.kick()

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

    def close_sockets(self, linger: int = 200) -> None:
        """Close both sockets; a last message has so many ms to leave."""
        for reader in self._readers:
            reader.close()
        self._readers = []
        for socket in (self._control, self._data):
            if socket is not None:
                socket.close(linger=linger)
        self._control = self._data = None

    def end(self) -> None:
        """End the context once both sockets are closed; blocks while messages leave."""
        self._context.term()

    def _answer(self, frames: list[bytes]) -> None:
        self._on_answer(frames[-1])

    def _message(self, frames: list[bytes]) -> None:
        if len(frames) == _FRAMES:
            self._on_data(Message._make(frames))


def _connect(socket: zmq.Socket[bytes], address: str) -> None:
    try:
        socket.connect(address)
    except zmq.ZMQError as error:
        raise ConfigError(
            f"{address!r} is no address to connect to",
            hint="write tcp://HOST:PORT or ipc://PATH, like tcp://127.0.0.1:7700",
        ) from error
