"""What no single type can say: which settings exclude each other, and what is safe."""

from __future__ import annotations

import ipaddress
import urllib.parse
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptostream.config.settings import Config


_LOOPBACK_ONLY = (
    "is not a loopback address; CURVE keys are not supported yet, so nobody else may connect: "
    "use 127.0.0.1 and a tunnel"
)


def broken_rules(config: Config) -> Iterator[tuple[str, str]]:
    """Yield (path, what is wrong with its value) for each rule that the settings break."""
    yield from _addresses(config)
    yield from _collisions(config)
    yield from _pairs(config)
    yield from _source_orders(config)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``; names other than localhost are not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _addresses(config: Config) -> Iterator[tuple[str, str]]:
    for path, address in (
        ("router.control", config.router.control),
        ("router.data", config.router.data),
    ):
        problem = _zmq_problem(address)
        if problem:
            yield path, problem
    if not is_loopback(config.sim.host):
        yield "sim.host", _LOOPBACK_ONLY
    yield from _gateway(config)


def _gateway(config: Config) -> Iterator[tuple[str, str]]:
    gateway = config.gateway
    if is_loopback(gateway.host) or not gateway.enabled:
        return
    if not gateway.tokens_file:
        yield (
            "gateway.host",
            (
                "is not a loopback address, so viewers need tokens: name their file in "
                "gateway.tokens_file, and see 'cryptostream token create'"
            ),
        )
    if not gateway.behind_tls_proxy:
        yield (
            "gateway.host",
            (
                "is not a loopback address, and the gateway itself speaks no TLS: put a proxy "
                "before it and set gateway.behind_tls_proxy, or use 127.0.0.1 and a tunnel"
            ),
        )


def _zmq_problem(address: str) -> str:
    scheme, _, rest = address.partition("://")
    if scheme == "ipc" and rest:
        return ""
    host, port = _host_and_port(address) if scheme == "tcp" else ("", 0)
    if not host or not port:
        return "must look like tcp://127.0.0.1:7700 (with a fixed port) or ipc:///some/path"
    return "" if is_loopback(host) else _LOOPBACK_ONLY


def _host_and_port(address: str) -> tuple[str, int]:
    """Return host and port of ``tcp://host:port``; empty and 0 for what cannot be read."""
    try:
        parts = urllib.parse.urlsplit(address)
        port = parts.port
    except ValueError:
        return "", 0
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        return "", 0
    return parts.hostname or "", port or 0


def _collisions(config: Config) -> Iterator[tuple[str, str]]:
    listeners = {
        "router.control": _place(config.router.control),
        "router.data": _place(config.router.data),
    }
    if config.gateway.enabled:
        listeners["gateway.port"] = config.gateway.port
    if config.sim.enabled:
        listeners["sim.port"] = config.sim.port
    taken = Counter(listeners.values())
    for path, place in listeners.items():
        if taken[place] > 1:
            others = [other for other, at in listeners.items() if at == place and other != path]
            yield path, f"listens at the same place as {' and '.join(others)}"


def _place(address: str) -> object:
    # 127.0.0.1, localhost and ::1 are one machine: the port alone tells two listeners apart.
    return _host_and_port(address)[1] or address


def _source_orders(config: Config) -> Iterator[tuple[str, str]]:
    """Check the form of the orders of sources; which sources there are, the start tells."""
    if not config.sources.order:
        yield "sources.order", "must name at least one source"
    for option in config.sources.options:
        name, equals, _ = option.partition("=")
        if not equals or not all(name.partition(".")):
            yield "sources.options", f"{option!r} is not like lines.address=127.0.0.1:9999"
    for rule in config.sources.orders:
        pattern, equals, names = rule.partition("=")
        named = equals and all(names.split("+"))
        if not named or (pattern != "*" and ":" not in pattern):
            yield "sources.orders", f"{rule!r} is not like KRAKEN:*=ccxt+tradingview"


def _pairs(config: Config) -> Iterator[tuple[str, str]]:
    """Check the pairs of which one must not be larger than the other."""
    tradingview = config.sources.tradingview
    pairs = (
        ("router.heartbeat", config.router.heartbeat, "router.lease", config.router.lease),
        (
            "reconciler.first_backoff",
            config.reconciler.first_backoff,
            "reconciler.backoff_cap",
            config.reconciler.backoff_cap,
        ),
        (
            "directory.refresh",
            config.directory.refresh,
            "directory.max_age",
            config.directory.max_age,
        ),
        ("browsers.start", config.browsers.start, "browsers.ceiling", config.browsers.ceiling),
        (
            "sources.tradingview.stale_after",
            tradingview.stale_after,
            "sources.tradingview.reload_after",
            tradingview.reload_after,
        ),
    )
    for path, low, other, high in pairs:
        if low > high:
            yield path, f"must not be larger than {other} ({high})"
