"""Verify: every kind of sabotage of rows and replies is found and named, however carefully the manifest was fixed up afterwards."""

from __future__ import annotations

import pytest

from emojit.corpus.records import sentence_id
from emojit.dataset.parquet import REPLY_COLUMNS, read_rows
from emojit.release.verify.run import verify

TRAIN = "data/train-00000-of-00001.parquet"
VALIDATION = "data/validation-00000-of-00001.parquet"
TEST = "data/test-00000-of-00001.parquet"
REPLIES = "teacher/replies-00000.parquet"


def test_swapped_splits_are_found_though_the_manifest_was_fixed_up(release, forge):
    (release / TEST).rename(release / "x")
    (release / VALIDATION).rename(release / TEST)
    (release / "x").rename(release / VALIDATION)
    forge.manifest(release)

    findings = verify(str(release), quiet=True).findings

    assert findings.counts["rows", "its article belongs to another split"] == 30
    finding = forge.only(findings, "rows: its article belongs to another split")
    assert {finding.expected, finding.found} == {"test", "validation"}
    assert "statistics: is not what the files count to" in forge.kinds(findings)


def test_a_duplicated_id_is_found(release, forge):
    forge.rows(release, TRAIN, lambda rows: rows.append({**rows[0]}))

    findings = verify(str(release), quiet=True).findings

    identity = read_rows(release / TRAIN)[0]["id"]
    assert forge.only(findings, "rows: an id comes twice").found == f"{identity}, in train before"
    assert "sentences: is decided twice" in forge.kinds(findings)


def test_an_emoji_that_is_not_canonical_is_found(release, forge):
    def damage(rows):
        row = next(row for row in rows if "☀️" in row["emojis"])
        row["emojis"] = [e.replace("☀️", "☀") for e in row["emojis"]]
        row["emoji_string"] = " ".join(row["emojis"])

    forge.rows(release, TRAIN, damage)

    finding = forge.only(verify(str(release), quiet=True).findings, "rows: emojis holds what is not in canonical form")

    assert (finding.expected, finding.found) == ("☀️", "☀ (U+2600)")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"emojis": ["🎉", "🎉"], "emoji_string": "🎉 🎉"}, "emojis holds an emoji twice"),
        ({"emojis": list("🎉😊📚🍜🔥🌊"), "emoji_string": "🎉 😊 📚 🍜 🔥 🌊"}, "emojis has not 1 to 5 emoji"),
        ({"emojis": [], "emoji_string": ""}, "emojis has not 1 to 5 emoji"),
        ({"emojis": ["🎉", "😊"], "emoji_string": "🎉 😊"}, "emojis is not the consensus of the votes"),
        ({"emoji_string": "🎉"}, "emoji_string is not the emoji joined by one blank"),
        ({"votes": []}, "votes is empty"),
        ({"id": "0123456789abcdef"}, "id is not the hash of source, doc_id and original_text"),
        ({"sns_text": "いい天気☀️"}, "sns_text holds emoji"),
        ({"sns_text": None}, "sns_text is null"),
        ({"teacher": "another"}, "teacher is not that of the build"),
        ({"prompt_id": "0" * 16}, "prompt_id is not that of the build"),
    ],
)
def test_a_row_against_the_schema_is_found(release, change, what, forge):
    forge.rows(release, TRAIN, lambda rows: rows[3].update(change))

    finding = forge.only(verify(str(release), quiet=True).findings, f"rows: {what}")

    assert finding.where.startswith(f"{TRAIN} row 3")


def test_an_article_in_two_splits_is_found(release, forge):
    def damage(rows):
        source, doc_id = test_row["source"], test_row["doc_id"]
        text = rows[0]["original_text"]
        rows[0].update(source=source, doc_id=doc_id, id=sentence_id(source, doc_id, text))

    test_row = read_rows(release / TEST)[0]
    forge.rows(release, TRAIN, damage)

    finding = forge.only(verify(str(release), quiet=True).findings, "articles: an article stands in two splits")

    assert finding.where.startswith(f"{test_row['source']}/{test_row['doc_id']}, {TRAIN} row 0")
    assert (finding.expected, finding.found) == ("test", "train")


@pytest.mark.parametrize("column", ["sns_text", "original_text"])
def test_a_near_duplicate_of_a_held_out_text_in_train_is_found(release, column, forge):
    text = max((row[column] for row in read_rows(release / TEST)), key=len)
    forge.rows(release, TRAIN, lambda rows: rows[5].update({column: f"{text[:-1]}、ね。"}))

    finding = forge.only(
        verify(str(release), quiet=True).findings, "duplicates: a train row nearly repeats a held-out row"
    )

    assert finding.where.startswith(f"{TRAIN} row 5")
    assert finding.where.endswith(column)
    assert text in finding.found


def test_a_changed_reply_and_a_row_that_does_not_follow_from_its_replies_are_found(release, forge):
    def damage(rows):
        reply = next(row for row in rows if '"sample":0' in row["request"] and row["text"].count(" ") == 1)
        reply["text"] = "🗿"

    forge.rows(release, REPLIES, damage, REPLY_COLUMNS)
    forge.rows(release, REPLIES, lambda rows: rows[0].update(key="f" * 64), REPLY_COLUMNS)

    findings = verify(str(release), quiet=True).findings

    assert forge.only(findings, "replies: votes are not what the teacher chose").expected == "🗿"
    assert forge.only(findings, "replies: key is not the sha256 of the request").found == "f" * 64
    assert "replies: no reply gives this sns_text" in forge.kinds(findings)


def test_a_rewrite_that_the_teacher_did_not_write_is_found(release, forge):
    forge.rows(release, TRAIN, lambda rows: rows[2].update(sns_text="ぜんぜん違う話をしてみるテストだよ"))

    finding = forge.only(verify(str(release), quiet=True).findings, "replies: sns_text is not what the teacher wrote")

    assert finding.found == "ぜんぜん違う話をしてみるテストだよ"


def test_a_row_that_was_taken_away_is_missed(release, forge):
    forge.rows(release, TRAIN, lambda rows: rows.pop())

    finding = forge.only(verify(str(release), quiet=True).findings, "sentences: became neither pair nor rejection")

    assert finding.where.startswith("corpus/sentences-00000.parquet")
