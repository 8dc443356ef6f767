"""The counts that cards and plots read."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from types import SimpleNamespace

import pytest

from emojit.dataset.build import build
from emojit.dataset.distribution import density, spread
from emojit.dataset.pair import RARE, Pair
from emojit.dataset.parquet import read_rows
from emojit.dataset.replies import ReplyTotals
from emojit.dataset.splits import SPLITS
from emojit.dataset.statistics import build_statistics
from emojit.dataset.tally import Tally
from emojit.metrics import jaccard
from emojit.recipe import PriceConfig, ProviderConfig


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

    assert (teacher["kind"], teacher["model"], teacher["base_url"]) == ("openai", "m", None)
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


def pair(*votes, emojis=None, doc_id="d", source="s", flags=()):
    return Pair(
        id="x", original_text="", sns_text="", emojis=emojis or votes[0], emoji_string="", votes=votes, source=source, doc_id=doc_id,
        title=None, url=None, licence=None, teacher="m", prompt_id="p", flags=flags,
    )  # fmt: skip


def tally_of(*rows, split="train"):
    tally = Tally()
    for row in rows:
        tally.add(split, row)
    return tally


def test_agreement_is_the_mean_jaccard_of_pairs_of_votes():
    tally = tally_of(
        pair(("🎉", "😊"), ("🎉",)),
        pair(("🎉",), ("📚",)),
        pair(("🎉",)),
        pair(("🎉",), ("🎉",), ("📚",)),
        split="test",
    )

    assert list(tally.agreements["test"]) == pytest.approx([1 / 2, 0, (1 + 0 + 0) / 3])
    assert not tally.agreements["train"]


def test_agreement_is_vote_against_vote_whatever_the_consensus_is():
    tally = tally_of(pair(("🎉",), ("📚",), emojis=("😊",)))

    assert list(tally.agreements["train"]) == [0]


def test_agreement_has_its_interval_by_split_and_over_all_rows(built):
    found, rows = built
    agreement = found["agreement"]

    assert agreement["train"] == {"rows": 0, "jaccard": None, "low": None, "high": None}
    several = [row for split in ("validation", "test") for row in rows[split]]
    assert agreement["all"]["rows"] == len(several) == agreement["validation"]["rows"] + agreement["test"]["rows"]
    scores = [jaccard(*row["votes"]) for row in several]
    assert agreement["all"]["jaccard"] == pytest.approx(sum(scores) / len(scores))
    assert agreement["all"]["low"] <= agreement["all"]["jaccard"] <= agreement["all"]["high"]


def test_a_row_at_a_time_counts_what_a_list_of_rows_holds():
    rows = [pair(("🎉", "😊"), doc_id=f"d{i % 5}", source="ab"[i % 2]) for i in range(20)]
    tally = tally_of(*rows)

    assert tally.total == tally.drawn == 20
    assert tally.all_emoji == {"🎉": 20, "😊": 20}
    assert tally.articles("train") == len({(row.source, row.doc_id) for row in rows}) == 10
    assert tally.articles("test") == 0
    assert {name: (source.rows, source.articles) for name, source in tally.sources().items()} == {
        "a": (10, 5),
        "b": (10, 5),
    }


def test_posts_for_rare_emoji_are_rows_but_neither_articles_nor_a_sign_of_what_more_sentences_would_bring():
    drawn = [pair(("🎉",), doc_id=f"d{i}") for i in range(30)]
    written = [pair(("🪤",), source="teacher", doc_id="1faa4.0", flags=(RARE,)) for _ in range(10)]
    tally = tally_of(*drawn, *written)

    assert tally.total == 40
    assert tally.flags == {RARE: 10}
    assert tally.articles("train") == 30
    assert (tally.sources()["teacher"].articles, tally.sources()["teacher"].written) == (0, True)
    assert density(tally) == density(tally_of(*drawn))
    assert spread(tally)["rows_per_emoji"]["max"] == 30


def test_the_licence_follows_from_the_corpus_and_not_from_what_the_teacher_wrote(recipe):
    """Apache-2.0, of many models, and CC BY-SA, of Wikipedia, cannot be combined; a build must not find that out when all is paid."""
    drawn = dataclasses.replace(pair(("🎉",)), licence="CC BY-SA 4.0")
    written = dataclasses.replace(pair(("🪤",), source="teacher", flags=(RARE,)), licence="apache-2.0")
    nothing = SimpleNamespace(inputs={}, articles=1, drawn=1, left_out=0, candidates=1)

    found = build_statistics(
        recipe,
        tally=tally_of(drawn, written),
        selection=nothing,
        inputs=[],
        rejected={},
        replies=ReplyTotals(),
        leaked=0,
    )

    assert found["licence"]["id"] == "cc-by-sa-4.0"
    assert found["licences"] == {"CC BY-SA 4.0": 1, "apache-2.0": 1}
    assert {source["name"]: source["revision"] for source in found["sources"]}["teacher"] == "written by the teacher"


def test_the_spread_of_emoji_is_worked_out_by_hand():
    rows = [pair(("🎉",))] * 6 + [pair(("📚", "😊"))] * 2 + [pair(("🌧️", "😊"))]

    found = spread(tally_of(*rows))  # 🎉 6, 😊 3, 📚 2, 🌧️ 1

    assert found["inventory"] == 1906
    assert found["top_share"] == 1.0
    assert found["gini"] == pytest.approx(0.333333)  # (-3*1 - 1*2 + 1*3 + 3*6) / (4*12)
    assert found["gini_inventory"] == pytest.approx(1 - (4 / 1906) * (1 - 1 / 3), abs=1e-6)
    assert found["rows_per_emoji"] == {"min": 1, "lower_quartile": 1, "median": 2, "upper_quartile": 3, "max": 6}
    assert found["histogram"] == [(0, 1902), (1, 1), (2, 2), (5, 1)]


def test_the_density_report_stands_in_the_statistics_for_every_size(built):
    found, rows = built
    table = found["density"]["table"]

    assert found["density"]["rows"] == sum(map(len, rows.values()))
    assert [line["rows"] for line in table] == [5000, 10_000, 20_000, 50_000]  # eight emoji are no top 50
    assert table[0]["mean"] == pytest.approx(
        5000 * found["emoji"]["total"] / found["density"]["rows"] / 1906, rel=0.02
    )


def test_money_stands_with_its_basis(recipe, tmp_path, card, with_teacher):
    priced = with_teacher(
        recipe, price=PriceConfig(prompt=1.0, completion=2.0), provider=ProviderConfig(only=("here",))
    )
    folder = build(priced, tmp_path / "v1", render_card=card, quiet=True).folder
    teacher = json.loads((folder / "statistics.json").read_text(encoding="utf-8"))["teacher"]

    assert teacher["billed"] == teacher["replies"]
    assert teacher["cost_by_price_usd"] == pytest.approx(teacher["replies"] * (10 * 1.0 + 5 * 2.0) / 1e6)
    assert teacher["provider"] == {"only": ["here"]}
    assert (teacher["distillation_allowed"], teacher["mode"]) == (True, "live")
