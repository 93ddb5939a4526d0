"""Every shipped feed plays every card that applies to it, against the simulated market."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from cryptostream.config.settings import Config
from cryptostream.sim.coingecko_routes import FREE, PRO
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.cards import CARDS, Adapter, NotApplicable
from cryptostream.sources.kinds import kinds
from cryptostream.sources.tradingview.engine import Engine
from cryptostream.sources.tradingview.pages import BrowserSource

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from cryptostream.sources.testing import RecordingOutlet
    from cryptostream.wire.hop import Report

KINDS = kinds()
PLACE = Path(tempfile.gettempdir()) / f"cs-cards-{os.getpid()}"
# CoinGecko's minute is so many seconds here; its cache is half of that.
PERIOD = 0.2
# What a far side asks us to wait, in s: as short as its header can say.
RETRY_AFTER = 1


def switch(sim: SimServer, *faults: str, **parameters: object) -> tuple[object, object]:
    """Return what sets some faults, and what clears all."""

    async def begin() -> None:
        for fault in faults:
            sim.faults.set(fault, **parameters)

    async def end() -> None:
        sim.faults.clear()

    return begin, end


def once(sim: SimServer, fault: str) -> Callable[[], Awaitable[None]]:
    async def happen() -> None:
        sim.faults.set(fault)

    return happen


def config(name: str, **settings: object) -> Config:
    return Config.from_dict({"sources": {name: settings}})


def binance(sim: SimServer) -> Adapter:
    return Adapter(
        kind=KINDS["binance"],
        config=config(
            "binance",
            stream_url=sim.url.replace("http", "ws"),
            rest_url=sim.url,
            fallback_stream_url="",
            fallback_rest_url="",
            silence=1.0,
            backoff_first=0.1,
            backoff_cap=0.2,
            first_value_timeout=2.0,
        ),
        symbols=("BINANCE:BTCUSDT", "BINANCE:ETHUSDT"),
        unknown="BINANCE:NOSUCHUSDT",
        lose=once(sim, "binance_drop"),
        mute=switch(sim, "binance_half_open"),
        refuse=switch(sim, "binance_refuse", status=429, retry_after=RETRY_AFTER),
        down=switch(sim, "binance_refuse", status=503),
        retry_after=RETRY_AFTER,
    )


def coingecko(sim: SimServer) -> Adapter:
    return Adapter(
        kind=KINDS["coingecko"],
        config=config(
            "coingecko",
            base_url=sim.url + FREE,
            pro_base_url=sim.url + PRO,
            period=PERIOD,
            timeout=2.0,
            stale_after=2.0,
        ),
        symbols=("BINANCE:BTCUSDT", "BINANCE:ETHUSDT"),
        unknown="BINANCE:NOSUCHUSDT",
        mute=switch(sim, "coingecko_old"),
        refuse=switch(sim, "coingecko_429", retry_after=RETRY_AFTER),
        down=switch(sim, "coingecko_503"),
        retry_after=RETRY_AFTER,
    )


def ccxt(sim: SimServer) -> Adapter:
    return Adapter(
        kind=KINDS["ccxt"],
        config=config(
            "ccxt",
            exchanges=["KRAKEN=kraken"],
            urls=[
                f"kraken:api.public={sim.url}",
                f"kraken:api.ws.publicV2={sim.url.replace('http', 'ws')}/v2",
            ],
            silence=2.0,
            timeout=5.0,
        ),
        symbols=("KRAKEN:BTCUSD", "KRAKEN:ETHEUR"),
        unknown="KRAKEN:NOSUCHUSD",
        lose=once(sim, "kraken_drop"),
        mute=switch(sim, "kraken_half_open"),
        refuse=switch(sim, "kraken_429", retry_after=RETRY_AFTER),
        down=switch(sim, "kraken_503"),
        retry_after=RETRY_AFTER,
    )


class Pages:
    """The browser source as a feed: one Chromium of its own, begun and ended by ``run``."""

    name = "tradingview"

    def __init__(self, config: Config, outlet: RecordingOutlet) -> None:
        self._config = config
        self._outlet = outlet
        self._source: BrowserSource | None = None
        self._ready = asyncio.Event()

    async def run(self) -> None:
        engine = Engine(self._config, "card", 1)
        try:
            await engine.start()
            self._source = BrowserSource(self._config, engine, self._outlet)
            await self._source.start()
            self._ready.set()
            await engine.gone.wait()
        finally:
            if self._source is not None:
                await self._source.stop()
            await engine.stop()

    async def open(self, symbol: str, generation: int) -> None:
        await self._ready.wait()
        await self._source.open(symbol, generation)

    async def close(self, symbol: str, generation: int) -> None:
        await self._source.close(symbol, generation)

    def reports(self) -> list[Report]:
        return self._source.reports() if self._source is not None else []

    def describe(self) -> dict[str, str | int | float | None]:
        return {}


def tradingview(sim: SimServer) -> Adapter:
    settings = config("tradingview", base_url=sim.url, load_timeout=5.0, value_timeout=5.0)
    return Adapter(
        kind=replace(KINDS["tradingview"], load=lambda: Pages),
        config=msgspec.structs.replace(settings, runtime_dir=str(PLACE)),
        symbols=("BINANCE:BTCUSDT", "BINANCE:ETHUSDT"),
        unknown="BINANCE:NOSUCHUSDT",
        lose=once(sim, "crash_page"),
        mute=switch(sim, "freeze_dom"),
        refuse=switch(sim, "status_429", retry_after=RETRY_AFTER),
        down=switch(sim, "status_503"),
        retry_after=RETRY_AFTER,
        grace=6.0,
    )


ADAPTERS = {
    "binance": binance,
    "coingecko": coingecko,
    "ccxt": ccxt,
    "tradingview": tradingview,
}


@pytest.fixture
async def sim(name, tmp_path, monkeypatch) -> AsyncIterator[SimServer]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # A poller's minute would take a minute; a socket's pings would come too often.
    scale = PERIOD / 60 / 2 if name == "coingecko" else 1.0
    settings = SimSettings(port=0, market="random", rate=20.0, heavy=False, period_scale=scale)
    async with SimServer(settings) as server:
        yield server


@pytest.fixture
def chromium(name: str, request: pytest.FixtureRequest) -> None:
    if name == "tradingview":
        request.getfixturevalue("require_browser")


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("name", ADAPTERS)
@pytest.mark.usefixtures("chromium")
async def test_the_source_passes(name: str, card: str, sim: SimServer) -> None:
    try:
        await CARDS[card](ADAPTERS[name](sim))
    except NotApplicable as reason:
        pytest.skip(f"{name} {card}: {reason}")


def test_every_shipped_source_is_here() -> None:
    assert set(ADAPTERS) == set(KINDS)
