"""The border to CoinGecko: every refusal has one of our codes."""

import aiohttp
import pytest
from aiohttp import web

from cryptostream.errors import SourceError
from cryptostream.sim.coingecko_routes import FREE
from cryptostream.sim.server import SimServer
from cryptostream.sim.settings import SimSettings
from cryptostream.sources.coingecko import border
from cryptostream.sources.coingecko.answers import Failure
from cryptostream.sources.coingecko.border import fetch, refused

PRICE = "simple/price"
QUESTION = {"ids": "bitcoin", "vs_currencies": "usd"}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


@pytest.fixture
async def sim():
    async with SimServer(SimSettings(port=0, market="manual", heavy=False)) as server:
        yield server


@pytest.fixture
async def stranger():
    """A server that redirects, talks too much, or hangs up."""

    async def redirect(request):
        raise web.HTTPFound(request.url.with_path("/elsewhere"))

    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(border.LARGEST // 1_000_000 + 1):
            await response.write(b" " * 1_000_000)
        return response

    async def hang_up(request):
        request.transport.abort()
        return web.Response()

    app = web.Application()
    app.add_routes(
        [web.get("/redirect", redirect), web.get("/endless", endless), web.get("/cut", hang_up)]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def refusal(http, url, headers=None):
    with pytest.raises(SourceError) as caught:
        await fetch(http, url, QUESTION, headers or {})
    return caught.value


async def test_a_good_answer_says_whether_it_is_simulated(sim, http):
    answer = await fetch(http, f"{sim.url}{FREE}/{PRICE}", QUESTION, {})
    assert answer.simulated
    assert list(answer.value) == ["bitcoin"]


@pytest.mark.parametrize(
    ("fault", "params", "code", "retry_after"),
    [
        ("coingecko_429", {"retry_after": 7}, "rate_limited", 7.0),
        ("coingecko_body_429", {}, "rate_limited", None),
        ("coingecko_401", {"shape": "status"}, "unauthorized", None),
        ("coingecko_401", {"shape": "nested"}, "unauthorized", None),
        ("coingecko_503", {}, "http_error", None),
        ("coingecko_html", {}, "blocked", None),
        ("coingecko_malformed", {}, "malformed", None),
        ("coingecko_error", {"shape": "text", "status": 404}, "http_error", None),
        ("coingecko_error", {"shape": "nested", "status": 500}, "http_error", None),
        ("coingecko_error", {"shape": "status", "status": 408}, "http_error", None),
    ],
)
async def test_a_refusal_of_the_replica_has_a_code(sim, http, fault, params, code, retry_after):
    sim.faults.set(fault, **params)
    error = await refusal(http, f"{sim.url}{FREE}/{PRICE}")
    assert (error.code, error.retriable, error.retry_after) == (code, True, retry_after)


@pytest.mark.parametrize(
    ("status", "failure", "code"),
    [
        (429, None, "rate_limited"),
        (200, Failure(429, "x"), "rate_limited"),
        (401, None, "unauthorized"),
        (400, Failure(10002, "x"), "unauthorized"),
        (400, Failure(10005, "x"), "unauthorized"),
        (400, Failure(10010, "x"), "unauthorized"),
        (400, Failure(10011, "x"), "unauthorized"),
        (403, None, "blocked"),
        (451, None, "blocked"),
        (200, Failure(1020, "x"), "blocked"),
        (400, Failure(0, "x"), "http_error"),
        (502, None, "http_error"),
        (200, Failure(0, "x"), "http_error"),
    ],
)
def test_a_refusal_is_known_by_its_status_or_its_code(status, failure, code):
    error = refused(status, failure, 3.0)
    assert (error.code, error.retry_after) == (code, 3.0)


def test_a_text_about_the_key_is_not_passed_on():
    error = refused(401, Failure(10002, "wrong key CG-secret"), None)
    assert "CG-secret" not in error.line()
    assert "key" in error.line()


async def test_a_host_that_is_not_there_is_unreachable(http, free_port):
    error = await refusal(http, f"http://127.0.0.1:{free_port}/{PRICE}")
    assert error.code == "unreachable"


async def test_a_host_that_does_not_answer_in_time_is_unreachable(sim):
    sim.faults.set("coingecko_slow", seconds=30)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.1)) as http:
        error = await refusal(http, f"{sim.url}{FREE}/{PRICE}")
    assert error.code == "unreachable"


@pytest.mark.parametrize(
    ("path", "code"), [("redirect", "http_error"), ("endless", "malformed"), ("cut", "unreachable")]
)
async def test_a_stranger_is_not_trusted(stranger, http, path, code):
    """A key does not follow a redirection, and no answer can fill our memory."""
    assert (await refusal(http, f"{stranger}/{path}")).code == code
