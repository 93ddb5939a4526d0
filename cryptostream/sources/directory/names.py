"""Full names of the assets that people know by name; exchanges' listings have none."""

from __future__ import annotations

# The names are those that each project gives itself.
_NAMES = {
    "AAVE": "Aave",
    "ADA": "Cardano",
    "ALGO": "Algorand",
    "APT": "Aptos",
    "ARB": "Arbitrum",
    "ATOM": "Cosmos",
    "AVAX": "Avalanche",
    "BCH": "Bitcoin Cash",
    "BNB": "BNB Chain",
    "BTC": "Bitcoin",
    "DAI": "Dai",
    "DOGE": "Dogecoin",
    "DOT": "Polkadot",
    "ETC": "Ethereum Classic",
    "ETH": "Ethereum",
    "FIL": "Filecoin",
    "HBAR": "Hedera",
    "ICP": "Internet Computer",
    "LINK": "Chainlink",
    "LTC": "Litecoin",
    "NEAR": "NEAR Protocol",
    "OP": "Optimism",
    "PEPE": "Pepe",
    "POL": "Polygon",
    "SHIB": "Shiba Inu",
    "SOL": "Solana",
    "SUI": "Sui",
    "TON": "Toncoin",
    "TRX": "TRON",
    "UNI": "Uniswap",
    "USDC": "USD Coin",
    "USDT": "Tether",
    "XLM": "Stellar",
    "XMR": "Monero",
    "XRP": "XRP",
    "XTZ": "Tezos",
    "ZEC": "Zcash",
}


def name_of(asset: str) -> str:
    """Return the full name of an asset; empty when it is not known."""
    return _NAMES.get(asset, "")
