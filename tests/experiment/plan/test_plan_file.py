"""A plan is checked to the last key before anything is trained, and the historical plans say what was published."""

from __future__ import annotations

import dataclasses

import pytest

from emojit.errors import ConfigError
from emojit.experiment.plan.resolve import resolve_plan
from emojit.recipe import PlanConfig, dump, load, load_text
from emojit.resources import resource

HEAD = 'name = "plan"\nbase = "demo"\n'
PACKAGED = sorted(resource("recipes/experiments").glob("*.toml"))


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.stem)
def test_every_packaged_plan_is_found_by_its_name_and_survives_being_written_and_read_again(path):
    plan = resolve_plan(path.stem)

    assert plan.config.name == path.stem
    assert all(variant.hypothesis for variant in plan.variants)
    assert load_text(PlanConfig, dump(plan.config), where="again") == plan.config


@pytest.mark.parametrize("name", ["v3", "v4"])
def test_the_historical_plans_have_the_published_settings(name):
    base = resolve_plan(name).of("base")[0].recipe

    assert base.model.base == "sonoisa/t5-base-japanese"
    assert base.model.emojis == 0
    assert base.loss.name == "cross_entropy"
    train = base.train
    assert (train.learning_rate, train.batch_size * train.gradient_accumulation, train.epochs) == (3e-4, 16, 50)
    assert (train.warmup_steps, train.weight_decay, train.label_smoothing, train.early_stopping) == (150, 0.01, 0.1, 5)
    assert base.data.max_input_tokens == 128
    assert (base.decoding.min_emojis, base.decoding.max_emojis) == (1, 5)


def changed(name: str) -> dict[str, dict[str, object]]:
    return {variant.name: variant.set for variant in resolve_plan(name).variants}


def test_the_historical_variants_change_what_they_are_called_after():
    focal = {"loss.name": "focal", "loss.gamma": 2.0, "train.label_smoothing": 0.0}

    assert changed("v3") == {
        "base": {},
        "lr1e-4": {"train.learning_rate": 1e-4},
        "top100": {"model.emojis": 100},
        "lr1e-4_top100": {"train.learning_rate": 1e-4, "model.emojis": 100},
        "focal_top100": {**focal, "model.emojis": 100},
    }
    v4 = changed("v4")
    assert v4["top50"] == {"model.emojis": 50}
    assert v4["focal_top50"] == {**focal, "model.emojis": 50}
    assert [v4[f"density{size}k"]["data.max_train_rows"] for size in (5, 10, 15)] == [4000, 8000, 12000]


def test_the_published_figures_are_those_of_the_older_work_and_each_says_that_its_test_rows_differ():
    v3, v4 = (load(PlanConfig, resource(f"recipes/experiments/{name}.toml")).published for name in ("v3", "v4"))

    assert [row.jaccard for row in v3] == [0.0449, 0.0481, 0.0581, 0.0, 0.0577]
    assert [row.outside_top for row in v3] == [0.0, 0.109, 0.198, None, 0.173]
    assert [row.jaccard for row in v4] == [0.066, 0.120, 0.115, 0.165, 0.182]
    assert [row.outside_top for row in v4] == [0.19, 0.21, 0.25, 0.21, 0.14]
    assert all("other test rows" in row.remark for row in (*v3, *v4))


