"""A card that is there already: what we wrote is replaced, what others wrote stays, and merging again changes nothing."""

from __future__ import annotations

import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard
from hypothesis import example, given
from hypothesis import strategies as st

from emojit.errors import CardError
from emojit.localhub.cards import read_card
from emojit.release.card_merge import MARK, OWN_KEYS, merge_card, own_part, split_front_matter
from emojit.release.cards import render_dataset_card, render_model_card

THEIRS = """\
---
license: mit
pretty_name: another name
doi: 10.1234/x
extra_gated_prompt: |
  Read this first: 絵文字
tags:
- benchmark
- emoji
size_categories:
- n<1K
configs:
- config_name: default
  data_files: old.csv
- config_name: v0
  data_files:
  - split: train
    path: v0/train.jsonl
dataset_info:
- config_name: v0
  features:
  - name: text
    dtype: string
- config_name: default
  splits:
  - name: train
    num_examples: 3
---

A word before everything.

# Small pairs, the old title

An old introduction.

## Our experience

It works.

```bash
## Splits
```

### In detail

Rows.

## Splits

Stale numbers: 17.

Thanks
------

To everybody.
"""


def sections_after_mark(card: str) -> str:
    return card.split(f"{MARK}\n", 1)[1]


def test_a_merged_data_set_card_is_the_recorded_one(build_folder, golden):
    (build_folder / "plots").mkdir()
    (build_folder / "plots" / "emoji.png").write_bytes(b"")
    own = render_dataset_card(build_folder, repo_id="team/pairs", version="v4")

    golden("dataset_merged.md", merge_card(own, THEIRS, "dataset"))


def test_a_merged_model_card_is_the_recorded_one(run_folder, golden):
    own = render_model_card(run_folder, repo_id="team/student", revision="v4")
    theirs = "---\nbase_model: gone\nmodel-index: []\nwidget:\n- text: 夏\ntags: [mine]\n---\n\n# mine\n\nHello.\n\n## Scores\n\nold\n"

    golden("model_merged.md", merge_card(own, theirs, "model"))


def test_front_matter_of_others_stays_and_ours_is_replaced(build_folder):
    own = render_dataset_card(build_folder)

    fields = split_front_matter(merge_card(own, THEIRS, "dataset"))[0]

    ours = split_front_matter(own)[0]
    assert fields["license"] == "cc-by-sa-4.0"
    assert fields["doi"] == "10.1234/x"
    assert fields["extra_gated_prompt"] == "Read this first: 絵文字\n"
    assert fields["tags"] == [*ours["tags"], "benchmark"]
    assert [config["config_name"] for config in fields["configs"]] == ["default", "v0"]
    assert fields["configs"][0] == ours["configs"][0]
    assert [info["config_name"] for info in fields["dataset_info"]] == ["v0"]  # the other one counted other rows


def test_sections_of_others_stand_below_the_mark_in_their_order(build_folder):
    card = merge_card(render_dataset_card(build_folder), THEIRS, "dataset")

    below = sections_after_mark(card)
    wanted = ["A word before", "# Small pairs, the old title", "## Our experience", "## Splits\n```", "### In detail", "Thanks\n------"]  # fmt: skip
    assert [below.index(text) for text in wanted] == sorted(below.index(text) for text in wanted)
    assert "Stale numbers" not in card
    assert card.count("\n# ") == 2


def test_a_card_of_an_earlier_version_leaves_nothing_behind(build_folder):
    first = merge_card(render_dataset_card(build_folder, repo_id="me/pairs", version="v1"), None, "dataset")
    text = (build_folder / "recipe.toml").read_text(encoding="utf-8")
    (build_folder / "recipe.toml").write_text(text.replace("Small pairs", "Large pairs"), encoding="utf-8")
    second = render_dataset_card(build_folder, repo_id="me/pairs", version="v2")

    merged = merge_card(second, first, "dataset")

    assert merged == merge_card(second, None, "dataset")
    assert own_part(merged) == second


def test_what_stands_below_the_mark_stays_whatever_its_heading(build_folder):
    own = render_dataset_card(build_folder)
    published = merge_card(own, None, "dataset") + "\n## Citation\n\nCite the other paper, too.\n"

    assert merge_card(own, published, "dataset") == published
    assert own_part(published) == own


def test_a_key_that_the_release_no_longer_states_goes(run_folder):
    own = render_model_card(run_folder).replace("base_model: someone/t5-small\n", "")

    assert "base_model" not in merge_card(own, "---\nbase_model: someone/t5-small\n---\n", "model")


@pytest.mark.parametrize("kind", ["dataset", "model"])
def test_every_key_that_our_cards_write_is_known_as_ours(kind, build_folder, run_folder):
    (run_folder / "emissions.csv").write_text("emissions,energy_consumed\n1,1\n", encoding="utf-8")
    card = render_dataset_card(build_folder) if kind == "dataset" else render_model_card(run_folder)

    assert set(split_front_matter(card)[0]) == OWN_KEYS[kind]


@pytest.mark.parametrize(
    "theirs", [None, "", "---\n---\n", "no front matter\n", "\ufeff---\r\na: 1\r\n---\r\n\r\n# x\r\n", THEIRS]
)
def test_a_merged_card_is_one_that_the_hub_and_its_client_read(build_folder, run_folder, theirs):
    for kind, own, reader in (
        ("dataset", render_dataset_card(build_folder), DatasetCard),
        ("model", render_model_card(run_folder, repo_id="a/b"), ModelCard),
    ):
        card = merge_card(own, theirs, kind)

        assert read_card(card) == reader(card).data.to_dict() | ({"model-index": read_card(card)["model-index"]} if kind == "model" else {})  # fmt: skip
        assert "\r" not in card
        assert card.startswith("---\n")


@pytest.mark.parametrize("front", ["a: [", "- a", "just words", "a: !!python/object:os.system x"])
def test_front_matter_that_nobody_can_read_stops_the_merge_instead_of_being_lost(build_folder, front):
    with pytest.raises(CardError, match="the card in the repository"):
        merge_card(render_dataset_card(build_folder), f"---\n{front}\n---\n", "dataset")


LINES = st.sampled_from(
    [
        "",
        "text",
        "# T",
        "## Splits",
        "## Mine",
        "### Deep",
        "```",
        "~~~",
        "====",
        "---",
        "| a |",
        "* b",
        MARK,
        "<!-- x -->",
        "# ",
    ]
)


@example(["<!-- x -->", "====", "text", MARK], "")  # an underlined comment is no title
@given(st.lists(LINES, max_size=12), st.sampled_from(["", "---\nown: 1\ntags: [x]\n---\n"]))
def test_merging_twice_is_merging_once_and_loses_no_line_of_others(lines, front):
    own = "---\nlicense: mit\ntags:\n- emoji\n---\n\n# Title\n\nIntro.\n\n## Splits\n\nNew.\n"
    theirs = front + "\n".join(lines)
    try:
        once = merge_card(own, theirs, "dataset")
    except CardError:  # lines that happen to be front matter of another kind
        return

    assert merge_card(own, once, "dataset") == once
    if not front:
        assert own_part(once) == own or yaml.safe_load(once.split("---\n")[1]) != {"license": "mit", "tags": ["emoji"]}
    for line in ("text", "## Mine", "### Deep", "* b"):
        title = "text\n====" in theirs  # the title above our mark, in its other spelling, is ours like "# T"
        if not title and not {"## Splits", "# T", "# "} & set(lines):
            assert once.count(line) >= lines.count(line)
