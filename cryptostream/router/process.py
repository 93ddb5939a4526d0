"""What runs in the router's process, and the settings that its deciders get."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from cryptostream.router.acquisition import Acquisition
from cryptostream.router.actor import RouterActor
from cryptostream.router.failover import FailoverRules
from cryptostream.router.instructions import Rules
from supervisors.backoff import delay as backoff_delay
from supervisors.spec import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptostream.config.settings import Config
    from cryptostream.symbols import Directory, Order
    from supervisors.child import Child


# The source whose workers are browsers, started when they are needed.
PAGES = "tradingview"
# Feeds have their own deadlines; ours (s) is only for one that says nothing at all.
_FEED_OPENS_WITHIN = 120.0


def rules(config: Config, source: str) -> Rules:
    """Return the rules of a source's reconciler under these settings."""
    settings, pages = config.reconciler, config.sources.tradingview
    backoff = Backoff(
        first=settings.first_backoff, factor=settings.backoff_factor, cap=settings.backoff_cap
    )
    jitter = random.SystemRandom()
    feed = Rules(
        jitter=jitter.random,
        delay=lambda attempt: backoff_delay(attempt, backoff, jitter.random()),
        stable_after=settings.stable_after,
        open_within=_FEED_OPENS_WITHIN,
        ceiling=0,
        blocked_pause=settings.blocked_pause,
        give_up_after=settings.give_up_after,
        simulated=config.sim.enabled,
    )
    if source != PAGES:
        return feed
    return replace(
        feed,
        # As with feeds: the page has deadlines of its own.
        open_within=pages.load_timeout + pages.value_timeout + 10.0,
        ceiling=config.browsers.ceiling,
        loading="the page is loading",
        no_room="all pages of all browsers are in use: unsubscribe a ticker, or raise "
        "browsers.pages or browsers.ceiling",
    )


def acquisition(
    config: Config, sources: Iterable[str], order: Callable[[str], Order]
) -> Acquisition:
    """Return what decides where tickers come from, under these settings."""
    settings = config.sources
    failover = FailoverRules(
        after=settings.failover_after,
        first_within=settings.first_value_within,
        return_after=settings.return_after,
        warm=settings.standby == "warm",
    )
    return Acquisition(
        {name: rules(config, name) for name in sources},
        failover,
        order,
        simulated=config.sim.enabled,
    )


async def main(
    child: Child,
    config: Config,
    directory: Directory,
    sources: Mapping[str, Mapping[str, object]],
    order: Callable[[str], Order],
) -> None:
    """Run the router as a supervised child until it is asked to stop.

    ``sources`` has for each source what ``status`` tells of it.
    """
    decides = acquisition(config, sources, order)
    about = [{"source": name, **facts} for name, facts in sources.items()]
    actor = RouterActor(config, decides, directory, child.report, about)
    try:
        await actor.open()
        actor.restore()
        child.ready()
        await actor.run(child.stopping)
    finally:
        await actor.close()
