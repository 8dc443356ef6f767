"""The data set card: a function of two files, whole, escaped, and with a snippet that runs."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import get_args

import pytest
import yaml

from emojit.corpus.records import Stage
from emojit.dataset import pair
from emojit.dataset.build import build
from emojit.dataset.folder import verify_manifest, write_manifest
from emojit.dataset.pair import Pair
from emojit.errors import CardError, DatasetError, PublishError
from emojit.recipe import BuildRecipe, load_text
from emojit.recipe.corpus import WORD_LISTS
from emojit.release.cards import render_dataset_card
from emojit.release.dataset_facts import size_category
from emojit.release.dataset_words import COLUMNS, FLAGS, STAGES
from emojit.release.push import push


def front_matter(card: str) -> dict[str, object]:
    return yaml.safe_load(card.split("---\n")[1])


def change(folder: Path, key: str, value: object) -> None:
    """Set a fact of the statistics by its dotted key; None removes it."""
    path = folder / "statistics.json"
    statistics = json.loads(path.read_text(encoding="utf-8"))
    *parents, last = key.split(".")
    table = statistics
    for name in parents:
        table = table[name]
    if value is None:
        del table[last]
    else:
        table[last] = value
    path.write_text(json.dumps(statistics, ensure_ascii=False), encoding="utf-8")


def test_the_card_of_a_build_is_the_recorded_one(build_folder, golden):
    golden("dataset.md", render_dataset_card(build_folder))


def test_the_same_files_give_the_same_card_wherever_they_lie(build_folder, tmp_path):
    elsewhere = shutil.copytree(build_folder, tmp_path / "elsewhere")

    assert render_dataset_card(build_folder) == render_dataset_card(elsewhere)


@pytest.mark.parametrize(
    "key",
    ["rows.test", "articles.train", "corpus.candidates", "rejected.filter", "emoji.counts", "teacher.model",
     "teacher.prompts.rewrite", "teacher.parameters.top_p", "agreement.test.rows", "sources", "licence.note", "leaked",
     "agreement.all.low", "emoji.gini", "emoji.histogram", "balance.deferred", "balance.max_share", "density.table", "duplicates.against", "flags",
     "teacher.distillation_allowed", "teacher.mode", "teacher.provider"],
)  # fmt: skip
def test_a_missing_fact_is_named(build_folder, key):
    change(build_folder, key, None)

    with pytest.raises(CardError, match=rf"statistics\.json: {re.escape(key)} is missing"):
        render_dataset_card(build_folder)


@pytest.mark.parametrize("name", ["recipe.toml", "statistics.json"])
def test_a_missing_file_is_named(build_folder, name):
    (build_folder / name).unlink()

    with pytest.raises(CardError, match=re.escape(name)):
        render_dataset_card(build_folder)


def test_text_from_data_cannot_break_a_table_or_a_code_block(build_folder):
    card = render_dataset_card(build_folder)

    assert r"| wiki\|ja |" in card
    assert "own &lt;notes&gt;" in card
    assert "````text\n書き換えて:\n```\n{text}\n```\n````" in card


def test_the_front_matter_names_the_files_of_every_split_that_has_rows(build_folder):
    assert front_matter(render_dataset_card(build_folder))["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": split, "path": f"data/{split}-*.parquet"} for split in ("train", "validation", "test")
            ],
        }
    ]

    change(build_folder, "rows.validation", 0)

    splits = front_matter(render_dataset_card(build_folder))["configs"][0]["data_files"]
    assert [item["split"] for item in splits] == ["train", "test"]


def test_an_unknown_licence_is_said_and_not_papered_over(build_folder):
    change(build_folder, "licence", {"id": "unknown", "note": "some rows name no licence"})

    card = render_dataset_card(build_folder)

    assert front_matter(card)["license"] == "unknown"
    assert "**The licence of this data set is not known**: some rows name no licence." in card


def test_without_a_second_vote_the_card_says_that_agreement_is_not_known(build_folder):
    for split in ("validation", "test", "all"):
        change(build_folder, f"agreement.{split}", {"rows": 0, "jaccard": None, "low": None, "high": None})

    assert "how far the teacher agrees with itself is not known" in render_dataset_card(build_folder)


def test_without_a_cap_a_floor_or_other_data_the_card_says_so(build_folder):
    change(build_folder, "balance.max_share", 1.0)
    change(build_folder, "balance.floor_rows", 0)
    change(build_folder, "duplicates.against", [])
    change(build_folder, "flags", {})

    card = render_dataset_card(build_folder)

    assert "No cap was set: the emoji are distributed as the teacher chose them." in card
    assert "No floor was set" in card
    assert "The rows were held against no other data set and no benchmark." in card
    assert "No row has a flag." in card
    assert "自然な分布ではありません" not in card


def test_the_card_says_whether_the_asked_number_of_pairs_stands(build_folder):
    assert "1,500 pairs were asked for; **10 are missing**: the corpus is at its end." in render_dataset_card(
        build_folder
    )

    change(build_folder, "balance.short_of", 0)

    card = render_dataset_card(build_folder)
    assert "1,500 pairs were asked for, and the build went on drawing sentences until they stood." in card
    assert "are missing**" not in card


def test_without_an_asked_number_the_card_says_whether_every_sentence_was_asked_about(build_folder):
    change(build_folder, "balance.wanted", 0)
    change(build_folder, "balance.short_of", 0)
    change(build_folder, "balance.why", "of the last 4,096 sentences only 3 became pairs")

    stopped = render_dataset_card(build_folder)
    change(build_folder, "balance.why", None)
    held_against = render_dataset_card(build_folder)
    change(build_folder, "duplicates.against", [])
    whole = render_dataset_card(build_folder)

    assert "**not the whole corpus**: of the last 4,096 sentences only 3 became pairs" in stopped
    assert "was asked about" not in stopped.split("## Splits")[1].split("### Duplicates")[0]
    assert (
        "every sentence that the filters keep and that repeats no row of other data (see below) was asked about"
        in held_against
    )
    assert "every sentence that the filters keep was asked about" in whole
    assert not any("are missing**" in card for card in (stopped, held_against, whole))


def test_a_cap_that_changed_nothing_is_not_said_to_have_changed_the_emoji(build_folder):
    assert "**the emoji are not distributed as the teacher would choose them by itself**" in render_dataset_card(
        build_folder
    )

    change(build_folder, "balance.steered", 0)
    change(build_folder, "balance.over_represented", 0)

    card = render_dataset_card(build_folder)
    assert "the emoji are distributed as the teacher chose them" in card
    assert "自然な分布ではありません" not in card


def test_votes_that_are_always_the_same_are_no_ceiling(build_folder):
    change(build_folder, "agreement.all", {"rows": 299, "jaccard": 1.0, "low": 1.0, "high": 1.0})

    assert "**All answers to one question are the same.**" in render_dataset_card(build_folder)


def test_prompts_that_were_never_used_are_not_shown(build_folder):
    assert "rare emoji, in full" in render_dataset_card(build_folder)

    change(build_folder, "balance.floor_rows", 0)
    change(build_folder, "balance.max_share", 1.0)

    card = render_dataset_card(build_folder)
    assert "rare emoji, in full" not in card
    assert "The line that this prompt gets" not in card


def test_a_cost_that_nobody_knows_is_not_made_up(build_folder):
    for key in ("cost_usd", "price", "cost_by_price_usd"):
        change(build_folder, f"teacher.{key}", None)

    assert "| cost | not known: nothing was billed" in render_dataset_card(build_folder)


def test_every_flag_and_every_stage_of_a_rejection_is_explained():
    flags = {getattr(pair, name) for name in vars(pair) if name.isupper() and isinstance(getattr(pair, name), str)}

    assert set(FLAGS) == flags - {pair.WRITTEN} | set(WORD_LISTS)  # a source, no flag
    assert set(STAGES) == set(get_args(Stage))


def test_every_column_of_a_row_is_described():
    assert [name for name, _, _ in COLUMNS] == [field.name for field in dataclasses.fields(Pair)]


@pytest.mark.parametrize(
    ("rows", "name"), [(1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (123456, "100K<n<1M"), (10**8, "n>100M")]
)
def test_size_categories_are_those_of_the_hub(rows, name):
    assert size_category(rows) == name


def test_a_real_build_pushed_is_loaded_by_the_snippet_of_its_own_card(account, tmp_path, stranger):
    repo_id = f"{account.name}/emojit-sample"
    overrides = ["corpus.share=0.1", f"release.repo_id={repo_id}", "release.version=v1"]
    recipe = load_text(BuildRecipe, "", where="test", overrides=overrides)
    rows = build(recipe, tmp_path / "build", render_card=render_dataset_card, quiet=True).rows
    result = push("dataset", tmp_path / "build", repo_id, tag="v1", quiet=True)
    snippet = re.search(
        r"```python\n(.+?)```", (tmp_path / "build" / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert snippet is not None

    done = stranger(f"{snippet[1]}\nimport sys\nassert 'emojit' not in sys.modules")

    assert ast.literal_eval(done.stdout.splitlines()[0]) == rows
    assert account.files(repo_id, "dataset", "v1") - {".gitattributes"} == {file.path for file in result.files}


def test_a_version_stays_what_it_was_after_the_next_one(account, finished_build, tmp_path, stranger):
    repo_id = f"{account.name}/emojit-sample"
    push("dataset", finished_build, repo_id, tag="v1", quiet=True)
    second = shutil.copytree(finished_build, tmp_path / "v2")
    (second / "NOTES.md").write_text("more\n", encoding="utf-8")
    write_manifest(second, {})
    push("dataset", second, repo_id, tag="v2", quiet=True)

    script = (
        "from datasets import load_dataset\n"
        f"for tag in ('v1', 'v2'): print(load_dataset('{repo_id}', revision=tag)['train'].num_rows)\n"
        f"import huggingface_hub; print(huggingface_hub.HfApi().file_exists('{repo_id}', 'NOTES.md', repo_type='dataset', revision='v1'))"
    )
    done = stranger(script)

    rows = json.loads((finished_build / "statistics.json").read_text(encoding="utf-8"))["rows"]["train"]
    assert done.stdout.split() == [str(rows), str(rows), "False"]


@pytest.mark.parametrize("damage", ["no manifest", "changed", "missing", "extra"])
def test_a_half_or_damaged_build_is_refused_before_the_hub_is_asked(
    account, finished_build, tmp_path, monkeypatch, damage
):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    folder = shutil.copytree(finished_build, tmp_path / "damaged")
    if damage == "no manifest":
        (folder / "manifest.json").unlink()
    elif damage == "changed":
        (folder / "README.md").write_text("other", encoding="utf-8")
    elif damage == "missing":
        (folder / "statistics.json").unlink()
    else:
        (folder / "extra.txt").write_text("extra", encoding="utf-8")

    with pytest.raises(DatasetError):
        push("dataset", folder, f"{account.name}/x", tag="v1")


def test_hidden_files_beside_a_build_are_not_published(account, finished_build, tmp_path):
    folder = shutil.copytree(finished_build, tmp_path / "build")
    (folder / ".secret").write_text("x", encoding="utf-8")
    verify_manifest(folder)

    push("dataset", folder, f"{account.name}/pairs", tag="v1", quiet=True)

    assert ".secret" not in account.files(f"{account.name}/pairs", "dataset", "v1")


@pytest.mark.parametrize(("repo", "tag"), [("pairs", "v2"), ("other", "v1")])
def test_a_card_that_names_another_release_is_refused(account, finished_build, tmp_path, repo, tag):
    folder = shutil.copytree(finished_build, tmp_path / "build")
    recipe = (folder / "recipe.toml").read_text(encoding="utf-8")
    named = f'[release]\nrepo_id = "{account.name}/pairs"\nversion = "v1"\n'
    (folder / "recipe.toml").write_text(recipe.replace("[release]\n", named), encoding="utf-8")
    write_manifest(folder, {})

    with pytest.raises(PublishError, match="the card says") as caught:
        push("dataset", folder, f"{account.name}/{repo}", tag=tag, quiet=True)

    assert caught.value.hint is not None
    assert "--set release." in caught.value.hint
