"""Every fault of the simulated market: one table a group.

A fault's name is what the switchboard, the tests and the demo call it by.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptostream.sim.looks import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

Param = bool | int | float | str
Params = dict[str, Param]


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of the table; ``once`` faults happen at the moment they are set."""

    name: str
    group: str
    sentence: str
    params: Mapping[str, Param] = field(default_factory=dict)
    once: bool = False


PAGE_FAULTS = (
    # look: what the page shows, and in which DOM
    Fault("generation", "look", "The header is built as in that generation.", {"value": "G5"}),
    Fault("hash_rotated", "look", "New CSS-module hashes (drawn when empty).", {"hash": ""}),
    Fault("no_qa_id", "look", "The price has no data-qa-id."),
    Fault("two_qa_ids", "look", "A second element carries the price's data-qa-id."),
    Fault("no_js_symbol_last", "look", "The price has no class js-symbol-last."),
    Fault("hidden_copy", "look", "The hidden header ticker holds an old price."),
    Fault("unbound_duplicate", "look", "An unbound row of the same symbol stands first."),
    Fault(
        "wrong_symbol_first",
        "look",
        "The header shows another symbol, then the right one.",
        {"seconds": 2.0, "other": ""},
    ),
    Fault("wrong_symbol", "look", "The header stays with another symbol.", {"other": ""}),
    Fault("locale", "look", "Numbers as elsewhere: nbsp, narrow or dot.", {"style": "nbsp"}),
    Fault("unit_suffix", "look", "The price is abbreviated: K, M or B.", {"unit": "K"}),
    Fault("pipette", "look", "The last digit stands in a sup element."),
    Fault("dash", "look", "A dash stands where the price should be."),
    Fault("bidi_marks", "look", "Invisible direction marks wrap the price."),
    Fault("tail_before_point", "look", "The changed digits are split before the point."),
    Fault("delayed", "look", "The badge says delayed, not real-time.", {"minutes": 15}),
    # painting: how a number gets into the DOM
    Fault("half_built", "painting", "A number is painted in two tasks.", {"gap_ms": 0}),
    Fault("replace_element", "painting", "Each tick replaces the price element."),
    Fault("remount_header", "painting", "The whole header is rebuilt.", {"every": 1}),
    Fault(
        "mutation_storm",
        "painting",
        "The same number is painted over and over.",
        {"per_second": 1000},
    ),
    Fault("price_spike", "painting", "One tick is wrong by a factor.", {"factor": 10}, once=True),
    Fault("zero", "painting", "The price is zero."),
    Fault("negative", "painting", "The price is negative."),
    Fault("equal_repeat", "painting", "Every price is sent twice."),
    # start: what a page does before its first price
    Fault("never_fills", "start", "The price never appears."),
    Fault("slow_fill", "start", "The price appears late.", {"seconds": 5.0}),
    Fault("script_fails", "start", "The page's script is not found."),
    Fault("slow_load", "start", "The HTML is served late.", {"seconds": 5.0}),
    Fault("endless_requests", "start", "The page never stops asking for things."),
    Fault("big_page", "start", "Half a megabyte more of HTML."),
    # stops: what ends a stream that worked
    Fault("freeze", "stops", "The price stands still, heartbeats go on."),
    Fault("freeze_dom", "stops", "Frames arrive, the DOM does not change."),
    Fault("freeze_time", "stops", "The time element stands still."),
    Fault("no_heartbeats", "stops", "The socket sends no heartbeats."),
    Fault("drop_socket", "stops", "Cut now: abort or close.", {"how": "abort"}, once=True),
    Fault("refuse_socket", "stops", "The socket's handshake is answered 429."),
    Fault(
        "redirect",
        "stops",
        "The socket sends pages elsewhere (itself when empty).",
        {"host": "", "times": 1},
    ),
    Fault("protocol_error", "stops", "The socket says protocol_error and closes."),
    Fault("symbol_error", "stops", "The socket answers s:error for the symbol."),
    Fault(
        "crash_page",
        "stops",
        "The page kills its renderer (best effort, a second or two).",
        {"every_load": False},
        once=True,
    ),
    Fault("hang_page", "stops", "The page's main thread hangs.", {"seconds": 3600.0}, once=True),
    Fault("memory_growth", "stops", "The page leaks.", {"mb_per_second": 20}),
    # in the way: what stands before or in place of the page
    Fault("cookie_notice", "in the way", "A cookie notice, unless its cookie is set."),
    Fault("overlay", "in the way", "A sign-in dialog covers the page."),
    Fault("toast", "in the way", "A promotion covers a corner."),
    Fault("session_interrupted", "in the way", "The dialog of a second device."),
    Fault(
        "challenge",
        "in the way",
        "A bot challenge, status 403; open pages meet it at once, if asked.",
        {"reload": False},
    ),
    Fault("status_429", "in the way", "Pages are answered 429.", {"retry_after": 30}),
    Fault("status_503", "in the way", "Pages are answered 503."),
    Fault(
        "not_found",
        "in the way",
        "The page is 404 from now on; so is the directory, or reload, if asked.",
        {"directory": False, "reload": False},
    ),
    Fault("navigate_away", "in the way", "The page goes elsewhere.", {"url": "/"}, once=True),
)
# The exchange's own list.
DIRECTORY_FAULTS = (
    Fault("directory_down", "directory", "The exchange answers 500."),
    Fault("directory_451", "directory", "The exchange answers 451."),
    Fault("directory_429", "directory", "The exchange answers 429.", {"retry_after": 30}),
    Fault("directory_html", "directory", "The exchange's firewall answers 403 with HTML."),
)
# A coin is named by a ticker of its asset: BINANCE:BTCUSDT is bitcoin.
COINGECKO_FAULTS = (
    Fault("coingecko_absent", "coingecko", "The coin's id is missing in answers and list."),
    Fault("coingecko_null", "coingecko", "The coin's numbers are null."),
    Fault("coingecko_old", "coingecko", "The coin's price and last_updated_at stand still."),
    Fault("coingecko_exponent", "coingecko", "All numbers come in exponent form."),
    Fault("coingecko_429", "coingecko", "Every call is answered 429.", {"retry_after": 30}),
    Fault("coingecko_body_429", "coingecko", "HTTP 200 with the body of a 429."),
    Fault(
        "coingecko_error",
        "coingecko",
        "An error of that status in one of the three shapes: text, status or nested.",
        {"shape": "text", "status": 400},
    ),
    Fault("coingecko_401", "coingecko", "The key is refused.", {"shape": "status"}),
    Fault("coingecko_503", "coingecko", "The service answers 503."),
    Fault("coingecko_html", "coingecko", "The firewall answers 403 with HTML."),
    Fault("coingecko_malformed", "coingecko", "The JSON of an answer is cut short."),
    Fault("coingecko_slow", "coingecko", "Answers come late.", {"seconds": 5.0}),
)
KRAKEN_FAULTS = (
    Fault("kraken_drop", "kraken", "Sockets cut now: abort or close.", {"how": "abort"}, once=True),
    Fault("kraken_half_open", "kraken", "Sockets are accepted and send nothing, for good."),
    Fault("kraken_429", "kraken", "REST and handshakes are answered 429.", {"retry_after": 30}),
    Fault("kraken_403", "kraken", "REST and handshakes are answered 403 with HTML."),
    Fault("kraken_451", "kraken", "REST and handshakes are answered 451."),
    Fault("kraken_503", "kraken", "REST and handshakes are answered 503 with HTML."),
    Fault("kraken_malformed", "kraken", "The JSON of answers and messages is cut short."),
    Fault("kraken_maintenance", "kraken", "In maintenance: REST refuses, sockets say so."),
    Fault("kraken_halted", "kraken", "The pair only takes cancellations."),
)
# Symbols where it makes sense: a connection is concerned when it carries one of them.
BINANCE_FAULTS = (
    Fault(
        "binance_drop", "binance", "Sockets cut now: abort or close.", {"how": "abort"}, once=True
    ),
    Fault("binance_half_open", "binance", "Sockets stay open and send nothing, not even pings."),
    Fault("binance_silent", "binance", "The symbol's streams are accepted and stay silent."),
    Fault("binance_halted", "binance", "The symbol is in BREAK: listed so, and silent."),
    Fault(
        "binance_error_frame",
        "binance",
        "Requests on a socket are refused, plainly or wrapped.",
        {"shape": "plain"},
    ),
    Fault(
        "binance_shutdown",
        "binance",
        "Sockets are told serverShutdown, and cut a while later.",
        {"seconds": 5.0},
        once=True,
    ),
    Fault("binance_day_end", "binance", "Sockets end as after 24 hours.", once=True),
    Fault("binance_no_ping", "binance", "The server does not ping."),
    Fault(
        "binance_refuse",
        "binance",
        "Handshakes are refused: 429, 418, 451, 403 (HTML) or 5XX.",
        {"status": 429, "retry_after": 30},
    ),
    Fault("binance_rest_429", "binance", "REST is answered 429.", {"retry_after": 30}),
    Fault("binance_rest_418", "binance", "REST is answered 418: banned.", {"retry_after": 120}),
    Fault("binance_rest_451", "binance", "REST is answered 451: the region."),
    Fault("binance_rest_500", "binance", "REST is answered 500."),
    Fault("binance_rest_html", "binance", "REST is answered 403 with HTML: the firewall."),
    Fault("binance_rest_slow", "binance", "REST answers come late.", {"seconds": 5.0}),
    Fault("binance_malformed", "binance", "One message in so many is cut short.", {"every": 5}),
    Fault("binance_lost", "binance", "One trade in so many is lost.", {"every": 5}),
    Fault("binance_doubled", "binance", "Each trade is sent twice."),
    Fault("binance_swapped", "binance", "Trades come in pairs, the later one first."),
    Fault(
        "binance_out_of_order",
        "binance",
        "Each tenth trade comes so many trades late.",
        {"by": 3},
    ),
    Fault(
        "binance_clock_skew",
        "binance",
        "The exchange's clock is off: old or future.",
        {"seconds": 3600.0, "direction": "future"},
    ),
    Fault("binance_microseconds", "binance", "Times are in us though nobody asked for that."),
)
FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *PAGE_FAULTS,
        *DIRECTORY_FAULTS,
        *COINGECKO_FAULTS,
        *KRAKEN_FAULTS,
        *BINANCE_FAULTS,
    )
}

CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("generation", "value"): GENERATIONS,
    ("locale", "style"): ("nbsp", "narrow", "dot"),
    ("unit_suffix", "unit"): ("K", "M", "B"),
    ("drop_socket", "how"): ("abort", "close"),
    ("binance_drop", "how"): ("abort", "close"),
    ("binance_error_frame", "shape"): ("plain", "wrapped"),
    ("binance_clock_skew", "direction"): ("future", "old"),
    ("coingecko_error", "shape"): ("text", "status", "nested"),
    ("coingecko_401", "shape"): ("status", "nested"),
    ("kraken_drop", "how"): ("abort", "close"),
}
