"""The plan: what a build would ask and cost, without asking; and that no build asks a teacher whose permission nobody has stated."""

from __future__ import annotations

import dataclasses

import pytest

from emojit.dataset.build import build, default_store
from emojit.dataset.folder import verify_manifest
from emojit.dataset.parquet import read_rows
from emojit.dataset.plan import plan
from emojit.errors import ConfigError, DatasetError, TeacherError
from emojit.recipe import DecontaminateConfig, PriceConfig, TeacherConfig


def no_price(config):
    return None, "nobody was asked"


def planned(recipe, tmp_path, **keys):
    return plan(recipe, store=tmp_path / "v1.replies.sqlite", look_up=no_price, quiet=True, **keys)


def test_the_plan_estimates_what_the_build_then_takes(recipe, tmp_path, card, server, with_teacher):
    priced = with_teacher(recipe, price=PriceConfig(prompt=1.0, completion=4.0))
    store = tmp_path / "v1.replies.sqlite"
    build(dataclasses.replace(priced, count=10), tmp_path / "small", render_card=card, store=store, quiet=True)
    server.answered.clear()

    found = planned(priced, tmp_path)

    result = build(priced, tmp_path / "v1", render_card=card, store=store, quiet=True)
    assert found.to_ask == result.asked == len(server.answered)
    assert found.stored == result.from_store
    assert found.estimate.prompt_tokens == pytest.approx(10 * result.asked, rel=0.05)
    assert found.estimate.completion_tokens == pytest.approx(5 * result.asked, rel=0.05)
    assert found.estimate.cost_usd == pytest.approx(30e-6 * result.asked, rel=0.05)
    assert found.estimate.price_basis == "teacher.price of the recipe"


def test_the_plan_refuses_what_the_build_would_refuse(recipe, tmp_path, with_teacher):
    with pytest.raises(ConfigError, match="banned"):
        planned(with_teacher(recipe, banned=("word",)), tmp_path)
    missing = DecontaminateConfig(against=(str(tmp_path / "missing"),))
    with pytest.raises(DatasetError, match="missing"):
        planned(dataclasses.replace(recipe, decontaminate=missing), tmp_path)


def test_bills_in_the_store_are_the_price_where_the_recipe_has_none(recipe, tmp_path, card):
    store = tmp_path / "v1.replies.sqlite"
    build(dataclasses.replace(recipe, count=10), tmp_path / "small", render_card=card, store=store, quiet=True)

    found = planned(recipe, tmp_path)

    assert found.estimate.cost_usd == pytest.approx(0.001 * found.to_ask)


def test_the_plan_asks_and_writes_nothing_and_says_what_it_does_not_know(recipe, tmp_path, server):
    before = sorted(tmp_path.iterdir())

    found = planned(recipe, tmp_path)

    assert found.estimate.cost_usd is None
    assert "set teacher.price" in found.estimate.price_basis
    assert found.to_ask == found.questions
    assert server.answered == []
    assert sorted(tmp_path.iterdir()) == before


def test_wanted_pairs_take_more_sentences_than_pairs(recipe, tmp_path, card, server):
    """One emoji answer in five cannot be read, so the plan learns that four pairs take five sentences."""
    usual = server.reply
    number = {name: index for index, name in enumerate("0123456789")}
    server.reply = lambda step, text: (
        "わかりません" if step == "emoji" and number[text.split("号")[0][-1]] % 5 == 0 else usual(step, text)
    )
    assumed = planned(dataclasses.replace(recipe, count=18), tmp_path)
    store = tmp_path / "v1.replies.sqlite"
    build(recipe, tmp_path / "all", render_card=card, store=store, quiet=True)

    learned = planned(dataclasses.replace(recipe, count=24), tmp_path)

    assert (assumed.wanted, assumed.kept, assumed.yield_basis) == (18, 20, "assumed")
    assert learned.pair_yield == pytest.approx(0.8)
    assert learned.kept == 30
    assert "stored replies of m" in learned.yield_basis


