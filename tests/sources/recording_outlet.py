"""The outlet of source tests: the one that is shipped."""

from cryptostream.sources.testing import DEADLINE, RecordingOutlet

__all__ = ["DEADLINE", "RecordingOutlet"]
