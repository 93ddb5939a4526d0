"""The plan: cost by coins and not by clients, spread, prompt within the budget."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cryptostream.sources.coingecko.coins import Price
from cryptostream.sources.coingecko.plan import GATHER, Budget, Plan, budget_of

PERIOD = 60.0


def coins(count):
    return [Price(f"coin{n:04}", "usd") for n in range(count)]


def plan_of(batch=250, calls=5):
    return Plan(Budget(PERIOD, calls, batch))


def played(plan, seconds, begin=0.0):
    """Return the calls of so many seconds with their times; every call is answered."""
    made, now = [], begin
    while (due := plan.due()) is not None and due <= begin + seconds:
        now = max(now, due)
        call = plan.next(now)
        if call is not None:
            made.append((now - begin, call))
            plan.answered()
    return made


@pytest.mark.parametrize(
    ("tariff", "url", "wanted", "period"),
    [
        ("free", "https://api.coingecko.com/api/v3", 1.0, 60.0),
        ("demo", "https://api.coingecko.com/api/v3", 90.0, 90.0),
        ("pro", "https://pro-api.coingecko.com/api/v3", 1.0, 20.0),
        ("free", "http://127.0.0.1:7790/coingecko/api/v3", 0.5, 0.5),
        ("free", "http://localhost:7790/coingecko/api/v3", 0.5, 0.5),
        ("free", "http://[::1]:7790/coingecko/api/v3", 0.5, 0.5),
    ],
)
def test_a_real_host_is_not_asked_faster_than_its_cache_is_renewed(tariff, url, wanted, period):
    assert budget_of(tariff, wanted, 250, url).period == period


def test_all_coins_of_a_batch_cost_one_call_a_period():
    plan = plan_of()
    plan.want(coins(200), 0.0)
    calls = played(plan, 5 * PERIOD)
    assert [at for at, _ in calls] == [GATHER + n * PERIOD for n in range(5)]
    assert all(len(call.coins) == 200 for _, call in calls)


def test_a_second_watcher_of_a_coin_costs_nothing():
    plan = plan_of()
    plan.want(coins(1), 0.0)
    plan.next(1.0)
    plan.want(coins(1) * 3, 2.0)
    assert plan.due() == 1.0 + PERIOD


def test_coins_that_are_opened_together_go_into_one_call():
    plan = plan_of()
    plan.want(coins(1), 0.0)
    plan.want(coins(3), GATHER / 2)
    assert plan.next(GATHER / 2) is None
    assert plan.next(GATHER).coins == ("coin0000", "coin0001", "coin0002")


def test_a_new_coin_is_asked_for_at_once_and_takes_the_others_along():
    plan = plan_of()
    plan.want(coins(1), 0.0)
    plan.next(1.0)
    plan.want(coins(2), 20.0)
    assert plan.due() == 20.0 + GATHER
    assert plan.next(21.0).coins == ("coin0000", "coin0001")
    assert plan.due() == 21.0 + PERIOD


def test_a_new_currency_of_a_coin_is_asked_for_at_once():
    plan = plan_of()
    plan.want([Price("bitcoin", "usd")], 0.0)
    plan.next(1.0)
    plan.want([Price("bitcoin", "usd"), Price("bitcoin", "eur")], 2.0)
    assert plan.next(3.0).currencies == ("eur", "usd")


def test_batches_are_spread_evenly_over_the_period():
    plan = plan_of(batch=100)
    plan.want(coins(300), 0.0)
    played(plan, 2 * PERIOD)
    calls = played(plan, 2 * PERIOD, begin=2 * PERIOD)
    gaps = [after - before for (before, _), (after, _) in itertools.pairwise(calls)]
    assert gaps == pytest.approx([PERIOD / 3] * len(gaps))
    for number in range(len(calls) - 2):
        asked = [coin for _, call in calls[number : number + 3] for coin in call.coins]
        assert len(set(asked)) == 300


def test_more_batches_than_the_budget_has_calls_take_longer():
    plan = plan_of(batch=10, calls=5)
    plan.want(coins(200), 0.0)
    assert len(played(plan, 10 * PERIOD)) <= 5 + 5 * 10


def test_many_new_coins_one_after_the_other_stay_within_the_budget():
    plan = plan_of(calls=5)
    made = []
    for number in range(60):
        plan.want(coins(number + 1), float(number))
        if (call := plan.next(float(number))) is not None:
            made.append(call)
    assert len(made) <= 10


def test_nothing_is_asked_when_nothing_is_wanted():
    plan = plan_of()
    assert plan.due() is None
    plan.want(coins(1), 0.0)
    plan.want([], 1.0)
    assert plan.due() is None
    assert plan.next(1e9) is None


# -- failures ---------------------------------------------------------------------------


def test_pauses_grow_and_begin_anew_after_an_answer():
    plan = plan_of()
    plan.want(coins(1), 0.0)
    pauses = [plan.failed((), 0.0, None, limited=False) for _ in range(9)]
    assert pauses == [7.5, 15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    plan.answered()
    assert plan.failed((), 0.0, None, limited=False) == 7.5


@pytest.mark.parametrize(
    ("asked", "limited", "pause"),
    [(None, True, PERIOD), (300.0, True, 300.0), (1.0, False, 7.5), (20.0, False, 20.0)],
)
def test_a_pause_that_is_asked_for_is_kept(asked, limited, pause):
    plan = plan_of()
    plan.want(coins(1), 0.0)
    plan.next(1.0)
    assert plan.failed(("coin0000",), 1.0, asked, limited=limited) == pause
    assert plan.due() == 1.0 + pause
    plan.want(coins(2), 1.5)
    assert plan.due() == 1.0 + pause
    assert not plan.spend(1.5)
    assert plan.next(1.0 + pause).coins == ("coin0000", "coin0001")


def test_the_list_is_paid_from_the_same_budget():
    plan = plan_of(calls=2)
    assert plan.spend(100.0)
    assert plan.spend(100.0)
    assert not plan.spend(100.0)
    assert plan.spend(100.0 + PERIOD / 2)


@given(st.lists(st.integers(0, 400), max_size=8), st.integers(1, 60), st.integers(1, 20))
def test_every_coin_gets_its_turn(counts, batch, calls):
    plan, begin = plan_of(batch, calls), 0.0
    for count in counts:
        plan.want(coins(count), begin)
        batches = -(-count // batch)
        rounds = max(1.0, batches / calls) + 2.0
        asked = {coin for _, call in played(plan, rounds * PERIOD, begin) for coin in call.coins}
        assert asked == {price.coin for price in coins(count)}
        begin += rounds * PERIOD


class Budgeted(RuleBasedStateMachine):
    """Whatever happens, no window of a period sees more than twice the calls of the budget."""

    def __init__(self):
        super().__init__()
        self.plan = plan_of(batch=3, calls=5)
        self.now = 1000.0
        self.made = []

    @rule(count=st.integers(0, 30))
    def want(self, count):
        self.plan.want(coins(count), self.now)

    @rule(seconds=st.floats(0.0, 100.0))
    def wait(self, seconds):
        self.now += seconds

    @rule(good=st.booleans(), asked=st.none() | st.floats(0.0, 200.0))
    def call(self, good, asked):
        call = self.plan.next(self.now)
        if call is None:
            return
        assert 0 < len(call.coins) <= 3
        self.made.append(self.now)
        if good:
            self.plan.answered()
        else:
            self.plan.failed(call.coins, self.now, asked, limited=False)
            assert self.plan.due() is None or self.plan.due() > self.now

    @rule()
    def look_something_up(self):
        if self.plan.spend(self.now):
            self.made.append(self.now)

    @invariant()
    def the_budget_is_kept(self):
        assert len([at for at in self.made if at > self.now - PERIOD]) <= 10


TestBudgeted = Budgeted.TestCase
