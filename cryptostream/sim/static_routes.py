"""What pages load beside themselves: scripts, styles, pictures, ads, counters."""

from __future__ import annotations

from aiohttp import web

from cryptostream.sim.embedded import PICTURES
from cryptostream.sim.media import clip, font, picture
from cryptostream.sim.templates import page_script, text_of

# The scripts may change between two runs of a test; pictures and media never do.
_FOR_GOOD = {"Cache-Control": "public, max-age=3600"}
_JS = "text/javascript"


def _text(text: str, kind: str) -> web.Response:
    return web.Response(text=text, content_type=kind)


async def _page_script(_: web.Request) -> web.Response:
    return _text(page_script(), _JS)


async def _chart_script(_: web.Request) -> web.Response:
    return _text(text_of("chart.js"), _JS)


async def _analytics_script(_: web.Request) -> web.Response:
    return _text(text_of("analytics.js"), _JS)


async def _ads_script(_: web.Request) -> web.Response:
    return _text(text_of("ads.js"), _JS)


async def _ad(_: web.Request) -> web.Response:
    return _text(text_of("ad.html"), "text/html")


async def _style(_: web.Request) -> web.Response:
    return _text(text_of("style.css"), "text/css")


async def _picture(request: web.Request) -> web.Response:
    number = int(request.match_info["number"])
    if number >= PICTURES:
        raise web.HTTPNotFound
    return web.Response(text=picture(number), content_type="image/svg+xml", headers=_FOR_GOOD)


async def _clip(_: web.Request) -> web.Response:
    return web.Response(body=clip(), content_type="audio/wav", headers=_FOR_GOOD)


async def _font(_: web.Request) -> web.Response:
    return web.Response(body=font(), content_type="font/woff2", headers=_FOR_GOOD)


async def _nothing(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def _pong(_: web.Request) -> web.Response:
    return _text("pong", "text/plain")


def static_routes() -> list[web.RouteDef]:
    """Return the routes."""
    return [
        web.get("/static/js/page.js", _page_script),
        web.get("/static/js/chart.js", _chart_script),
        web.get("/static/css/style.css", _style),
        web.get(r"/static/img/{number:\d+}.svg", _picture),
        web.get("/static/media/clip.wav", _clip),
        web.get("/static/font/sim.woff2", _font),
        web.get("/analytics/analytics.js", _analytics_script),
        web.post("/analytics/collect", _nothing),
        web.get("/ads/frame.html", _ad),
        web.get("/ads/ads.js", _ads_script),
        web.post("/ads/beacon", _nothing),
        web.get("/favicon.ico", _nothing),
        web.get("/ping", _pong),
    ]
