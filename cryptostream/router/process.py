"""What runs in the router's process, and the settings that its reconciler gets."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from cryptostream.router.actor import RouterActor
from cryptostream.router.instructions import Rules
from supervisors.backoff import delay as backoff_delay
from supervisors.spec import Backoff

if TYPE_CHECKING:
    from cryptostream.config.settings import Config
    from cryptostream.symbols import Directory
    from supervisors.child import Child


def rules(config: Config) -> Rules:
    """Return the reconciler's rules under these settings."""
    settings, pages = config.reconciler, config.sources.tradingview
    backoff = Backoff(
        first=settings.first_backoff, factor=settings.backoff_factor, cap=settings.backoff_cap
    )
    jitter = random.SystemRandom()
    return Rules(
        jitter=jitter.random,
        delay=lambda attempt: backoff_delay(attempt, backoff, jitter.random()),
        stable_after=settings.stable_after,
        max_opening=settings.max_opening,
        # The page has its own deadlines; ours is only for a page that says nothing at all.
        open_within=pages.load_timeout + pages.value_timeout + 10.0,
        ceiling=config.browsers.ceiling,
        give_up_after=settings.give_up_after,
    )


async def main(child: Child, config: Config, directory: Directory) -> None:
    """Run the router as a supervised child until it is asked to stop."""
    actor = RouterActor(config, rules(config), directory, child.report)
    try:
        await actor.open()
        actor.restore()
        child.ready()
        await actor.run(child.stopping)
    finally:
        await actor.close()
