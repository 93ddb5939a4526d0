"""The coins of the CoinGecko replica: which id an asset has, and which others share its symbol.

The ids are CoinGecko's own, so that a map made for the real service fits the replica.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptostream.sim.instruments import INSTRUMENTS

_IDS = """
BTC bitcoin
ETH ethereum
SOL solana
BNB binancecoin
XRP ripple
ADA cardano
DOGE dogecoin
TRX tron
TON the-open-network
AVAX avalanche-2
SHIB shiba-inu
PEPE pepe
DOT polkadot
LINK chainlink
BCH bitcoin-cash
NEAR near
LTC litecoin
UNI uniswap
ICP internet-computer
ETC ethereum-classic
APT aptos
XLM stellar
FIL filecoin
ATOM cosmos
ARB arbitrum
OP optimism
INJ injective-protocol
HBAR hedera-hashgraph
VET vechain
GRT the-graph
MKR maker
AAVE aave
ALGO algorand
SAND the-sandbox
MANA decentraland
AXS axie-infinity
FLOW flow
THETA theta-token
EGLD elrond-erd-2
SUI sui
SEI sei-network
TIA celestia
RUNE thorchain
LDO lido-dao
CRV curve-dao-token
SNX havven
COMP compound-governance-token
DYDX dydx-chain
ENS ethereum-name-service
CHZ chiliz
GALA gala
ZEC zcash
DASH dash
IOTA iota
KAVA kava
WIF dogwifcoin
BONK bonk
FLOKI floki
PAXG pax-gold
USDC usd-coin
LUNC terra-luna
"""
# Bridged and copied coins with the symbol of a well-known one: the list is full of them.
_NAMESAKES = """
BTC bridged-bitcoin-simulated
ETH bridged-ethereum-simulated
PEPE pepe-of-another-chain-simulated
"""


@dataclass(frozen=True, slots=True)
class Coin:
    """One line of the list; ``listing`` is the ticker whose price is the coin's, if any."""

    id: str
    asset: str
    name: str
    listing: str | None


def _rows(text: str) -> list[tuple[str, str]]:
    pairs = (line.split() for line in text.strip().splitlines())
    return [(asset, coin_id) for asset, coin_id in pairs]


def _coins() -> dict[str, Coin]:
    listings = {one.base: one for one in INSTRUMENTS.values() if one.ticker == f"{one.base}USDT"}
    coins = {}
    for asset, coin_id in _rows(_IDS):
        name = listings[asset].description.partition(" / ")[0]
        coins[coin_id] = Coin(coin_id, asset, name, listings[asset].symbol)
    for asset, coin_id in _rows(_NAMESAKES):
        coins[coin_id] = Coin(coin_id, asset, coin_id.replace("-", " ").title(), None)
    return coins


COINS: dict[str, Coin] = _coins()
