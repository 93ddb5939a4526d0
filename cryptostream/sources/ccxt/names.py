"""Names and addresses: which of ccxt's exchanges is meant, and where it is reached. Pure."""

from __future__ import annotations

import ipaddress
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptostream.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Address:
    """Another address in ccxt's table of an exchange; ``path`` are the keys that lead to it."""

    path: tuple[str, ...]
    url: str


def ids_by_exchange(settings: Iterable[str]) -> dict[str, str]:
    """Return ccxt's id of each exchange from settings like ``KRAKEN=kraken``; the last counts."""
    pairs = (entry.partition("=") for entry in settings)
    return {exchange: ccxt_id for exchange, _, ccxt_id in pairs}


def addresses_of(ccxt_id: str, settings: Iterable[str]) -> list[Address]:
    """Return the other addresses of an exchange: ``kraken:api.public=http://…``."""
    found = []
    for entry in settings:
        target, _, url = entry.partition("=")
        exchange, _, path = target.partition(":")
        if exchange == ccxt_id:
            found.append(Address(tuple(path.split(".")), url))
    return found


def place(urls: dict[str, Any], address: Address) -> None:
    """Put an address in its place of ccxt's table.

    Raises:
        ConfigError: the table has no such place.

    """
    table: Any = urls
    *parents, last = address.path
    for key in parents:
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict) or not isinstance(table.get(last), str):
        known = ", ".join(_paths(urls)) or "none"
        raise ConfigError(
            f"ccxt has no address {'.'.join(address.path)!r} here",
            hint=f"sources.ccxt.urls can replace: {known}",
        )
    table[last] = address.url


def _paths(urls: Mapping[str, Any], before: str = "") -> list[str]:
    found = []
    for key, value in urls.items():
        if isinstance(value, dict):
            found += _paths(value, f"{before}{key}.")
        elif isinstance(value, str) and (before.startswith("api.") or key == "api"):
            found.append(f"{before}{key}")
    return found


def is_local(addresses: Iterable[Address]) -> bool:
    """Tell whether an exchange is reached on this machine alone: nobody limits us there."""
    hosts = [urllib.parse.urlsplit(address.url).hostname or "" for address in addresses]
    return bool(hosts) and all(_is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
