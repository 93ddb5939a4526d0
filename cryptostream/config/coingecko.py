"""The settings of the source ``coingecko``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from cryptostream.config.kinds import Count, Seconds, WebAddress, doc

# An id cannot be derived from an asset: several coins may share its symbol.
CoinId = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{1,20}=[^\s,=]{1,100}$")]

# CoinGecko's own ids of the assets that most people mean by these symbols.
COINS = (
    "AAVE=aave",
    "ADA=cardano",
    "ALGO=algorand",
    "APT=aptos",
    "ARB=arbitrum",
    "ATOM=cosmos",
    "AVAX=avalanche-2",
    "AXS=axie-infinity",
    "BCH=bitcoin-cash",
    "BNB=binancecoin",
    "BONK=bonk",
    "BTC=bitcoin",
    "CHZ=chiliz",
    "COMP=compound-governance-token",
    "CRV=curve-dao-token",
    "DASH=dash",
    "DOGE=dogecoin",
    "DOT=polkadot",
    "DYDX=dydx-chain",
    "EGLD=elrond-erd-2",
    "ENS=ethereum-name-service",
    "ETC=ethereum-classic",
    "ETH=ethereum",
    "FIL=filecoin",
    "FLOKI=floki",
    "FLOW=flow",
    "GALA=gala",
    "GRT=the-graph",
    "HBAR=hedera-hashgraph",
    "ICP=internet-computer",
    "INJ=injective-protocol",
    "IOTA=iota",
    "KAVA=kava",
    "LDO=lido-dao",
    "LINK=chainlink",
    "LTC=litecoin",
    "LUNC=terra-luna",
    "MANA=decentraland",
    "MKR=maker",
    "NEAR=near",
    "OP=optimism",
    "PAXG=pax-gold",
    "PEPE=pepe",
    "RUNE=thorchain",
    "SAND=the-sandbox",
    "SEI=sei-network",
    "SHIB=shiba-inu",
    "SNX=havven",
    "SOL=solana",
    "SUI=sui",
    "THETA=theta-token",
    "TIA=celestia",
    "TON=the-open-network",
    "TRX=tron",
    "UNI=uniswap",
    "USDC=usd-coin",
    "USDT=tether",
    "VET=vechain",
    "WIF=dogwifcoin",
    "XLM=stellar",
    "XMR=monero",
    "XRP=ripple",
    "ZEC=zcash",
)


class CoinGecko(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One poll for all tickers: prices averaged over many exchanges."""

    enabled: Annotated[bool, doc("whether CoinGecko may be asked at all")] = True
    base_url: Annotated[WebAddress, doc("CoinGecko API without a key or with a demo key")] = (
        "https://api.coingecko.com/api/v3"
    )
    pro_base_url: Annotated[WebAddress, doc("CoinGecko API with a paid key")] = (
        "https://pro-api.coingecko.com/api/v3"
    )
    plan: Annotated[
        Literal["free", "demo", "pro"],
        doc("free = no key; demo, pro = a key from COINGECKO_API_KEY or from key_file"),
    ] = "free"
    key_file: Annotated[str, doc("file that holds the key and nothing else; empty = none")] = ""
    period: Annotated[
        Seconds,
        doc("each price is asked for so often, never below CoinGecko's own cache; seconds"),
    ] = 60.0
    batch: Annotated[Count, doc("coins that one call asks for at most")] = 250
    timeout: Annotated[Seconds, doc("how long one call may take; seconds")] = 10.0
    ids: Annotated[
        tuple[CoinId, ...], doc("which coin an asset is, as ASSET=id; others are looked up")
    ] = COINS
    list_lookup: Annotated[
        bool, doc("look other assets up in the list of coins, if exactly one has the symbol")
    ] = True
    stale_after: Annotated[
        Seconds, doc("a price that CoinGecko itself last updated so long ago is stale; seconds")
    ] = 300.0
