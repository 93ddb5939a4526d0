"""The settings of the source ``binance``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cryptostream.config.kinds import (
    OptionalWebAddress,
    Positive,
    Seconds,
    SocketAddress,
    WebAddress,
    doc,
)

OptionalSocketAddress = Annotated[str, msgspec.Meta(pattern=r"^(wss?://[^\s/]+[^\s]*)?$")]


class Binance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public streams of Binance: ticks with bid and ask, and trades."""

    enabled: Annotated[bool, doc("use the streams of Binance at all")] = True
    exchange: Annotated[
        str,
        msgspec.Meta(pattern=r"^[A-Z][A-Z0-9_]{1,19}$"),
        doc("whose tickers these hosts have: BINANCE, or BINANCEUS for those of binance.us"),
    ] = "BINANCE"
    stream_url: Annotated[SocketAddress, doc("host of the streams")] = (
        "wss://stream.binance.com:9443"
    )
    fallback_stream_url: Annotated[
        OptionalSocketAddress, doc("host of the streams where the first refuses the region")
    ] = "wss://data-stream.binance.vision"
    rest_url: Annotated[WebAddress, doc("host that is asked for listings and first values")] = (
        "https://api.binance.com"
    )
    fallback_rest_url: Annotated[
        OptionalWebAddress, doc("host that is asked where the first refuses the region")
    ] = "https://data-api.binance.vision"
    trades: Annotated[bool, doc("carry each trade")] = True
    book: Annotated[bool, doc("carry the best bid and ask")] = True
    day: Annotated[
        Literal["ticker", "miniTicker", "off"],
        doc("stream that the change and volume of the day come from, once a second"),
    ] = "ticker"
    streams_per_connection: Annotated[
        int, msgspec.Meta(ge=3, le=1024), doc("streams on one connection; Binance allows 1024")
    ] = 1024
    messages_per_second: Annotated[
        float,
        msgspec.Meta(gt=0, le=4),
        doc("messages sent on one connection; Binance cuts at 5, answers to pings included"),
    ] = 4.0
    attempts_per_5min: Annotated[
        int, msgspec.Meta(ge=1, le=300), doc("connections begun in 5 minutes; Binance allows 300")
    ] = 250
    silence: Annotated[
        Seconds, doc("a connection that says nothing for so long, asked or not, is dead; seconds")
    ] = 10.0
    quiet_after: Annotated[
        Seconds, doc("a ticker without a message for so long is called quiet; seconds")
    ] = 30.0
    first_value_timeout: Annotated[
        Seconds, doc("how long the first value of a ticker may take; seconds")
    ] = 10.0
    reconnect_after: Annotated[
        Seconds, doc("age at which a connection is replaced; Binance cuts it at 24 h; seconds")
    ] = 84_600.0
    overlap: Annotated[
        Seconds, doc("how long the old connection stays once its successor delivers; seconds")
    ] = 2.0
    backoff_first: Annotated[
        Seconds, doc("longest wait before a lost connection is tried again; seconds")
    ] = 0.5
    backoff_cap: Annotated[
        Positive, doc("no wait between two attempts to connect is longer; seconds")
    ] = 60.0
    connect_timeout: Annotated[
        Seconds, doc("how long a connection or a request may take; seconds")
    ] = 10.0
