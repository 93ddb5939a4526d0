"""What tests of the clients share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.local_market import Background, local_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptostream.config.settings import Config


@pytest.fixture
def config(free_ports: Callable[[int], list[int]], tmp_path: Path) -> Config:
    return local_config(free_ports(2), tmp_path)


@pytest.fixture
def background(config: Config) -> Iterator[Background]:
    """Run a local market beside the test, for a client that blocks."""
    with Background(config) as running:
        yield running
