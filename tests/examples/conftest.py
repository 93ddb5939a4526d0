"""The examples run as a reader would run them: as programs, against a daemon of their own."""

from tests.integration.conftest import start

__all__ = ["start"]
