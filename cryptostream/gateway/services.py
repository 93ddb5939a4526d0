"""What every connection of one gateway works with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptostream.gateway.outbox import Outbox
from cryptostream.gateway.viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptostream.config.settings import Config
    from cryptostream.gateway.auth import Grant
    from cryptostream.gateway.closing import Close
    from cryptostream.gateway.delivery import Counters, Delivery
    from cryptostream.gateway.doorkeeper import Doorkeeper
    from cryptostream.gateway.encoding import Codec
    from cryptostream.gateway.hub import Hub
    from cryptostream.gateway.trail import Trail
    from cryptostream.gateway.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one gateway; ``started`` is s of a steady clock."""

    config: Config
    hub: Hub
    upstream: Upstream
    delivery: Delivery
    doorkeeper: Doorkeeper
    counters: Counters
    started: float = field(default_factory=time.monotonic)

    def viewer(
        self,
        codec: Codec,
        grant: Grant,
        address: str,
        wake: Callable[[Close | None], None],
        trail: Trail | None = None,
    ) -> Viewer:
        """Return a viewer with a queue of its own, as the settings say."""
        settings = self.config.gateway
        outbox = Outbox(settings.queue, settings.slow_after)
        viewer = Viewer(codec, outbox, grant, wake, address, trail=trail)
        viewer.heard_last = time.monotonic()
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Release all that a viewer held, at once."""
        self.hub.leave(viewer)
        self.upstream.sync()

    def end_all(self, why: Close) -> None:
        """Ask every connection to end."""
        for viewer in list(self.hub.viewers):
            viewer.close(why)
