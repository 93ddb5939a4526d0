"""How a symbol page looks: the DOM generations as a table, and what a page's look is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptostream.sim.quote import Quote

GENERATIONS = ("G0", "G1", "G2", "G3", "G4", "G5")

_HASH = re.compile(r"[\w-]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Generation:
    """The class-name hashes of a generation (the part after the hyphen) and its habits.

    ``template`` is the header's file; ``served_empty``: the price comes with the socket only;
    ``grouped``: thousands have commas; ``split_before_point``: changed digits begin before it.
    """

    template: str = "header_modern.html"
    last: str = "KLji300y"
    row: str = "q8ZtW3Lm"
    quotes: str = "Vb2RkXe7"
    arrow: str = "n5GdYs1c"
    title: str = "HFnhSVZy"
    market: str = "NYvR1HH2"
    qa_id: bool = True
    served_empty: bool = False
    grouped: bool = True
    split_before_point: bool = False


_TABLE = {
    "G0": Generation("header_g0.html", qa_id=False, grouped=False),
    "G1": Generation("header_g1.html", qa_id=False, grouped=False, split_before_point=True),
    "G2": Generation(last="JWoJqCpY", row="OJZRoKx6", quotes="pAUXADuj", arrow="Cg53lmZp",
                     qa_id=False),
    "G3": Generation(last="zoF9r75I", row="NopKb87z", quotes="iJMmXWiA", arrow="raL_9_5p"),
    "G4": Generation(last="fzcYMweq", row="IzU2Iqkz", quotes="QSRrQgkm", arrow="yBgZPU7Y"),
    "G5": Generation(served_empty=True),
}  # fmt: skip


def is_hash(value: object) -> bool:
    """Say whether the value is eight characters that can follow a CSS-module name."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def rotated(generation: Generation, new: str) -> Generation:
    """Return the generation with all hashes changed; ``last`` gets ``new`` itself."""
    row, quotes, arrow, title, market = (new[n:] + new[:n] for n in range(1, 6))
    return replace(
        generation, last=new, row=row, quotes=quotes, arrow=arrow, title=title, market=market
    )


def generation_of(default: str, faults: Mapping[str, Mapping[str, object]]) -> Generation:
    """Return the generation that a page has to show."""
    name = str(faults.get("generation", {}).get("value", default))
    found = _TABLE[name]
    if "hash_rotated" in faults:
        found = rotated(found, str(faults["hash_rotated"]["hash"]))
    if "tail_before_point" in faults:
        found = replace(found, split_before_point=True)
    return found


def served_price(
    generation: Generation, faults: Mapping[str, object], quote: Quote, decimals: int
) -> str:
    """Return the price text in the served HTML, empty where the script must bring it."""
    late = ("never_fills", "slow_fill", "dash", "unit_suffix", "locale", "zero", "negative")
    if generation.served_empty or any(name in faults for name in late):
        return ""
    return price_text(quote.last, decimals, grouped=generation.grouped)


def price_text(units: int, decimals: int, *, grouped: bool) -> str:
    """Return a price as the page prints it: all decimals of its tick size."""
    whole, fraction = divmod(units, 10**decimals)
    text = f"{whole:,}" if grouped else str(whole)
    return f"{text}.{fraction:0{decimals}d}" if decimals else text
