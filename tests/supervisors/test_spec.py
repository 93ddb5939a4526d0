"""Descriptions are checked when they are created."""

import dataclasses
import math

import pytest

from supervisors.errors import SpecError
from supervisors.spec import (
    Backoff,
    ChildSpec,
    Heartbeat,
    Intensity,
    Kind,
    Shutdown,
    SupervisorSpec,
    leaves,
    stop_bound,
)


async def main(child):
    pass


def child(name="a", **settings):
    return ChildSpec(**({"name": name, "target": "package.module:main"} | settings))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: child(""), "empty"),
        (lambda: child("  "), "empty"),
        (lambda: child("a/b"), "slash"),
        (lambda: child("a\nb"), "line end"),
        (lambda: child(target="no_colon"), "package.module:function"),
        (lambda: child(target="a b:c"), "package.module:function"),
        (lambda: child(target=":main"), "package.module:function"),
        (lambda: child(target=main), "text"),
        (lambda: child(target=3, kind=Kind.TASK), "callable"),
        (lambda: child(ready_within=0), "ready_within"),
        (lambda: child(ready_within=math.nan), "finite"),
        (lambda: child(ready_within=math.inf), "finite"),
        (lambda: child(arguments={"x": object()}), "process"),
        (lambda: child(arguments={"x": math.nan}), "process"),
        (lambda: child(arguments={"x": {1: 2}}), "not a text"),
        (lambda: child(arguments={"x": [{1: 2}]}), "not a text"),
        (lambda: child(arguments={"not a name": 1}), "not a name"),
        (lambda: child(kind=Kind.TASK, environment={"A": "b"}), "environment"),
        (lambda: child(environment={"A": 1}), "texts"),
        (lambda: child(environment={"A=B": "1"}), "variable"),
        (lambda: Shutdown(ask=-1), "negative"),
        (lambda: Shutdown(ask=True), "finite"),
        (lambda: Shutdown(kill=0), "kill"),
        (lambda: Heartbeat(interval=0), "interval"),
        (lambda: Heartbeat(interval=1, timeout=1), "timeout"),
        (lambda: Backoff(first=-0.1), "first"),
        (lambda: Backoff(factor=0.5), "factor"),
        (lambda: Backoff(first=2, cap=1), "cap"),
        (lambda: Intensity(restarts=-1), "restarts"),
        (lambda: Intensity(restarts=1.5), "whole"),
        (lambda: Intensity(within=0), "within"),
        (lambda: SupervisorSpec(name="s", children=(child("a"), child("a"))), "called a"),
        (lambda: SupervisorSpec(name="s", children=("a",)), "ChildSpec"),
        (lambda: SupervisorSpec(name=""), "empty"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(make, says):
    with pytest.raises(SpecError, match=says):
        make()


def test_a_description_cannot_be_changed_behind_our_back():
    arguments = {"x": 1}
    spec = child(arguments=arguments)
    arguments["x"] = 2
    assert spec.arguments == {"x": 1}
    with pytest.raises(TypeError):
        spec.arguments["x"] = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "b"


def test_equal_descriptions_are_equal():
    assert child(arguments={"x": [1]}) == child(arguments={"x": [1]})


def test_a_task_may_have_any_arguments_and_a_function_for_target():
    assert child(kind=Kind.TASK, target=main, arguments={"x": object()}).target is main


def test_children_may_be_given_as_a_list():
    assert SupervisorSpec(name="s", children=[child()]).children == (child(),)


def test_leaves_are_in_start_order_and_the_bound_is_the_sum_of_the_ladders():
    inner = SupervisorSpec(name="inner", children=(child("b"), child("c")))
    spec = SupervisorSpec(name="s", children=(child("a"), inner, child("d")))
    assert [leaf.name for leaf in leaves(spec)] == ["a", "b", "c", "d"]
    assert stop_bound(spec, 1.0) == 4 * (Shutdown().total + 1.0)
