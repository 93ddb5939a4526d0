"""The supervision tree of a daemon, as a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from supervisors.spec import Backoff, ChildSpec, Heartbeat, Intensity, Shutdown, SupervisorSpec

if TYPE_CHECKING:
    from cryptostream.config.settings import Config

# Ctrl-C has to end everything within 5 s: ask, then SIGTERM, then SIGKILL.
_SHUTDOWN = Shutdown(ask=2.0, terminate=0.5, kill=0.5)
# The router holds no state worth waiting for: back at once, then slower.
_BACKOFF = Backoff(first=0.1, factor=2.0, cap=15.0, reset_after=30.0)


def build_tree(config: Config) -> SupervisorSpec:
    """Return what a daemon with this configuration consists of, in start order."""
    children = [_child("router", config)]
    if config.sim.enabled:
        children.insert(0, _child("sim", config))
    children.append(_child("feeds", config))
    if config.gateway.enabled:
        children.append(_child("gateway", config))
    children += [browser(config, number) for number in range(config.browsers.start)]
    return SupervisorSpec(
        name="cryptostream",
        children=tuple(children),
        intensity=Intensity(restarts=config.supervision.restarts, within=config.supervision.within),
    )


def browser(config: Config, number: int) -> ChildSpec:
    """Return the process that owns browser ``number``."""
    ready_within = config.browsers.launch_timeout + 15.0
    return _child(f"browser-{number}", config, function="browser", ready_within=ready_within)


def _child(
    name: str, config: Config, *, function: str = "", ready_within: float = 30.0
) -> ChildSpec:
    timeout = config.supervision.heartbeat_timeout
    return ChildSpec(
        name=name,
        target=f"cryptostream.app.processes:{function or name}",
        arguments={"config": config.to_dict()},
        shutdown=_SHUTDOWN,
        backoff=_BACKOFF,
        heartbeat=Heartbeat(interval=min(0.5, timeout / 4), timeout=timeout),
        ready_within=ready_within,
    )
