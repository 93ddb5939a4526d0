"""Silence, classified: a quiet market, a stale page, a dead one.

A fixed time-out kills healthy quiet feeds, so the time after which silence is improbable is
learned from the symbol's own rhythm; signs of life from the page (its pulse, the heartbeats
of its quote socket) tell a quiet market from a dead page. Times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptostream.wire.hop import PageState

# Gaps between ticks are not exponential (bursts), so the usual 14 means of a one-in-a-million
# silence are doubled.
_SILENCE_MEANS = 28.0
# A silence this many mean gaps long is worth a word, not yet a doubt.
_QUIET_MEANS = 8.0
# The mean gap is an exponential moving average over about this many ticks.
_MEMORY = 50
# A page that does not pulse for so many of its one-second pulses has a hung or dead script.
PULSE_MISSES = 5
# The quote socket beats at least each 20 s while it is healthy; twice that is silence.
SOCKET_SILENCE = 45.0
# Text and frames may differ while a tick is being painted, not for longer than this.
MISMATCH_AFTER = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """The state of a live page with its code and a text that says why."""

    state: PageState
    code: str
    text: str


LIVE = Finding(PageState.LIVE, "ok", "prices are coming in")


class Vigil:
    """Watches the rhythm of one page."""

    def __init__(self, stale_after: float, now: float) -> None:
        self._stale_after = stale_after
        self._mean_gap: float | None = None
        self._longest_gap = 0.0
        self._moved = now  # last price that was believed
        self._lived = now  # last sign of life of the quote socket
        self._pulsed = now
        self._differs_since: float | None = None
        self._socket_seen = False

    def first(self, now: float) -> None:
        """Note the first price: the time before it was loading, not silence."""
        self._moved = now

    def moved(self, now: float) -> None:
        """Note a new price: its distance from the last one teaches the symbol's rhythm."""
        gap = now - self._moved
        known = self._mean_gap
        # The longest gap fades, so that one outage does not blind us for ever.
        self._longest_gap = max(gap, self._longest_gap * (1 - 1 / _MEMORY))
        self._mean_gap = gap if known is None else known + (gap - known) / _MEMORY
        self._moved = now

    def follow(self, former: Vigil, now: float, *, moved: bool) -> None:
        """Know what another page of the symbol knew; ``moved``: this one has a newer price."""
        self._mean_gap = former._mean_gap
        self._longest_gap = former._longest_gap
        self._moved = former._moved
        if moved:
            self.moved(now)

    def lived(self, now: float) -> None:
        """Note a frame or a heartbeat on the page's quote socket."""
        self._socket_seen = True
        self._lived = now

    def pulsed(self, now: float) -> None:
        """Note the page's own one-second pulse."""
        self._pulsed = now

    def compared(self, agrees: bool, now: float) -> None:  # noqa: FBT001
        """Note whether the price shown and the price in the frames agree."""
        if agrees:
            self._differs_since = None
        elif self._differs_since is None:
            self._differs_since = now

    def silence_allowed(self) -> float | None:
        """Return the silence beyond which this symbol is stale; ``None`` while unknown."""
        if self._mean_gap is None:
            return None
        return max(self._stale_after / 3, _SILENCE_MEANS * self._mean_gap, 1.5 * self._longest_gap)

    def silent_for(self, now: float) -> float:
        """Return how long ago the last price came."""
        return now - self._moved

    def look(self, now: float) -> Finding:
        """Return what the page's silence, or its rhythm, means at this moment."""
        pulse = now - self._pulsed
        if pulse > PULSE_MISSES:
            return Finding(
                PageState.STALE, "page_hung", f"the page has not answered for {pulse:.0f} s"
            )
        if self._differs_since is not None and now - self._differs_since > MISMATCH_AFTER:
            return Finding(
                PageState.STALE,
                "dom_frozen",
                "the page shows another price than its own quote frames; it is not repainting",
            )
        if self._socket_seen and now - self._lived > SOCKET_SILENCE:
            return Finding(
                PageState.STALE,
                "socket_silent",
                f"the page's quote socket has been silent for {now - self._lived:.0f} s",
            )
        return self._silence(self.silent_for(now))

    def _silence(self, silent: float) -> Finding:
        allowed, rhythm = self.silence_allowed(), self._mean_gap
        if allowed is None or rhythm is None:
            if silent <= self._stale_after:
                return LIVE
            return Finding(PageState.QUIET, "quiet", f"no price change for {silent:.0f} s yet")
        usual = f"usually one each {rhythm:.2g} s"
        if silent > allowed:
            return Finding(
                PageState.STALE, "silent", f"no price change for {silent:.0f} s, {usual}"
            )
        if silent > max(self._stale_after / 3, _QUIET_MEANS * rhythm):
            return Finding(PageState.QUIET, "quiet", f"no price change for {silent:.0f} s, {usual}")
        return LIVE
