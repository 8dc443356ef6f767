"""A recipe that cannot be read says which key, which value, and whether the file or the command line holds it."""

from __future__ import annotations

import dataclasses
import re
import tomllib

import pytest

from emojit.errors import ConfigError
from emojit.recipe import BuildRecipe, StageConfig, TrainRecipe, load, load_text
from emojit.resources import resource


@pytest.fixture
def recipe(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[teacher]\ntemprature = 1", "unknown key teacher.temprature", "valid keys: kind, model"),
        ("[techer]", "unknown key techer", "valid keys: name, seed"),
        ("[teacher]\ntemperature = 'hot'", "teacher.temperature must be a number, got 'hot'", "explain every key"),
        ("count = true", "count must be a whole number, got True", "explain every key"),
        ("[corpus]\nsource = ' '", "corpus.source is empty", "--corpus"),
        ("count = -1", "count must be >= 0, got -1", "explain every key"),
        ("[teacher]\nbanned = [1]", "teacher.banned[0] must be a string, got 1", "explain every key"),
        ("[teacher]\nkind = 'psychic'", "teacher.kind must be one of 'recorded', 'openai'", "explain every key"),
        ("teacher = 1", "teacher must be a table, got 1", "write [teacher]"),
        ("[teacher]\ntemperature = nan", "teacher.temperature must be a finite number, got nan", "explain every key"),
        ("[teacher]\ntimeout_s = inf", "teacher.timeout_s must be a finite number, got inf", "explain every key"),
        ("[teacher]\nconcurrency = 1000000000", "teacher.concurrency must be in [1, 10000]", "explain every key"),
        ("name = '..'", "name must be letters, digits", "explain every key"),
        ("this is no toml", "no valid TOML: Expected '='", "compare with"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_file_key_and_value_with_a_hint(recipe, text, message, hint):
    path = recipe(text)

    with pytest.raises(ConfigError) as caught:
        load(BuildRecipe, path)

    assert str(caught.value).startswith(f"{path}: {message}")
    assert hint in (caught.value.hint or "")


def test_a_mistake_on_the_command_line_does_not_blame_the_file(recipe):
    with pytest.raises(ConfigError, match=r"^command line: count must be >= 0, got -1$"):
        load(BuildRecipe, recipe("count = 3"), overrides=["count=-1"])


def test_a_mistake_in_the_file_is_not_blamed_on_the_command_line(recipe):
    path = recipe("count = -1")

    with pytest.raises(ConfigError) as caught:
        load(BuildRecipe, path, overrides=["seed=1"])

    assert str(caught.value).startswith(f"{path}: count")


@pytest.mark.parametrize("override", ["x", "=1", "a..b=1", "count", "name.x=1"])
def test_an_override_that_is_none_is_shown_as_it_was_given_with_an_example(recipe, override):
    with pytest.raises(ConfigError) as caught:
        load(BuildRecipe, recipe("name = 'x'"), overrides=[override])

    assert f"--set {override}" in str(caught.value)
    assert "for example" in (caught.value.hint or "")


def test_a_byte_order_mark_is_no_part_of_the_recipe(recipe):
    assert load(BuildRecipe, recipe("\ufeffcount = 3")).count == 3


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", ".hidden", "あ"])
def test_a_name_that_is_no_folder_of_its_own_is_refused(name):
    for cls in (BuildRecipe, TrainRecipe):
        with pytest.raises(ConfigError, match="name must be"):
            cls(name=name)


def test_a_seed_that_numpy_does_not_take_is_refused():
    for seed in ("-1", str(2**32)):
        with pytest.raises(ConfigError, match=r"train\.seed must be in"):
            load(TrainRecipe, "demo", overrides=[f"train.seed={seed}"])


STATED = """
[teacher]
kind = "openai"
model = "qwen"
licence = "apache-2.0"
distillation_allowed = true
price = {prompt = 0.1, completion = 0.4}
"""


def teacher_of(path, *overrides):
    return load(BuildRecipe, path, overrides=overrides).teacher


def test_a_licence_permission_and_price_stated_for_one_model_are_not_taken_for_another(recipe, caplog):
    teacher = teacher_of(recipe(STATED), "teacher.model=other")

    assert (teacher.licence, teacher.distillation_allowed, teacher.price.prompt) == (None, False, None)
    assert "teacher.licence of" in caplog.text
    assert "is not about teacher.model = other and is left out" in caplog.text


@pytest.mark.parametrize(
    "override", ["teacher.model=qwen", "teacher.temperature=0.1", "teacher.base_url=http://[::1]/v1"]
)
def test_an_override_that_leaves_the_teacher_as_it_is_leaves_what_is_stated_about_it(recipe, override, caplog):
    teacher = teacher_of(recipe(STATED), override)

    assert (teacher.licence, teacher.distillation_allowed, teacher.price.prompt) == ("apache-2.0", True, 0.1)
    assert caplog.text == ""


def test_what_the_command_line_states_anew_holds(recipe):
    teacher = teacher_of(
        recipe(STATED),
        "teacher.model=other",
        "teacher.licence=mit",
        "teacher.price.prompt=1",
        "teacher.price.completion=2",
    )

    assert (teacher.licence, teacher.distillation_allowed) == ("mit", False)
    assert (teacher.price.prompt, teacher.price.completion) == (1.0, 2.0)


def test_half_a_price_stated_anew_is_no_price(recipe):
    with pytest.raises(ConfigError, match="needs both prompt and completion"):
        teacher_of(recipe(STATED), "teacher.model=other", "teacher.price.prompt=1")


def test_what_is_stated_beside_no_model_holds_for_the_one_of_the_command_line(recipe):
    text = STATED.replace('model = "qwen"\n', "")

    assert teacher_of(recipe(text), "teacher.model=other").licence == "apache-2.0"


def test_name_and_licence_of_a_corpus_are_not_taken_for_another_one(caplog):
    corpus = load(BuildRecipe, "wikipedia-ja", overrides=["corpus.source=mine.jsonl"]).corpus

    assert (corpus.name, corpus.licence) == (None, None)
    assert "corpus.licence of" in caplog.text
    assert "is not about corpus.source = mine.jsonl and is left out" in caplog.text


def test_another_dump_of_a_corpus_keeps_the_licence_and_not_the_name():
    corpus = load(BuildRecipe, "wikipedia-ja", overrides=["corpus.config=20240101.ja"]).corpus
    same = load(BuildRecipe, "wikipedia-ja", overrides=["corpus.share=0.5"]).corpus

    assert (corpus.name, corpus.licence) == (None, "CC BY-SA 3.0")
    assert (same.name, same.licence) == ("wikimedia/wikipedia 20231101.ja", "CC BY-SA 3.0")


def test_the_licence_of_the_packaged_replies_is_not_that_of_another_teacher():
    assert teacher_of("sample").licence == "CC0-1.0"
    assert teacher_of("sample", "teacher.kind=openai", "teacher.model=m").licence is None
    assert teacher_of("sample", "teacher.recorded=mine.jsonl").licence is None


def test_the_sample_recipe_names_every_key_and_says_where_it_differs_from_the_default():
    text = resource("recipes/sample.toml").read_text(encoding="utf-8")
    sections = {"": "", **dict.fromkeys(re.findall(r"^\[(.+?)\]", text, re.MULTILINE), "")}
    section = ""
    for line in text.splitlines():
        if heading := re.match(r"\[(.+?)\]", line):
            section = heading[1]
        sections[section] += f"{line}\n"

    def check(defaults: object, table: dict[str, object], section: str) -> None:
        for field in dataclasses.fields(defaults):
            default, place = getattr(defaults, field.name), f"{section}.{field.name}".strip(".")
            if dataclasses.is_dataclass(default):
                check(default, table[field.name], place)
                continue
            line = re.search(rf"^(?:# )?{field.name} *= .*$", sections[section], re.MULTILINE)
            assert line, f"{place} is not named"
            value = table.get(field.name)
            same = value == (list(default) if isinstance(default, tuple) else default)
            unset = line[0].startswith("# ") and value is None
            assert same or unset or "default" in line[0], f"{place} differs from {default!r} and does not say so"

    check(BuildRecipe(), tomllib.loads(text), "")


def test_the_training_recipe_names_every_key():
    text = resource("recipes/t5-base-japanese.toml").read_text(encoding="utf-8")
    sections = re.split(r"^(?:# )?\[+(\w+)\]+", text, flags=re.MULTILINE)
    named = {"": sections[0], **dict(zip(sections[1::2], sections[2::2], strict=True))}

    def keys(config: object) -> list[str]:
        return [field.name for field in dataclasses.fields(config)]

    recipe = load_text(TrainRecipe, text, where="t5-base-japanese.toml")
    wanted = {section: keys(getattr(recipe, section)) for section in ("data", "model", "train", "loss", "decoding")}
    for section, names in {**wanted, "stages": keys(StageConfig)}.items():
        missing = [name for name in names if not re.search(rf"^(?:# )?{name} *=", named[section], re.MULTILINE)]
        assert not missing, f"[{section}] does not name {missing}"
