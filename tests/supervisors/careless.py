"""A root that leaves its event loop without stopping its supervisor."""

import asyncio
import sys
from pathlib import Path

from supervisors.spec import ChildSpec, SupervisorSpec
from supervisors.supervisor import Supervisor

CHILD = ChildSpec(
    name="a",
    target="children:with_grandchild",
    environment={"PYTHONPATH": str(Path(__file__).parent)},
)


async def main():
    supervisor = Supervisor(SupervisorSpec(name="root", children=(CHILD,)))
    await supervisor.start()
    print(supervisor.token, flush=True)  # noqa: T201
    if "raise" in sys.argv:
        raise KeyboardInterrupt


asyncio.run(main())
