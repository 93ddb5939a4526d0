"""The settings of the source ``tradingview``."""

from __future__ import annotations

from typing import Annotated

import msgspec

from cryptostream.config.kinds import CountOrZero, Positive, Seconds, WebAddress, doc


class TradingView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The symbol pages: what is loaded, and when a value is believed."""

    base_url: Annotated[WebAddress, doc("site whose /symbols/ pages are opened")] = (
        "https://www.tradingview.com"
    )
    load_timeout: Annotated[Seconds, doc("how long a page may take to load; seconds")] = 30.0
    value_timeout: Annotated[
        Seconds, doc("how long a loaded page may take to show a price; seconds")
    ] = 20.0
    block_images: Annotated[bool, doc("do not load images")] = True
    block_fonts: Annotated[bool, doc("do not load fonts")] = True
    block_media: Annotated[bool, doc("do not load audio and video")] = True
    block_ads: Annotated[bool, doc("do not load advertising and tracking scripts")] = True
    hide_layout: Annotated[bool, doc("keep the page from being laid out and painted")] = True
    animation_hz: Annotated[
        float, msgspec.Meta(ge=0), doc("animation frames per second; 0 = leave them alone")
    ] = 4.0
    frames: Annotated[bool, doc("also read the quotes that the page itself receives")] = True
    stability_ms: Annotated[
        CountOrZero, doc("a first price is believed once unchanged or confirmed for so long; ms")
    ] = 100
    max_jump_percent: Annotated[
        Positive, doc("a larger step between two prices is suspect until confirmed; percent")
    ] = 20.0
    stale_after: Annotated[
        Seconds, doc("less than a third of this is never too long a silence; seconds")
    ] = 15.0
    reload_after: Annotated[Seconds, doc("a stale page is replaced after so long; seconds")] = 60.0
    timezone: Annotated[
        str, msgspec.Meta(min_length=1), doc("time zone that the pages are shown in")
    ] = "UTC"
    cookie_preset: Annotated[bool, doc("set the cookie that keeps the notice away, declining")] = (
        True
    )
