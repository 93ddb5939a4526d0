"""A root supervisor as a program of its own, for tests that kill it."""

import asyncio
import sys
from pathlib import Path

from supervisors.spec import ChildSpec, SupervisorSpec
from supervisors.supervisor import Supervisor

HERE = str(Path(__file__).parent)


async def main():
    children = tuple(
        ChildSpec(name=name, target=f"children:{name}", environment={"PYTHONPATH": HERE})
        for name in sys.argv[1:]
    )
    facts = []

    def hook(event):
        if event.what == "report":
            facts.extend(str(pid) for key, pid in event.detail.items() if key != "arguments")

    supervisor = Supervisor(SupervisorSpec(name="root", children=children), hook=hook)
    await supervisor.start()
    print(supervisor.token, *facts, flush=True)  # noqa: T201
    await supervisor.run()


asyncio.run(main())
