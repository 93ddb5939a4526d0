"""Before a gateway that wants a token: it is asked for, judged in words, and never in a URL."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
from typing import TYPE_CHECKING

import pytest

from tests.integration.conftest import eventually
from tests.web.conftest import Site, card, fits, violations, visited, wait_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from tests.integration.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tokens") / "tokens.json"


@pytest.fixture(scope="module")
def secret(tokens: Path) -> str:
    return made("test", tokens)


@pytest.fixture(scope="module")
def daemon(start_daemon: Callable[..., Market], tokens: Path, secret: str) -> Market:
    """Return a daemon that wants tokens; it starts only when there is one."""
    return start_daemon(gateway__auth="token", gateway__tokens_file=str(tokens))


@pytest.fixture
def site(daemon: Market, chromium: Browser, secret: str) -> Iterator[Site]:
    """Return the site, with a token for what the test itself asks."""
    yield from visited(Site(daemon, chromium, token=secret))


def cryptostream(tokens: Path, *arguments: str) -> str:
    """Run the command as a person does; return what it prints."""
    where = ("--set", f"gateway.tokens_file={tokens}")
    done = subprocess.run(
        [sys.executable, "-m", "cryptostream", *where, "token", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def made(name: str, tokens: Path) -> str:
    return cryptostream(tokens, "create", name)


def revoke(name: str, tokens: Path) -> None:
    cryptostream(tokens, "revoke", name)


def let_in(site: Site) -> bool:
    """Tell whether the gateway has taken up the site's token."""
    try:
        site.status()
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise
        return False
    return True


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="A token is needed")


def give(page: Page, secret: str) -> None:
    page.get_by_label("Token", exact=True).fill(secret)
    page.keyboard.press("Enter")


def addresses(page: Page) -> list[str]:
    """Note every address that the page asks for, from now on."""
    found: list[str] = []
    page.context.on("request", lambda request: found.append(request.url))
    page.on("websocket", lambda socket: found.append(socket.url))
    page.on("framenavigated", lambda frame: found.append(frame.url))
    return found


def test_it_is_asked_for_and_the_right_one_lets_the_cards_live(site: Site) -> None:
    page = site.visit("BTCUSDT")
    asked = addresses(page)
    dialog(page).get_by_text("A token is needed. Who runs this gateway").wait_for()
    assert card(page, "BTCUSDT").get_attribute("data-tone") == "bad"
    give(page, site.token)
    wait_live(page, "BTCUSDT")
    dialog(page).wait_for(state="hidden")
    page.reload()
    wait_live(page, "BTCUSDT")
    assert not dialog(page).is_visible()
    page.get_by_role("link", name="BTCUSDT").click()
    page.locator(".chart canvas").first.wait_for()
    assert any("/v1/stream" in one for one in asked)
    assert any("/v1/history" in one for one in asked)
    assert not [one for one in asked if site.token in one]
    assert site.token not in page.evaluate("JSON.stringify(localStorage)")


def test_a_wrong_one_is_refused_in_words_and_not_kept(site: Site) -> None:
    page = site.visit("BTCUSDT")
    give(page, "cst_not-one-that-anybody-made")
    dialog(page).get_by_text("The token is unknown or revoked").wait_for()
    assert page.get_by_label("Token", exact=True).get_attribute("aria-invalid") == "true"
    assert page.evaluate("sessionStorage.length") == 0
    give(page, site.token)
    wait_live(page, "BTCUSDT")


@pytest.mark.parametrize("text", ["two words", "cst_münze", "a,b=c"])
def test_what_cannot_be_a_token_is_told_at_once(site: Site, text: str) -> None:
    page = site.visit("BTCUSDT")
    give(page, text)
    dialog(page).get_by_text("This cannot be a token").wait_for()
    give(page, site.token)
    wait_live(page, "BTCUSDT")


def test_who_closes_the_dialog_finds_the_way_back(site: Site) -> None:
    page = site.visit("BTCUSDT")
    dialog(page).wait_for()
    page.keyboard.press("Escape")
    dialog(page).wait_for(state="hidden")
    assert "not connected: a token is needed" in page.locator("#link-text").inner_text()
    page.get_by_role("button", name="Enter a token").click()
    give(page, site.token)
    wait_live(page, "BTCUSDT")
    assert not page.get_by_role("button", name="Enter a token").is_visible()


def test_a_revoked_one_ends_the_connection_with_the_reason(site: Site, tokens: Path) -> None:
    page = site.visit("BTCUSDT")
    guest = made("guest", tokens)
    eventually(lambda: let_in(Site(site.market, site.browser, token=guest)))
    give(page, guest)
    wait_live(page, "BTCUSDT")
    revoke("guest", tokens)
    dialog(page).get_by_text("The token is unknown or revoked").wait_for()
    marked = card(page, "BTCUSDT").and_(page.locator("[data-doubt]"))
    marked.wait_for()
    assert "the token is unknown or revoked" in marked.inner_text()
    eventually(lambda: site.status()["gateway"]["viewers"] == [])
    give(page, site.token)
    wait_live(page, "BTCUSDT")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_use_the_dialog(site: Site, colours: str, width: int) -> None:
    page = site.visit("BTCUSDT", color_scheme=colours, viewport={"width": width, "height": 800})
    dialog(page).wait_for()
    assert violations(page) == []
    give(page, "no token")
    dialog(page).get_by_text("This cannot be a token").wait_for()
    assert violations(page) == []
    assert fits(page)
