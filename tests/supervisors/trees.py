"""Short ways to describe trees, and to wait for what only the operating system knows."""

import asyncio
import time
from pathlib import Path

from supervisors.guard import tagged
from supervisors.spec import Backoff, ChildSpec, Kind, Shutdown, SupervisorSpec

HERE = str(Path(__file__).parent)
QUICK = Backoff(first=0.01, cap=0.05)
# Long enough for a machine that is busy with other things; only failures take this long.
DEADLINE = 20.0


def process(name, function, **settings):
    settings.setdefault("backoff", QUICK)
    settings["environment"] = {"PYTHONPATH": HERE} | settings.get("environment", {})
    return ChildSpec(name=name, target=f"children:{function}", **settings)


def task(name, target, **settings):
    settings.setdefault("backoff", QUICK)
    settings.setdefault("shutdown", Shutdown(ask=1.0, terminate=0.5, kill=0.5))
    return ChildSpec(name=name, target=target, kind=Kind.TASK, **settings)


def tree(*children, name="root", **settings):
    return SupervisorSpec(name=name, children=children, **settings)


async def gone(token, deadline=DEADLINE):
    """Wait until no process carries the token."""
    await until(lambda: not tagged(token), deadline, lambda: f"some carry {token}")


async def until(happened, deadline=DEADLINE, otherwise=lambda: "it did not happen"):
    """Poll what only the operating system knows: there is no event for it."""
    end = time.monotonic() + deadline
    while not await asyncio.to_thread(happened):
        assert time.monotonic() < end, otherwise()
        await asyncio.sleep(0.01)


def exists(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
