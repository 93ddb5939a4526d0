"""The fault switchboard: switches every way to break the simulated market on and off.

A fault is set for one symbol or for ``*`` (all) and stays until it is cleared, except those
that happen once. Listeners are told of every change, so that open pages change too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptostream.errors import CryptoStreamError
from cryptostream.sim.fault_table import CHOICES, FAULTS, Fault, Param, Params
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.looks import is_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVERYTHING = "*"

_LONGEST_TEXT = 200


class BadFault(CryptoStreamError):
    """A fault, parameter or symbol that the switchboard does not know."""

    code = "bad_fault"


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """A fault was set (``active``) or cleared for a symbol or ``*``."""

    fault: Fault
    symbol: str
    params: Params
    active: bool

    def concerns(self, symbol: str) -> bool:
        return self.symbol in (EVERYTHING, symbol)


def known_fault(name: object) -> Fault:
    """Return the line of the table.

    Raises:
        BadFault: there is none.

    """
    if not isinstance(name, str) or name not in FAULTS:
        raise BadFault(f"no fault {name!r}", hint="GET /faults lists them")
    return FAULTS[name]


def known_symbol(symbol: object) -> str:
    """Return the symbol or ``*``.

    Raises:
        BadFault: it is not listed.

    """
    if not isinstance(symbol, str) or (symbol != EVERYTHING and symbol not in INSTRUMENTS):
        raise BadFault(f"no symbol {symbol!r}", hint='write it like "BINANCE:BTCUSDT", or "*"')
    return symbol


def _checked(fault: Fault, name: str, value: object) -> Param:
    default = fault.params[name]
    if isinstance(default, bool):
        good = isinstance(value, bool)
    elif isinstance(default, int | float):
        good = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    else:
        good = isinstance(value, str) and len(value) <= _LONGEST_TEXT
    choices = CHOICES.get((fault.name, name))
    if (choices and value not in choices) or (name == "hash" and value and not is_hash(value)):
        good = False
    if name == "other" and value and value not in INSTRUMENTS:
        good = False
    if not good or not isinstance(value, bool | int | float | str):
        wanted = f"one of {', '.join(choices)}" if choices else f"like {default!r}"
        raise BadFault(f"{fault.name}: bad {name} {value!r}", hint=f"write {wanted}")
    return value


def complete(fault: Fault, given: Mapping[str, object]) -> Params:
    """Return all parameters of the fault: the given ones, checked, over the defaults.

    Raises:
        BadFault: a parameter is unknown or has a wrong value.

    """
    for name in given:
        if name not in fault.params:
            known = ", ".join(fault.params) or "none"
            raise BadFault(f"{fault.name} has no parameter {name!r}", hint=f"it has: {known}")
    return {
        name: _checked(fault, name, given.get(name, value)) for name, value in fault.params.items()
    }


class FaultBoard:
    """Which faults are active. ``draw`` returns a new random hash."""

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw = draw
        self._active: dict[tuple[str, str], Params] = {}
        self._listeners: list[Callable[[FaultEvent], None]] = []

    def set(self, name: str, symbol: str = EVERYTHING, **params: object) -> None:
        """Switch a fault on; the symbol's own setting wins over that of ``*``.

        Raises:
            BadFault: name, symbol or a parameter is wrong; nothing has changed.

        """
        fault, where = known_fault(name), known_symbol(symbol)
        filled = complete(fault, params)
        if filled.get("hash") == "":
            filled["hash"] = self._draw()
        if not fault.once or filled.get("every_load"):
            self._active[name, where] = filled
        self._tell(FaultEvent(fault, where, filled, active=True))

    def clear(self, name: str | None = None, symbol: str | None = None) -> None:
        """Switch off what matches; None matches everything.

        Raises:
            BadFault: the name or the symbol is unknown.

        """
        if name is not None:
            known_fault(name)
        if symbol is not None:
            known_symbol(symbol)
        for key in [k for k in self._active if name in (None, k[0]) and symbol in (None, k[1])]:
            params = self._active.pop(key)
            self._tell(FaultEvent(FAULTS[key[0]], key[1], params, active=False))

    def get(self, name: str, symbol: str = EVERYTHING) -> Params | None:
        """Return the parameters of an active fault, None when it is not active."""
        own = self._active.get((name, symbol))
        return self._active.get((name, EVERYTHING)) if own is None else own

    def of(self, symbol: str) -> dict[str, Params]:
        """Return all that is active for the symbol."""
        names = {name for name, where in self._active if where in (EVERYTHING, symbol)}
        return {name: self.get(name, symbol) or {} for name in sorted(names)}

    def active(self) -> list[dict[str, object]]:
        """Return what is active, as the switchboard's answer lists it."""
        return [{"name": n, "symbol": s, **p} for (n, s), p in sorted(self._active.items())]

    def listen(self, listener: Callable[[FaultEvent], None]) -> Callable[[], None]:
        """Call the listener at every change; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self, event: FaultEvent) -> None:
        for listener in tuple(self._listeners):
            listener(event)


def table() -> list[dict[str, object]]:
    """Return the table as the switchboard's answer shows it."""
    return [
        {"name": f.name, "group": f.group, "sentence": f.sentence, "params": dict(f.params),
         "once": f.once}
        for f in FAULTS.values()
    ]  # fmt: skip


def faults_from_query(query: Mapping[str, str]) -> dict[str, Params]:
    """Return the look and painting switches of a page's address.

    ``dash=1`` switches on; for a fault with parameters the value is that of the first one:
    ``locale=dot``, ``generation=G2``. ``hash=abcd1234`` is short for ``hash_rotated``.

    Raises:
        BadFault: a value is wrong.

    """
    found: dict[str, Params] = {}
    for key, text in query.items():
        fault = FAULTS.get("hash_rotated" if key == "hash" else key)
        if fault is None or fault.group not in ("look", "painting", "start") or text == "0":
            continue
        first = next(iter(fault.params), None)
        given = {} if first is None or text in ("", "1") else {first: _typed(fault, first, text)}
        found[fault.name] = complete(fault, given)
    return found


def _typed(fault: Fault, name: str, text: str) -> object:
    if isinstance(fault.params[name], int | float):
        try:
            return float(text)
        except ValueError as error:
            raise BadFault(f"{fault.name}: {text!r} is not a number", hint="like 2.5") from error
    return text
