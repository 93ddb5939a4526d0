"""When a ticker leaves a source, for which one, and when it comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.router.failover import Decision, FailoverRules, Health, decide

RULES = FailoverRules(after=3.0, first_within=15.0, return_after=30.0)
WARM = FailoverRules(after=3.0, first_within=15.0, return_after=30.0, warm=True)
ORDER = ("page", "api", "poll")
NOW = 1000.0


def well(seconds: float) -> Health:
    return Health(healthy=True, since=NOW - seconds, tried=True)


def ill(seconds: float, *, over: bool = False) -> Health:
    return Health(healthy=False, since=NOW - seconds, tried=True, over=over)


def new(seconds: float) -> Health:
    return Health(healthy=False, since=NOW - seconds)


@pytest.mark.parametrize(
    ("health", "active", "decision"),
    [
        # a healthy first source needs nobody
        ({"page": well(99)}, "page", Decision("page", ("page",))),
        # a short illness is waited for, and the time of the next look is told
        ({"page": ill(1)}, "page", Decision("page", ("page",), NOW + 2)),
        # a longer one brings the next source up; it takes over once it is healthy
        ({"page": ill(3)}, "page", Decision("page", ("page", "api"))),
        ({"page": ill(4), "api": new(1)}, "page", Decision("page", ("page", "api"), NOW + 14)),
        ({"page": ill(4), "api": well(1)}, "page", Decision("api", ("page", "api"))),
        # one that has given up is not waited for at all
        ({"page": ill(0, over=True)}, "page", Decision("page", ("page", "api"))),
        # one that is still on its way has longer
        ({"page": new(14)}, "page", Decision("page", ("page",), NOW + 1)),
        ({"page": new(15)}, "page", Decision("page", ("page", "api"))),
        # the one behind the next is only asked when the next one cannot either
        ({"page": ill(9), "api": ill(9)}, "page", Decision("page", ORDER)),
        ({"page": ill(9), "api": ill(9), "poll": well(1)}, "page", Decision("poll", ORDER)),
        # a better one that is well again must prove itself before it takes over
        ({"page": well(29), "api": well(99)}, "api", Decision("api", ORDER[:2], NOW + 1)),
        ({"page": well(30), "api": well(99)}, "api", Decision("page", ("page",))),
        # ... unless the present one is ill itself
        ({"page": well(1), "api": ill(0)}, "api", Decision("page", ORDER[:2], NOW + 3)),
        # a source in the middle returns too, while the first is still ill
        (
            {"page": ill(99), "api": well(40), "poll": well(99)},
            "poll",
            Decision("api", ("page", "api")),
        ),
    ],
)
def test_what_is_decided(health, active, decision):
    assert decide(ORDER, health, active, NOW, RULES) == decision


def test_a_warm_standby_runs_beside_a_healthy_source_and_takes_over_at_once():
    assert decide(ORDER, {"page": well(99)}, "page", NOW, WARM).running == ("page", "api")
    health = {"page": ill(3), "api": well(99)}
    assert decide(ORDER, health, "page", NOW, WARM).active == "api"


HEALTH = st.builds(
    Health,
    healthy=st.booleans(),
    since=st.floats(NOW - 100, NOW),
    tried=st.booleans(),
    over=st.just(False),
)


@given(
    st.dictionaries(st.sampled_from(ORDER), HEALTH),
    st.sampled_from(ORDER),
    st.booleans(),
)
def test_whatever_the_health_the_decision_makes_sense(health, active, warm):
    rules = WARM if warm else RULES
    found = decide(ORDER, health, active, NOW, rules)

    # The preferred source and the one that publishes always run; nothing runs out of order.
    assert ORDER[0] in found.running
    assert found.active in found.running
    assert list(found.running) == sorted(set(found.running), key=ORDER.index)
    # Nobody leaves a healthy source for anything but a proven better one.
    present = health.get(active)
    if found.active != active:
        assert health[found.active].healthy
        if present is not None and present.healthy:
            assert ORDER.index(found.active) < ORDER.index(active)
            assert NOW - health[found.active].since >= rules.return_after
    # Time alone changes nothing before the time that it names.
    if found.look_at is not None:
        assert found.look_at > NOW
    later = NOW + (0.9 * (found.look_at - NOW) if found.look_at is not None else 1e6)
    if found.active == active:
        again = decide(ORDER, health, active, later, rules)
        assert (again.active, again.running) == (found.active, found.running)


def test_a_source_that_works_is_kept_while_the_one_that_publishes_does_not():
    health = {"page": ill(0), "poll": well(5)}
    assert decide(ORDER, health, "page", NOW, RULES).running == ("page", "poll")
