"""What the simulated market lists: tickers with a plausible seed price and their tick size."""

from __future__ import annotations

from dataclasses import dataclass

# ticker, base, quote, name of the base, seed price. The decimals of the seed are the tick size.
_BINANCE = """
BTCUSDT BTC USDT Bitcoin 67123.45
ETHUSDT ETH USDT Ethereum 3456.78
SOLUSDT SOL USDT Solana 172.35
BNBUSDT BNB USDT Binance_Coin 598.40
XRPUSDT XRP USDT XRP 0.5321
ADAUSDT ADA USDT Cardano 0.4512
DOGEUSDT DOGE USDT Dogecoin 0.15873
TRXUSDT TRX USDT TRON 0.1243
TONUSDT TON USDT Toncoin 6.732
AVAXUSDT AVAX USDT Avalanche 35.41
SHIBUSDT SHIB USDT Shiba_Inu 0.00002456
PEPEUSDT PEPE USDT Pepe 0.00001234
DOTUSDT DOT USDT Polkadot 6.874
LINKUSDT LINK USDT Chainlink 16.42
BCHUSDT BCH USDT Bitcoin_Cash 467.3
NEARUSDT NEAR USDT NEAR_Protocol 7.215
LTCUSDT LTC USDT Litecoin 83.56
UNIUSDT UNI USDT Uniswap 9.834
ICPUSDT ICP USDT Internet_Computer 11.932
ETCUSDT ETC USDT Ethereum_Classic 29.37
APTUSDT APT USDT Aptos 8.914
XLMUSDT XLM USDT Stellar 0.1076
FILUSDT FIL USDT Filecoin 5.743
ATOMUSDT ATOM USDT Cosmos 8.362
ARBUSDT ARB USDT Arbitrum 1.0234
OPUSDT OP USDT Optimism 2.413
INJUSDT INJ USDT Injective 25.87
HBARUSDT HBAR USDT Hedera 0.10234
VETUSDT VET USDT VeChain 0.03456
GRTUSDT GRT USDT The_Graph 0.2987
MKRUSDT MKR USDT Maker 2734.0
AAVEUSDT AAVE USDT Aave 94.67
ALGOUSDT ALGO USDT Algorand 0.1823
SANDUSDT SAND USDT The_Sandbox 0.4378
MANAUSDT MANA USDT Decentraland 0.4456
AXSUSDT AXS USDT Axie_Infinity 7.412
FLOWUSDT FLOW USDT Flow 0.912
THETAUSDT THETA USDT Theta_Network 2.134
EGLDUSDT EGLD USDT MultiversX 41.52
SUIUSDT SUI USDT Sui 1.0547
SEIUSDT SEI USDT Sei 0.5213
TIAUSDT TIA USDT Celestia 9.876
RUNEUSDT RUNE USDT THORChain 5.634
LDOUSDT LDO USDT Lido_DAO 2.187
CRVUSDT CRV USDT Curve_DAO 0.4312
SNXUSDT SNX USDT Synthetix 2.856
COMPUSDT COMP USDT Compound 58.31
DYDXUSDT DYDX USDT dYdX 2.034
ENSUSDT ENS USDT Ethereum_Name_Service 23.45
CHZUSDT CHZ USDT Chiliz 0.11876
GALAUSDT GALA USDT Gala 0.04321
ZECUSDT ZEC USDT Zcash 23.74
DASHUSDT DASH USDT Dash 30.12
IOTAUSDT IOTA USDT IOTA 0.2198
KAVAUSDT KAVA USDT Kava 0.6734
WIFUSDT WIF USDT dogwifhat 2.876
BONKUSDT BONK USDT Bonk 0.00002871
FLOKIUSDT FLOKI USDT Floki 0.00019843
PAXGUSDT PAXG USDT PAX_Gold 2345.0
USDCUSDT USDC USDT USD_Coin 1.0002
ETHBTC ETH BTC Ethereum 0.05149
SOLBTC SOL BTC Solana 0.0025678
BNBBTC BNB BTC Binance_Coin 0.008914
XRPBTC XRP BTC XRP 0.00000793
SOLETH SOL ETH Solana 0.04987
BNBETH BNB ETH Binance_Coin 0.17312
BTCEUR BTC EUR Bitcoin 61987.32
"""
_ELSEWHERE = """
COINBASE BTCUSD BTC USD Bitcoin 67098.21
BITSTAMP BTCUSD BTC USD Bitcoin 67101
KRAKEN ETHEUR ETH EUR Ethereum 3192.47
KRAKEN BTCUSD BTC USD Bitcoin 67102.3
KRAKEN BTCEUR BTC EUR Bitcoin 61968.4
KRAKEN ETHUSD ETH USD Ethereum 3455.91
KRAKEN ETHBTC ETH BTC Ethereum 0.05148
KRAKEN SOLUSD SOL USD Solana 172.31
KRAKEN DOGEUSD DOGE USD Dogecoin 0.1586412
"""
# Listed, but the exchange has stopped its trading: exists_not_trading.
_HALTED = "LUNCUSDT LUNC USDT Terra_Classic 0.00011234"

_QUOTE_NAMES = {"USDT": "TetherUS", "BTC": "Bitcoin", "ETH": "Ethereum", "EUR": "Euro",
                "USD": "U.S. Dollar"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listed ticker; ``seed`` is its first price in units of ``10 ** -decimals``."""

    exchange: str
    ticker: str
    base: str
    quote: str
    description: str
    seed: int
    decimals: int
    status: str = "TRADING"

    @property
    def symbol(self) -> str:
        return f"{self.exchange}:{self.ticker}"

    @property
    def pricescale(self) -> int:
        return int(10**self.decimals)

    @property
    def trading(self) -> bool:
        return self.status == "TRADING"


def _instrument(exchange: str, row: str, status: str = "TRADING") -> Instrument:
    ticker, base, quote, name, price = row.split()
    whole, _, fraction = price.partition(".")
    description = f"{name.replace('_', ' ')} / {_QUOTE_NAMES[quote]}"
    seed = int(whole + fraction)
    return Instrument(exchange, ticker, base, quote, description, seed, len(fraction), status)


def _listed() -> dict[str, Instrument]:
    rows = [_instrument("BINANCE", row) for row in _BINANCE.strip().splitlines()]
    rows.append(_instrument("BINANCE", _HALTED, "HALT"))
    for line in _ELSEWHERE.strip().splitlines():
        exchange, row = line.split(maxsplit=1)
        rows.append(_instrument(exchange, row))
    return {one.symbol: one for one in rows}


INSTRUMENTS: dict[str, Instrument] = _listed()


def find(ticker: str, exchange: str = "") -> Instrument | None:
    """Return the instrument, or None.

    Without an exchange the first listed one is the primary, as the real pages choose one.
    """
    if exchange:
        return INSTRUMENTS.get(f"{exchange}:{ticker}")
    return next((one for one in INSTRUMENTS.values() if one.ticker == ticker), None)


def others(symbol: str, count: int, skip: int = 0) -> list[Instrument]:
    """Return ``count`` trading instruments other than ``symbol``, in the order of the list."""
    rest = [one for one in INSTRUMENTS.values() if one.trading and one.symbol != symbol]
    return rest[skip : skip + count]
