"""What the tests of whole trees share."""

import pytest

from supervisors.supervisor import Supervisor
from supervisors.testing import RecordingHook
from tests.supervisors.trees import gone


@pytest.fixture
def hook():
    return RecordingHook()


@pytest.fixture
async def run(hook):
    """Start a tree; at the end stop it and see that nothing is left."""
    started = []

    async def start(spec, **settings):
        supervisor = Supervisor(spec, hook=hook, **settings)
        started.append(supervisor)
        await supervisor.start()
        return supervisor

    yield start
    for supervisor in started:
        await supervisor.stop()
        await gone(supervisor.token, 0.0)
