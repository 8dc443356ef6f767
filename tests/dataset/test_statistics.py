"""The counts that cards and plots read."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from emojit.dataset.build import build
from emojit.dataset.pair import Pair
from emojit.dataset.parquet import read_rows
from emojit.dataset.splits import SPLITS
from emojit.dataset.tally import Tally


@pytest.fixture
def built(recipe, tmp_path, card, server):
    usual = server.reply
    server.reply = lambda step, text: (
        f"{usual(step, text)}🎉🎉" if step == "rewrite" and "すずめの0号" in text else usual(step, text)
    )
    folder = build(recipe, tmp_path / "v1", render_card=card, quiet=True).folder
    rows = {split: read_rows(folder / f"data/{split}-00000-of-00001.parquet") for split in SPLITS}
    return json.loads((folder / "statistics.json").read_text(encoding="utf-8")), rows


def test_every_count_is_that_of_the_rows(built):
    found, rows = built
    every = [row for split in SPLITS for row in rows[split]]

    assert found["rows"] == {split: len(rows[split]) for split in SPLITS}
    assert found["articles"] == {split: len({row["doc_id"] for row in rows[split]}) for split in SPLITS}
    assert sum(found["rows"].values()) + sum(n for stage in found["rejected"].values() for n in stage.values()) == 120
    counts = Counter(emoji for row in every for emoji in row["emojis"])
    assert dict(found["emoji"]["counts"]) == counts
    assert [n for _, n in found["emoji"]["counts"]] == sorted(counts.values(), reverse=True)
    assert found["emoji"]["total"] == sum(counts.values())
    assert sum(found["emoji"]["per_row"].values()) == len(every)
    assert found["length"]["sns_text"]["max"] == max(len(row["sns_text"]) for row in every)
    assert sum(n for _, n in found["length"]["original_text"]["histogram"]) == len(every)
    assert found["licences"] == Counter(row["licence"] for row in every)
    assert found["licence"]["id"] == "cc-by-sa-4.0"


def test_emoji_taken_out_of_rewrites_are_counted_and_their_rows_flagged(built):
    found, rows = built

    flagged = [row for split in SPLITS for row in rows[split] if row["flags"]]
    assert found["leaked"] == 4
    assert [row["flags"] for row in flagged] == [["emoji_in_rewrite"]] * 2
    assert not any("🎉" in row["sns_text"] for row in flagged)


def test_the_teacher_is_described_in_full(built, server):
    found, _ = built
    teacher = found["teacher"]

    assert (teacher["kind"], teacher["model"], teacher["base_url"]) == ("openai", "m", server.url)
    assert teacher["parameters"]["temperature"] == 0.2
    assert "{text}" in teacher["prompts"]["rewrite"]
    assert "✨" in teacher["prompts"]["emoji"]
    assert teacher["tokens"]["total_tokens"] == 15 * teacher["replies"]
    assert teacher["cost_usd"] == pytest.approx(0.001 * teacher["replies"])
    assert teacher["finish_reasons"] == {"stop": teacher["replies"]}


def test_the_sources_name_what_they_were_read_from(built):
    found, _ = built
    [source] = found["sources"]

    assert (source["name"], source["licence"]) == ("birds", "CC BY-SA 3.0, CC BY-SA 4.0")
    assert source["revision"] == f"sha256:{found['inputs'][0]['sha256'][:16]}"


def pair(*votes):
    return Pair(
        id="x", original_text="", sns_text="", emojis=votes[0], emoji_string="", votes=votes, source="s", doc_id="d",
        title=None, url=None, licence=None, teacher="m", prompt_id="p", flags=(),
    )  # fmt: skip


def test_agreement_is_the_mean_jaccard_of_pairs_of_votes():
    tally = Tally()
    for row in (pair(("🎉", "😊"), ("🎉",)), pair(("🎉",), ("📚",)), pair(("🎉",)), pair(("🎉",), ("🎉",), ("📚",))):
        tally.add("test", row)

    assert list(tally.agreements["test"]) == pytest.approx([1 / 2, 0, (1 + 0 + 0) / 3])
    assert not tally.agreements["train"]
