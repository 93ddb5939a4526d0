"""The replica of CoinGecko: its numbers, its cache, its keys and its ways to refuse."""

import asyncio
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.sim.coingecko import ask, key_problem
from cryptostream.sim.coingecko_coins import COINS
from cryptostream.sim.coingecko_json import Number, dumps, number_text
from cryptostream.sim.instruments import INSTRUMENTS
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings

BTC = "BINANCE:BTCUSDT"
PEPE = "BINANCE:PEPEUSDT"
DEADLINE = 10
PRICE = "simple/price"
FREE, PRO = "/coingecko/api/v3", "/coingecko-pro/api/v3"


@pytest.fixture
async def fresh():
    """A market whose cache of prices is over at once."""
    settings = SimSettings(port=0, market="manual", heavy=False, period_scale=1e-6)
    async with SimServer(settings) as server:
        yield server


async def ask_price(sim, http, base=FREE, headers=None, **query):
    """Return status, headers and text of a price question."""
    url = f"{sim.url}{base}/{PRICE}"
    async with http.get(url, params=query, headers=headers) as answer:
        return answer.status, answer.headers, await answer.text()


# -- numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("67123.45", "67123.45"),
        ("67123.40", "67123.4"),
        ("67101", "67101"),
        ("0.5321", "0.5321"),
        ("0.0001", "0.0001"),
        ("0.00002456", "2.456e-05"),
        ("-0.00002", "-2.0e-05"),
        ("0.00", "0.0"),
        ("-1.50", "-1.5"),
    ],
)
def test_a_number_is_written_as_the_service_writes_it(value, text):
    assert number_text(Number(Decimal(value))) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8), st.booleans())
def test_a_number_keeps_its_value_in_either_form(value, exponent):
    text = dumps([Number(value, exponent=exponent)])
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == [value]


async def test_a_price_has_exactly_the_digits_of_the_market(fresh, http):
    fresh.market.push(BTC, last="67123.45")
    fresh.market.push(PEPE, last="0.00001234")
    _, _, text = await ask_price(fresh, http, ids="bitcoin,pepe,nonsense", vs_currencies="usd")
    assert text == '{"bitcoin":{"usd":67123.45},"pepe":{"usd":1.234e-05}}'


async def test_what_is_asked_for_is_included(fresh, http):
    status, headers, text = await ask_price(
        fresh,
        http,
        ids="bitcoin",
        vs_currencies="usd,eur,btc,klingon",
        include_market_cap="true",
        include_24hr_vol="true",
        include_24hr_change="true",
        include_last_updated_at="true",
        precision="2",
    )
    entry = json.loads(text)["bitcoin"]
    assert (status, headers["X-CryptoStream-Simulated"]) == (200, "true")
    assert set(entry) == {"last_updated_at"} | {
        f"{currency}{what}"
        for currency in ("usd", "eur", "btc")
        for what in ("", "_market_cap", "_24h_vol", "_24h_change")
    }
    assert entry["btc"] == 1
    assert isinstance(entry["last_updated_at"], int)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"ids": "bitcoin"}, 422),
        ({"vs_currencies": "usd"}, 422),
        ({"ids": "bitcoin", "vs_currencies": "usd", "precision": "19"}, 400),
        ({"ids": "bitcoin", "vs_currencies": "usd", "precision": "-1"}, 400),
        ({"ids": "bitcoin", "vs_currencies": "usd", "precision": "9" * 5000}, 400),
    ],
)
async def test_a_bad_question_is_answered_with_a_text(fresh, http, query, status):
    answered, _, text = await ask_price(fresh, http, **query)
    assert answered == status
    assert isinstance(json.loads(text)["error"], str)


@given(st.dictionaries(st.sampled_from(["ids", "vs_currencies", "precision"]), st.text()))
def test_no_question_breaks_the_replica(query):
    assert ask(query)


# -- coins, cache, keys -----------------------------------------------------------------


def test_every_asset_of_the_exchange_has_exactly_one_coin_with_a_price():
    listings = [coin.listing for coin in COINS.values() if coin.listing]
    assert sorted(listings) == sorted(
        s for s in INSTRUMENTS if s.startswith("BINANCE:") and s.endswith("USDT")
    )


async def test_the_list_has_namesakes(sim, http):
    async with http.get(f"{sim.url}{FREE}/coins/list") as answer:
        rows = await answer.json()
    assert {"id": "solana", "symbol": "sol", "name": "Solana"} in rows
    assert len([row for row in rows if row["symbol"] == "btc"]) > 1


async def test_a_price_stays_for_a_minute(sim, http):
    """The cache is the service's own: asking more often gives the same value."""
    sim.market.push(BTC, last="100.00")
    first = await ask_price(sim, http, ids="bitcoin", vs_currencies="usd")
    sim.market.push(BTC, last="200.00")
    second = await ask_price(sim, http, ids="bitcoin", vs_currencies="usd")
    assert first[2] == second[2] == '{"bitcoin":{"usd":100}}'


