"""The settings of the gateway: where browsers and services are served, and what each may take."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cryptostream.config.kinds import Count, Port, Positive, Seconds, doc

Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s/]+$")]


class Gateway(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """WebSocket, server-sent events and REST for browsers and services."""

    enabled: Annotated[bool, doc("run the gateway")] = True
    host: Annotated[str, msgspec.Meta(min_length=1), doc("address that the gateway listens on")] = (
        "127.0.0.1"
    )
    port: Annotated[Port, doc("port that the gateway listens on")] = 7780
    origins: Annotated[
        tuple[Origin, ...], doc("origins of further web pages that may connect, like https://a.b")
    ] = ()
    auth: Annotated[
        Literal["auto", "token"], doc("auto = tokens only where others can reach the gateway")
    ] = "auto"
    tokens_file: Annotated[
        str, doc("file of the tokens; empty = tokens.json in the user's configuration directory")
    ] = ""
    behind_tls_proxy: Annotated[
        bool, doc("a proxy of yours carries TLS, so another address than loopback is allowed")
    ] = False
    max_viewers: Annotated[Count, doc("viewers that may be connected at once")] = 1000
    max_viewers_per_address: Annotated[
        Count, doc("viewers of one address that may be connected at once")
    ] = 1000
    max_tickers: Annotated[Count, doc("tickers that one viewer may follow")] = 500
    max_message: Annotated[
        int, msgspec.Meta(ge=1024), doc("largest message accepted from a viewer; bytes")
    ] = 65_536
    request_rate: Annotated[Positive, doc("messages per second that one viewer may send")] = 20.0
    queue: Annotated[
        int, msgspec.Meta(ge=16_384), doc("messages that may wait for one viewer; bytes")
    ] = 1_048_576
    slow_after: Annotated[
        Seconds, doc("a viewer whose messages wait for so long is disconnected; seconds")
    ] = 10.0
    ring: Annotated[Count, doc("records per topic kept for viewers that come back")] = 512
    heartbeat: Annotated[Seconds, doc("a viewer hears something at least this often; seconds")] = (
        1.0
    )
    ping: Annotated[
        Seconds, doc("pause between two pings of a viewer, and time for the answer; seconds")
    ] = 10.0