def test_the_small_plan_differs_from_v3_in_the_model_and_what_a_model_from_nothing_needs():
    small, large = resolve_plan("v3-small"), resolve_plan("v3")

    assert small.config.variants == large.config.variants
    assert small.config.success == large.config.success
    assert [row.jaccard for row in small.config.published] == [row.jaccard for row in large.config.published]
    assert all("222 M parameters" in row.remark for row in small.config.published)
    mine, theirs = (dataclasses.asdict(plan.of("base")[0].recipe) for plan in (small, large))
    different = {
        f"{section}.{key}"
        for section in ("data", "train", "loss", "decoding")
        for key, value in mine[section].items()
        if value != theirs[section][key]
    }
    assert different == {"train.epochs", "train.bf16", "data.emoji_name_rows", "decoding.batch_size"}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[[variant]]", "unknown key variant", "valid keys: name, base, set"),
        ('[[variants]]\nname = "a"\nwen = {}', "unknown key variants[0].wen", "valid keys: name, hypothesis, set"),
        (
            '[[variants]]\nname = "a"\nwhen = {any_improvd = ["a"]}',
            "unknown key variants[0].when.any_improvd",
            "any_improved",
        ),
        (
            '[[variants]]\nname = "a"\nset = {"train.learning_rat" = 1}',
            "variant a: unknown key train.learning_rat",
            "learning_rate",
        ),
        ('[[variants]]\nname = "a"\nset = {train = 1}', "variant a: train must be a table", "[train]"),
        (
            '[[variants]]\nname = "a"\nset = {"train.epochs.x" = 1}',
            "variant a: train.epochs.x: epochs is a value",
            None,
        ),
        (
            '[[variants]]\nname = "a"\nset = {"loss.name" = "focal"}\n[set]\n"train.label_smoothing" = 0.1',
            "variant a: train.label_smoothing is 0.1",
            "0.0",
        ),
        ('[set]\n"train.batch_size" = 0', "base: train.batch_size must be > 0", "every key"),
        ('[set]\n"train.seed" = 1', "set: train.seed is decided by the plan", "seeds ="),
        (
            '[[variants]]\nname = "a"\nset = {"data.dataset" = "x"}',
            "variants.a.set: data.dataset is decided by the plan",
            "--dataset",
        ),
        (
            '[[variants]]\nname = "a"\nwhen = {any_improved = ["b"]}',
            "variants.a.when.any_improved: no variant 'b'",
            "base, a",
        ),
        (
            '[[variants]]\nname = "a"\nwhen = {any_improved = ["base"]}',
            "base cannot improve on itself",
            "leave it out",
        ),
        (
            '[[variants]]\nname = "a"\nwhen = {none_reached = ["base"]}',
            "does not say what is to be reached",
            "[success]",
        ),
        ('[[variants]]\nname = "a"\nwhen = {any_improved = ["a"]}', "in a circle: a → a", "when"),
        (
            '[[variants]]\nname = "b"\nwhen = {any_improved = ["c"]}\n[[variants]]\nname = "c"\nwhen = {all_improved = ["b"]}',
            "in a circle: b → c → b",
            "when",
        ),
        ('[[variants]]\nname = "a"\n[[variants]]\nname = "A"', "two are called 'a'", "of its own"),
        ('[[variants]]\nname = "base"', "two are called 'base'", "of its own"),
        ('[[variants]]\nname = "a/b"', "name must be letters", None),
        ("seeds = []", "seeds is empty", "seeds = [0]"),
        (
            '[[variants]]\nname = "a"\nset = {"train.epochs" = 8.0, "train.report_to" = "tensorboard"}',
            "variants.a: a has the recipe of base, key by key: with seed 0 it is the same run twice",
            "let its set change a key",
        ),
        (
            '[[variants]]\nname = "a"\nset = {"train.epochs" = 3}\n[[variants]]\nname = "b"\nset = {train = {epochs = 3.0}}',
            "variants.b: b has the recipe of a, key by key",
            "seeds = [100, 101]",
        ),
        ('baselines = ["constant", "lineer"]', "baselines: no baseline 'lineer'", "linear"),
        ("seeds = [1, 2, 1]", "seeds: 1 stands there twice", "leave one out"),
        ("seeds = [-1]", "seeds: a seed must be in [0, 2**32), got -1", None),
        ("[success]\njaccard = 10", "success.jaccard must be in [0, 1], got 10.0", None),
        ('[[published]]\nvariant = "a"', "published[0].remark is missing", "remark"),
        ('[[published]]\nvariant = "a"\nremark = ""', "published.remark of a is empty", "rows"),
    ],
)
def test_a_mistake_is_named_with_the_plan_the_place_and_what_to_write(tmp_path, text, message, hint):
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + text, encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        resolve_plan(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert hint is None or hint in (caught.value.hint or "")


def test_a_base_recipe_that_is_not_there_and_a_plan_that_is_not_there_are_named_with_those_that_are(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "plan"\nbase = "dmeo"', encoding="utf-8")

    with pytest.raises(ConfigError, match=r"mine\.toml: base: dmeo: no such recipe") as caught:
        resolve_plan(path)
    assert "demo" in (caught.value.hint or "")

    with pytest.raises(ConfigError, match="v5: no such plan") as caught:
        resolve_plan("v5")
    assert "v3, v3-small, v4" in (caught.value.hint or "")


def test_the_base_may_stand_beside_the_plan_and_a_mistake_in_it_is_blamed_on_it(tmp_path, monkeypatch):
    (tmp_path / "plans").mkdir()
    (tmp_path / "plans" / "mine.toml").write_text("[model]\nd_modell = 1", encoding="utf-8")
    plan = tmp_path / "plans" / "plan.toml"
    plan.write_text('name = "plan"\nbase = "mine.toml"', encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=r"plans/mine.toml: unknown key model.d_modell"):
        resolve_plan(plan)


def test_settings_of_the_command_line_hold_for_every_variant_that_does_not_change_them_itself(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        HEAD
        + '[[variants]]\nname = "a"\nset = {train = {epochs = 2}}\nseeds = [5]\n[[variants]]\nname = "b"\nseeds = [8, 9]',
        encoding="utf-8",
    )

    plan = resolve_plan(path, seeds=[3, 4], overrides=["train.epochs=7", "train.batch_size=9"])

    assert [(run.variant, run.seed) for run in plan.runs] == [
        (name, seed) for name in ("base", "a", "b") for seed in (3, 4)
    ]
    assert [plan.of(name)[0].recipe.train.epochs for name in ("base", "a", "b")] == [7, 2, 7]
    assert {run.recipe.train.batch_size for run in plan.runs} == {9}
    assert [run.recipe.train.seed for run in plan.of("a")] == [3, 4]


def test_a_variant_that_is_the_base_is_a_control_with_seeds_of_its_own_and_a_warning_for_a_try(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        HEAD + '[[variants]]\nname = "again"\nseeds = [1, 2]\n[[variants]]\nname = "a"\nset = {"train.epochs" = 3}',
        encoding="utf-8",
    )

    (control,) = resolve_plan(path).notes
    assert control.startswith("again has the recipe of base with other seeds: it shows what chance does")
    tried = resolve_plan(path, overrides=["train.epochs=3"]).notes
    assert tried[1] == "a has the recipe of base, key by key: with seed 0 it is the same run twice"
    assert "with seeds 4, 5 it is the same run twice" in resolve_plan(path, seeds=[4, 5]).notes[0]
