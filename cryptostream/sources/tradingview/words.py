"""What the observer says, from JSON text to values; what a page says is never trusted."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cryptostream.errors import ProtocolError

# A page could name any number: in ns it has to fit into 64 bits (until the year 2255).
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=9e12)]


class Value(msgspec.Struct, frozen=True, array_like=True, tag="v"):
    """The text of the price node has changed; ``at_ms`` is ms since the Unix epoch."""

    text: str
    at_ms: Milliseconds
    rule: str
    changes: list[str]
    reread: int


class Facts(msgspec.Struct, frozen=True):
    """What the page knows of itself once a second."""

    mutations: int
    visible: str
    text: str
    rule: str
    shown: str
    mode: str
    simulated: bool


class Pulse(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """The page is alive."""

    at_ms: Milliseconds
    facts: Facts


class ErrorPage(msgspec.Struct, frozen=True, array_like=True, tag="e"):
    """Something else stands in the page's place."""

    kind: Literal["not_found", "blocked"]
    text: str


Word = Value | Pulse | ErrorPage
_decoder: msgspec.json.Decoder[Word] = msgspec.json.Decoder(Word)


def decode_word(text: str) -> Word:
    """Return one event of the observer.

    Raises:
        ProtocolError: the page called the binding with something else.

    """
    try:
        return _decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as error:
        raise ProtocolError(f"the page said something unexpected: {error}") from error
