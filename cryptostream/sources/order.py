"""Which sources a symbol may come from: the settings, the symbol's own wish, and venues."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from cryptostream.errors import StartError
from cryptostream.symbols import Order, plain_symbol, sources_of, split_symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cryptostream.config.settings import Config
    from cryptostream.sources.base import SourceKind


def order_of(symbol: str, config: Config, kinds: Mapping[str, SourceKind]) -> Order:
    """Return the sources of a symbol in order of preference.

    A symbol that names its sources gets exactly these, other venues included: who names a
    source accepts it. Any other symbol gets those of the settings, and one with another
    venue's price only where the settings accept that.
    """
    named = sources_of(symbol)
    unknown = [name for name in named if name not in kinds]
    if unknown:
        known = ", ".join(sorted(kinds))
        return Order((), why_none=f"no source named {unknown[0]!r} here; there are {known}")
    wanted = named or configured(plain_symbol(symbol), config)
    exchange = split_symbol(symbol)[0]
    venues = {name: kinds[name].venue(symbol, config) for name in wanted if name in kinds}
    accepts = bool(named) or config.sources.other_venue == "accept"
    usable = [name for name, at in venues.items() if at is not None]
    taken = tuple(name for name in usable if accepts or venues[name] == exchange)
    held = [name for name in usable if name not in taken]
    return Order(taken, _held(symbol, held, venues), "" if taken else _why_none(wanted, held))


def checked_order(config: Config, kinds: Mapping[str, SourceKind]) -> Callable[[str], Order]:
    """Return :func:`order_of` under these settings.

    Raises:
        StartError: the settings name a source that is not installed.

    """
    rules = [("sources.orders", rule.partition("=")[2]) for rule in config.sources.orders]
    rules.append(("sources.order", "+".join(config.sources.order)))
    for path, names in rules:
        for name in names.split("+"):
            if name not in kinds:
                known = ", ".join(sorted(kinds))
                raise StartError(
                    f"{path} names the source {name!r}, which is not installed",
                    code="bad_source",
                    hint=f"there are {known}",
                )
    return lambda symbol: order_of(symbol, config, kinds)


def configured(symbol: str, config: Config) -> tuple[str, ...]:
    """Return the sources that the settings give a plain symbol."""
    for rule in config.sources.orders:
        pattern, _, names = rule.partition("=")
        if fnmatch.fnmatchcase(symbol, pattern):
            return tuple(names.split("+"))
    return config.sources.order


def _held(symbol: str, held: list[str], venues: Mapping[str, str | None]) -> str:
    if not held:
        return ""
    first = held[0]
    return (
        f"{first} would have {venues[first]}'s price: ask for {plain_symbol(symbol)}@{first}, or "
        'set sources.other_venue = "accept"'
    )


def _why_none(wanted: tuple[str, ...], held: list[str]) -> str:
    if held:
        return "no source has this exchange's own price"
    names = ", ".join(wanted)
    return f"none of its sources ({names}) has this ticker: see 'cryptostream sources'"
