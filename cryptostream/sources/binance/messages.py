"""What comes on a raw stream connection: bytes to typed values. Pure.

The messages are those of the public documentation of Binance's web socket streams. Prices and
quantities stay text here; times are whatever the exchange sends, in ms or us.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from cryptostream.errors import ProtocolError

T = TypeVar("T")


class TradeMessage(msgspec.Struct, gc=False):
    """``<symbol>@trade``; ``t`` is the trade's number, ``m``: the buyer was the maker."""

    s: str
    t: int
    p: str
    q: str
    T: int
    m: bool


class BookMessage(msgspec.Struct, gc=False):
    """``<symbol>@bookTicker``; ``u`` rises from update to update, there is no time."""

    u: int
    s: str
    b: str
    a: str


class DayMessage(msgspec.Struct, gc=False):
    """``<symbol>@ticker`` or ``@miniTicker``, which has neither ``p`` nor ``P``.

    ``c`` is the last price, ``o`` the one a day ago, ``p`` and ``P`` the change in price and in
    percent, ``v`` the volume in the base asset.
    """

    s: str
    c: str
    o: str
    v: str
    p: str | None = None
    P: str | None = None


class Answer(msgspec.Struct, gc=False):
    """The answer to a request; ``error`` holds why it was refused, ``None`` when it was not."""

    id: int | None
    error: str | None = None


class Shutdown(msgspec.Struct, gc=False):
    """The server is about to go down."""


Message = TradeMessage | BookMessage | DayMessage | Answer | Shutdown


class _Error(msgspec.Struct):
    code: int = 0
    msg: str = ""


class _Head(msgspec.Struct):
    """What tells messages apart when their beginning does not."""

    e: str = ""
    u: int | None = None
    id: int | str | None = None
    code: int | None = None
    msg: str = ""
    error: _Error | None = None
    result: msgspec.Raw = msgspec.Raw()


# The two frequent ones may be read by whoever knows them by how they begin.
read_trade = msgspec.json.Decoder(TradeMessage).decode
read_book = msgspec.json.Decoder(BookMessage).decode
_day = msgspec.json.Decoder(DayMessage).decode
_head = msgspec.json.Decoder(_Head).decode

# Where the letters stand that tell them from the others: {"e":"trade and {"u":.
TRADE_AT, TRADE_BEGINS = slice(2, 7), b'e":"t'
BOOK_AT, BOOK_BEGINS = slice(2, 4), b'u"'
# RecursionError: nested deeper than the decoder follows, in a part that is only skipped.
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)


def decode(payload: bytes) -> Message:
    """Return the message of a frame.

    Raises:
        ProtocolError: it is none of the messages that we subscribe to or ask for.

    """
    try:
        return _by_content(payload)
    except UNREADABLE as error:
        raise ProtocolError(f"a message of the stream: {error}") from error


def _by_content(payload: bytes) -> Message:
    head = _head(payload)
    match head.e:
        case "trade":
            return read_trade(payload)
        case "24hrTicker" | "24hrMiniTicker":
            return _day(payload)
        case "serverShutdown":
            return Shutdown()
        case "":
            return read_book(payload) if head.u is not None else _answer(head)
    raise ProtocolError(f"an event {head.e[:40]!r} that nobody asked for", code="unexpected")


def _answer(head: _Head) -> Answer:
    number = head.id if isinstance(head.id, int) else None
    # Errors are seen in two shapes: plain, and wrapped in "error".
    if head.error is not None:
        return Answer(number, f"{head.error.msg} ({head.error.code})")
    if head.code is not None:
        return Answer(number, f"{head.msg} ({head.code})")
    if not bytes(head.result):
        raise ProtocolError("neither an event nor an answer")
    return Answer(number)
