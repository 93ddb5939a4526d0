"""The Chrome DevTools Protocol over the browser's own pipe: commands, answers, events.

One JSON text a message, each ended by a zero byte. Sessions are flat: every message of a page
carries its ``sessionId``. The pipe needs no port that others on this machine could connect to,
and nobody stands between the page and us.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from loguru import logger

from cryptostream.errors import SourceError
from cryptostream.read_buffer import BufferedStream

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[msgspec.Raw], None]

T = TypeVar("T")

# A command is answered within milliseconds by a browser that is sound (s).
WITHIN = 10.0
# Longer than any event that we ask for; a browser that sends more has gone mad.
LONGEST_MESSAGE = 256 * 1024 * 1024
_END = b"\0"


class CdpError(SourceError):
    """The browser refused a command, or did not answer it in time."""

    code = "browser_error"


class _Fault(msgspec.Struct, frozen=True):
    message: str = ""
    code: int = 0


class _Message(msgspec.Struct, frozen=True, gc=False):
    id: int | None = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"{}")
    session_id: str = msgspec.field(name="sessionId", default="")
    result: msgspec.Raw = msgspec.Raw(b"{}")
    error: _Fault | None = None


_decode = msgspec.json.Decoder(_Message).decode
_encode = msgspec.json.Encoder().encode


class Splitter:
    """Cuts what the pipe gives into messages."""

    def __init__(self, longest: int = LONGEST_MESSAGE) -> None:
        self._rest = bytearray()
        self._longest = longest

    def feed(self, data: bytes) -> list[bytes]:
        """Take some bytes; return the messages that are whole now.

        Raises:
            CdpError: a message is longer than any that we ask for.

        """
        *whole, rest = data.split(_END)
        if whole:
            whole[0] = bytes(self._rest) + whole[0]
            self._rest.clear()
        self._rest += rest
        if len(self._rest) > self._longest:
            self._rest.clear()
            raise CdpError(f"the browser sent a message of over {self._longest} bytes")
        return whole


class Connection(BufferedStream):
    """Our end of the pipe; lives in the loop of the browser process.

    ``gone`` is set when the browser has closed its end. ``before_pass`` is called before what is
    at hand is taken, ``after_pass`` behind it, whatever happens between the two.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gone = asyncio.Event()
        self.before_pass: Callable[[], None] = lambda: None
        self.after_pass: Callable[[], None] = lambda: None
        self.malformed = 0
        self._splitter = Splitter()
        self._writer: asyncio.WriteTransport | None = None
        self._next = 0
        self._calls: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._handlers: dict[tuple[str, str], Handler] = {}

    def writes_to(self, writer: asyncio.WriteTransport) -> None:
        """Say where commands go."""
        self._writer = writer

    # -- commands -----------------------------------------------------------------------

    async def send(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        session: str = "",
        within: float = WITHIN,
    ) -> msgspec.Raw:
        """Carry out one command and return its result, still packed.

        Raises:
            CdpError: it was refused, or not answered within so many seconds.
            SourceError: the browser is gone.

        """
        call_id, future = self._begin(method, params, session)
        try:
            async with asyncio.timeout(within):
                return await future
        except TimeoutError:
            raise CdpError(
                f"the browser did not answer {method} within {within:.0f} s", code="browser_mute"
            ) from None
        finally:
            self._calls.pop(call_id, None)

    async def ask(
        self,
        kind: type[T],
        method: str,
        params: dict[str, Any] | None = None,
        session: str = "",
        within: float = WITHIN,
    ) -> T:
        """Carry out one command and return its result as a value of ``kind``.

        Raises:
            CdpError: as for :meth:`send`, or the result is not what it should be.

        """
        raw = await self.send(method, params, session, within)
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.MsgspecError as error:
            raise CdpError(f"the browser answered {method} with something else: {error}") from error

    def _begin(
        self, method: str, params: dict[str, Any] | None, session: str
    ) -> tuple[int, asyncio.Future[msgspec.Raw]]:
        if self.gone.is_set() or self._writer is None:
            raise _browser_gone()
        self._next += 1
        message: dict[str, Any] = {"id": self._next, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        future: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._calls[self._next] = future
        self._writer.write(_encode(message) + _END)
        return self._next, future

    # -- events -------------------------------------------------------------------------

    def on(self, method: str, handler: Handler, session: str = "") -> None:
        """Hand the parameters of every such event of a session to ``handler``, in the loop."""
        self._handlers[session, method] = handler

    def forget(self, session: str) -> None:
        """Drop the handlers of a session that is over."""
        for key in [key for key in self._handlers if key[0] == session]:
            del self._handlers[key]

    # -- the protocol of the read end ---------------------------------------------------

    def received(self, data: bytes) -> None:
        """Take what the pipe gives."""
        try:
            texts = self._splitter.feed(data)
        except CdpError as error:
            # Nothing that such a browser says can be trusted: it is given up and replaced.
            logger.error("{}", error)
            self.connection_lost(error)
            return
        self.before_pass()
        try:
            for text in texts:
                try:
                    message = _decode(text)
                except msgspec.MsgspecError:
                    self.malformed += 1
                    continue
                self._take(message)
        finally:
            self.after_pass()

    def connection_lost(self, _reason: Exception | None) -> None:
        """Fail every open command: nobody will answer it."""
        self.gone.set()
        for future in self._calls.values():
            if not future.done():
                future.set_exception(_browser_gone())
        self._calls.clear()

    def _take(self, message: _Message) -> None:
        if message.id is None:
            handler = self._handlers.get((message.session_id, message.method))
            if handler is not None:
                handler(message.params)
            return
        future = self._calls.get(message.id)
        if future is None or future.done():
            return  # its caller has stopped waiting
        if message.error is not None:
            future.set_exception(CdpError(f"the browser refused: {message.error.message}"))
        else:
            future.set_result(message.result)


def _browser_gone() -> SourceError:
    return SourceError("the browser is gone", code="browser_gone")
