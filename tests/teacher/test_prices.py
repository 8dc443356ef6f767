"""What a reply cost, and that no teacher is asked whose permission nobody has stated."""

from __future__ import annotations

import pytest

from emojit.errors import ConfigError
from emojit.recipe import PriceConfig, TeacherConfig
from emojit.teacher import Reply, check_licence, reply_cost, usage_cost

PRICE = PriceConfig(prompt=1.0, completion=4.0)
USAGE = '{"completion_tokens":50,"prompt_tokens":300,"total_tokens":350}'


def reply(**keys):
    return Reply(key="k", request="{}", text="🎉", **keys)


def test_what_was_billed_goes_before_what_the_tokens_would_cost():
    assert reply_cost(reply(usage=USAGE, cost=0.25), PRICE) == 0.25
    assert reply_cost(reply(usage=USAGE, cost=0.0), PRICE) == 0.0
    assert reply_cost(reply(usage=USAGE), PRICE) == pytest.approx(300e-6 + 4 * 50e-6)


@pytest.mark.parametrize("usage", [None, "{}", '{"prompt_tokens":3}', '{"prompt_tokens":3,"completion_tokens":"4"}'])
def test_without_token_counts_the_cost_is_not_known(usage):
    assert usage_cost(usage, PRICE) is None


def test_without_a_price_the_cost_is_not_known_and_a_price_of_nothing_is_a_price():
    assert usage_cost(USAGE, PriceConfig()) is None
    assert usage_cost(USAGE, PriceConfig(prompt=0.0, completion=0.0)) == 0.0


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({}, ("teacher.licence", "teacher.distillation_allowed")),
        ({"licence": "apache-2.0"}, ("teacher.distillation_allowed",)),
        ({"distillation_allowed": True}, ("teacher.licence",)),
        ({"licence": " ", "distillation_allowed": True}, ("teacher.licence",)),
    ],
)
def test_a_teacher_without_licence_or_permission_is_refused_by_the_name_of_the_key(keys, named):
    with pytest.raises(ConfigError) as caught:
        check_licence(TeacherConfig(kind="openai", model="big-model", **keys))

    assert all(name in str(caught.value) for name in (*named, "big-model"))
    assert "--set teacher.licence=apache-2.0 --set teacher.distillation_allowed=true" in (caught.value.hint or "")
    assert caught.value.exit_code == 2


def test_the_recorded_teacher_and_a_stated_permission_pass():
    check_licence(TeacherConfig())
    check_licence(TeacherConfig(kind="openai", model="m", licence="mit", distillation_allowed=True))