@pytest.mark.parametrize("missing", [{"licence": None}, {"distillation_allowed": False}])
def test_without_permission_the_build_refuses_before_it_reads_or_asks_and_the_plan_says_so(
    recipe, tmp_path, card, server, with_teacher, missing
):
    refused = with_teacher(recipe, **missing)
    gone = dataclasses.replace(refused, corpus=dataclasses.replace(refused.corpus, source="nowhere.jsonl"))
    [key] = missing

    for one in (refused, gone):
        with pytest.raises(ConfigError, match=f"the teacher is not asked: teacher.{key}"):
            build(one, tmp_path / "v1", render_card=card, quiet=True)

    assert server.answered == []
    assert not (tmp_path / "v1").exists()
    assert not default_store(tmp_path / "v1").exists()
    assert f"teacher.{key}" in str(planned(refused, tmp_path).refusal)
    assert planned(recipe, tmp_path).refusal is None


def test_the_recorded_teacher_needs_no_permission(recipe, tmp_path):
    found = planned(dataclasses.replace(recipe, teacher=TeacherConfig()), tmp_path)

    assert found.refusal is None
    assert found.estimate.cost_usd == 0.0


def test_where_the_teacher_stood_and_how_fast_it_was_asked_is_not_published(
    recipe, tmp_path, card, server, contents, with_teacher
):
    slow = with_teacher(
        recipe,
        base_url=server.url.replace("127.0.0.1", "localhost"),
        concurrency=2,
        requests_per_minute=60_000,
        tokens_per_minute=6_000_000,
        max_attempts=3,
        timeout_s=9.0,
        patience_s=5.0,
        max_error_share=0.9,
    )
    slow = dataclasses.replace(slow, corpus=dataclasses.replace(slow.corpus, processes=2))

    first = build(recipe, tmp_path / "v1", render_card=card, quiet=True)
    second = build(slow, tmp_path / "v2", render_card=card, quiet=True)

    assert contents(first.folder) == contents(second.folder)
    text = (first.folder / "recipe.toml").read_text(encoding="utf-8")
    assert "base_url" not in text
    port = server.url.rsplit(":", 1)[1]
    assert not [name for name, content in contents(first.folder).items() if port in content.decode("latin-1")]
    assert build(slow, tmp_path / "v1", render_card=card, quiet=True).already_complete


def test_the_manifest_holds_the_bill_and_every_reply_who_gave_it(recipe, tmp_path, card, server):
    server.extra = {"provider": "Nebula"}

    result = build(recipe, tmp_path / "v1", render_card=card, quiet=True)

    bill = verify_manifest(result.folder)["bill"]
    replies = list(read_rows(result.folder / "teacher" / "replies-00000.parquet"))
    assert bill["tokens"]["total_tokens"] == 15 * result.asked
    assert (
        bill["cost_usd"] == pytest.approx(0.001 * result.asked) == pytest.approx(sum(row["cost"] for row in replies))
    )
    assert bill["billed"] == result.asked
    assert result.spent_usd == pytest.approx(bill["cost_usd"])
    assert bill["providers"] == {"Nebula": result.asked}
    assert {row["provider"] for row in replies} == {"Nebula"}


def test_a_price_keeps_the_cost_limit_where_the_endpoint_bills_nothing(recipe, tmp_path, card, server, with_teacher):
    server.cost = None
    priced = with_teacher(recipe, price=PriceConfig(prompt=1.0, completion=4.0), max_tokens=16)

    with pytest.raises(TeacherError, match=r"limit of 0\.003 USD is reached"):
        build(priced, tmp_path / "v1", render_card=card, max_cost=0.003, quiet=True)

    spent = 30e-6 * len(server.answered)
    assert 0.001 < spent <= 0.003
    first = len(server.answered)
    result = build(priced, tmp_path / "v1", render_card=card, max_cost=1.0, quiet=True)
    assert result.from_store == first
    assert result.asked == len(server.answered) - first