async def test_both_hosts_have_their_own_keys(sim, http):
    demo, pro = {"x-cg-demo-api-key": "CG-1"}, {"x-cg-pro-api-key": "CG-1"}
    query = {"ids": "bitcoin", "vs_currencies": "usd"}
    for base, headers, status in (
        (FREE, {}, 200),
        (FREE, demo, 200),
        (FREE, pro, 401),
        (FREE, {"x-cg-demo-api-key": "wrong"}, 401),
        (PRO, {}, 401),
        (PRO, demo, 401),
        (PRO, pro, 200),
    ):
        assert (await ask_price(sim, http, base, headers, **query))[0] == status
    in_query = {**query, "x_cg_pro_api_key": "CG-1"}
    assert (await ask_price(sim, http, PRO, None, **in_query))[0] == 200


def test_a_key_on_the_wrong_host_has_a_code_of_its_own():
    assert key_problem({"pro": "CG-1"}, pro=False)[0] == 10010
    assert key_problem({"demo": "CG-1"}, pro=True)[0] == 10011
    assert key_problem({}, pro=True)[0] == 10002


# -- faults -----------------------------------------------------------------------------


async def bitcoin(sim, http):
    """Return status, headers and body of the usual question after bitcoin and pepe."""
    status, headers, text = await ask_price(
        sim, http, ids="bitcoin,pepe", vs_currencies="usd", include_last_updated_at="true"
    )
    return status, headers, text


async def test_one_coin_can_be_absent_null_or_old(fresh, http):
    fresh.market.push(BTC, last="100.00")
    fresh.faults.set("coingecko_absent", PEPE)
    assert list(json.loads((await bitcoin(fresh, http))[2])) == ["bitcoin"]
    fresh.faults.clear()

    fresh.faults.set("coingecko_null", BTC)
    body = json.loads((await bitcoin(fresh, http))[2])
    assert body["bitcoin"] == {"usd": None, "last_updated_at": None}
    assert body["pepe"]["usd"] is not None
    fresh.faults.clear()

    fresh.faults.set("coingecko_old", BTC)
    before = json.loads((await bitcoin(fresh, http))[2])
    fresh.market.push(BTC, last="200.00")
    assert json.loads((await bitcoin(fresh, http))[2])["bitcoin"] == before["bitcoin"]
    fresh.faults.clear()
    async with asyncio.timeout(DEADLINE):
        while json.loads((await bitcoin(fresh, http))[2])["bitcoin"]["usd"] != 200:
            pass


async def test_all_numbers_can_come_in_exponent_form(fresh, http):
    fresh.market.push(BTC, last="67123.45")
    fresh.faults.set("coingecko_exponent")
    assert '"usd":6.712345e+04' in (await bitcoin(fresh, http))[2]


async def test_the_limit_is_told_in_both_ways(sim, http):
    sim.faults.set("coingecko_429", retry_after=7)
    status, headers, text = await bitcoin(sim, http)
    assert (status, headers["Retry-After"]) == (429, "7")
    assert json.loads(text)["status"]["error_code"] == 429
    sim.faults.clear()

    sim.faults.set("coingecko_body_429")
    status, headers, text = await bitcoin(sim, http)
    assert (status, json.loads(text)["status"]["error_code"]) == (200, 429)


@pytest.mark.parametrize("shape", ["text", "status", "nested"])
async def test_an_error_has_one_of_three_shapes(sim, http, shape):
    sim.faults.set("coingecko_error", shape=shape, status=500)
    status, _, text = await bitcoin(sim, http)
    error = json.loads(text)
    inner = {"text": error, "status": error, "nested": error.get("error")}[shape]
    assert status == 500
    assert isinstance(inner["error"], str) if shape == "text" else inner["status"]["error_message"]


async def test_the_other_refusals(sim, http):
    for fault, status in (("401", 401), ("503", 503), ("html", 403)):
        sim.faults.set(f"coingecko_{fault}")
        answered, headers, text = await bitcoin(sim, http)
        assert (answered, headers["X-CryptoStream-Simulated"]) == (status, "true")
        assert text.startswith("<") == (fault == "html")
        sim.faults.clear()


async def test_an_answer_can_be_cut_short_or_late(sim, http):
    sim.faults.set("coingecko_malformed")
    with pytest.raises(json.JSONDecodeError):
        json.loads((await bitcoin(sim, http))[2])
    sim.faults.clear()
    sim.faults.set("coingecko_slow", seconds=0.01)
    assert (await bitcoin(sim, http))[0] == 200


async def test_ping(sim, http):
    async with http.get(f"{sim.url}{FREE}/ping") as answer:
        assert await answer.json() == {"gecko_says": "(V3) To the Moon!"}
