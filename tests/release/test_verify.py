"""Verify: a real build is found sound, and every kind of sabotage is found and named, however carefully the manifest was fixed up afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emojit.corpus.records import sentence_id
from emojit.dataset.folder import read_manifest, write_manifest
from emojit.dataset.parquet import PAIR_COLUMNS, REPLY_COLUMNS, TableWriter, read_rows
from emojit.errors import DatasetError, PublishError, UsageError
from emojit.release.push import push
from emojit.release.verify import rows as rows_module
from emojit.release.verify.findings import Findings
from emojit.release.verify.run import verify

TRAIN, VALIDATION, TEST = (f"data/{split}-00000-of-00001.parquet" for split in ("train", "validation", "test"))
REPLIES = "teacher/replies-00000.parquet"


@pytest.fixture
def release(finished_build, tmp_path) -> Path:
    """A copy of a real build that a test may damage."""
    return shutil.copytree(finished_build, tmp_path / "release")


def fix_manifest(folder: Path) -> None:
    """Make the manifest say that the files are as they are now, as a careful forger would."""
    manifest = read_manifest(folder)
    write_manifest(folder, {key: value for key, value in manifest.items() if key not in ("schema_version", "files")})


def edit_rows(folder: Path, name: str, change: Callable[[list], None], columns=PAIR_COLUMNS) -> None:
    rows = read_rows(folder / name)
    change(rows)
    with TableWriter(folder / name, columns) as table:
        for row in rows:
            table.add(row)
    fix_manifest(folder)


def edit_json(folder: Path, name: str, change: Callable[[dict], None]) -> None:
    path = folder / name
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def edit_card(folder: Path, old: str, new: str) -> None:
    path = folder / "README.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def kinds(findings: Findings) -> set[str]:
    return {f"{check}: {what}" for check, what in findings.counts}


def only(findings: Findings, what: str):
    return next(finding for finding in findings.kept if f"{finding.check}: {finding.what}" == what)


def test_a_real_build_is_sound_and_everything_was_checked(finished_build):
    findings = verify(str(finished_build), quiet=True).findings

    assert findings.kept == []
    assert findings.unchecked == []
    assert len(findings.checked) == 10
    assert "every line of README.md" in findings.checked


def test_a_changed_byte_in_a_parquet_file_is_found(release):
    content = bytearray((release / TRAIN).read_bytes())
    content[len(content) // 2] ^= 1
    (release / TRAIN).write_bytes(content)

    finding = only(verify(str(release), quiet=True).findings, "files: has another sha256")

    assert finding.where == TRAIN
    assert finding.expected == read_manifest(release)["files"][TRAIN]["sha256"]


def test_a_truncated_file_is_found(release):
    content = (release / TEST).read_bytes()
    (release / TEST).write_bytes(content[:-100])

    findings = verify(str(release), quiet=True).findings

    assert only(findings, "files: has another size").found == f"{len(content) - 100} bytes"
    assert only(findings, "files: cannot be read").where == TEST


def test_an_extra_and_a_missing_file_are_found(release):
    (release / "data" / "more.txt").touch()
    (release / REPLIES).unlink()

    findings = verify(str(release), quiet=True).findings

    assert only(findings, "files: is not in the manifest").where == "data/more.txt"
    assert only(findings, "files: is missing").where == REPLIES


@pytest.mark.parametrize("careful", [False, True])
def test_an_edited_number_of_the_card_is_found_with_both_values(release, careful):
    edit_card(release, "| train | 60 | 30 | 66.7 % |", "| train | 61 | 30 | 66.7 % |")
    if careful:
        fix_manifest(release)

    findings = verify(str(release), quiet=True).findings

    assert kinds(findings) == {"card: says something else than the files"}
    finding = findings.kept[0]
    assert (finding.expected, finding.found) == ("60", "61")
    assert finding.where == "README.md: ## Splits: | train | 61 | 30 | 66.7 % |"


def test_an_edited_sentence_of_the_card_is_found(release):
    edit_card(release, "No row has a flag.", "Every row was written by hand.")

    finding = only(verify(str(release), quiet=True).findings, "card: has other words than the files give")

    assert (finding.expected, finding.found) == ("No row has a flag.", "Every row was written by hand.")


def test_an_edited_licence_is_found(release):
    edit_card(release, "license: cc0-1.0", "license: mit")
    fix_manifest(release)

    findings = verify(str(release), quiet=True).findings

    assert "licence: card and statistics name different licences" in kinds(findings)
    assert only(findings, "licence: is not what the licences of the rows give").found == "mit"


def test_what_a_merge_keeps_of_an_older_card_is_no_error(release):
    edit_card(release, "license: cc0-1.0", "license: cc0-1.0\nhomepage: https://example.org")
    edit_card(release, "- emojit\n", "- emojit\n- mine\n")
    edit_card(
        release, "- config_name: default", "- config_name: v0\n  data_files: old.parquet\n- config_name: default"
    )
    edit_card(release, "## Citation", "## Errata\n\n3 rows were wrong in v0.\n\n## Citation")

    findings = verify(str(release), quiet=True).findings

    assert findings.kept == []
    assert any("## Errata" in note for note in findings.notes)


def test_swapped_splits_are_found_though_the_manifest_was_fixed_up(release):
    (release / TEST).rename(release / "x")
    (release / VALIDATION).rename(release / TEST)
    (release / "x").rename(release / VALIDATION)
    fix_manifest(release)

    findings = verify(str(release), quiet=True).findings

    assert findings.counts["rows", "its article belongs to another split"] == 30
    finding = only(findings, "rows: its article belongs to another split")
    assert {finding.expected, finding.found} == {"test", "validation"}
    assert "statistics: is not what the files count to" in kinds(findings)


def test_a_duplicated_id_is_found(release):
    edit_rows(release, TRAIN, lambda rows: rows.append({**rows[0]}))

    findings = verify(str(release), quiet=True).findings

    identity = read_rows(release / TRAIN)[0]["id"]
    assert only(findings, "rows: an id comes twice").found == f"{identity}, in train before"
    assert "sentences: is decided twice" in kinds(findings)


def test_an_emoji_that_is_not_canonical_is_found(release):
    def damage(rows):
        row = next(row for row in rows if "☀️" in row["emojis"])
        row["emojis"] = [e.replace("☀️", "☀") for e in row["emojis"]]
        row["emoji_string"] = " ".join(row["emojis"])

    edit_rows(release, TRAIN, damage)

    finding = only(verify(str(release), quiet=True).findings, "rows: emojis holds what is not in canonical form")

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
def test_a_row_against_the_schema_is_found(release, change, what):
    edit_rows(release, TRAIN, lambda rows: rows[3].update(change))

    finding = only(verify(str(release), quiet=True).findings, f"rows: {what}")

    assert finding.where.startswith(f"{TRAIN} row 3")


def test_an_article_in_two_splits_is_found(release):
    def damage(rows):
        source, doc_id = test_row["source"], test_row["doc_id"]
        text = rows[0]["original_text"]
        rows[0].update(source=source, doc_id=doc_id, id=sentence_id(source, doc_id, text))

    test_row = read_rows(release / TEST)[0]
    edit_rows(release, TRAIN, damage)

    finding = only(verify(str(release), quiet=True).findings, "articles: an article stands in two splits")

    assert finding.where.startswith(f"{test_row['source']}/{test_row['doc_id']}, {TRAIN} row 0")
    assert (finding.expected, finding.found) == ("test", "train")


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("statistics.json", lambda table: table.update(teacher="x", emoji=None)),
        ("statistics.json", lambda table: table["density"]["table"].insert(0, True)),
        ("manifest.json", lambda table: table["files"].update({"README.md": 3})),
        ("manifest.json", lambda table: table["files"]["README.md"].update(sha256="0" * 64)),
        ("recipe.toml", None),
    ],
)
def test_files_of_another_layout_are_findings_and_no_traceback(release, name, change):
    if change is None:
        (release / name).write_bytes(b"\xff = 1")
    else:
        edit_json(release, name, change)

    assert verify(str(release), quiet=True).findings.total > 0


@pytest.mark.parametrize("name", [TRAIN, REPLIES, "corpus/sentences-00000.parquet", "rejected/rejected-00000.parquet"])
def test_columns_that_are_missing_empty_or_of_another_type_are_findings_and_no_traceback(release, name):
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = pq.read_table(release / name)
    for index, column in list(enumerate(whole.column_names))[::4]:
        flag = pa.array([True] * len(whole))
        for damaged in (whole.drop_columns([column]), whole.set_column(index, column, flag)):
            pq.write_table(damaged, release / name)

            findings = verify(str(release), quiet=True).findings

            assert any(f"{name}: {column}" in finding.where for finding in findings.kept)


@pytest.mark.parametrize("column", ["sns_text", "original_text"])
def test_a_near_duplicate_of_a_held_out_text_in_train_is_found(release, column):
    text = max((row[column] for row in read_rows(release / TEST)), key=len)
    edit_rows(release, TRAIN, lambda rows: rows[5].update({column: f"{text[:-1]}、ね。"}))

    finding = only(verify(str(release), quiet=True).findings, "duplicates: a train row nearly repeats a held-out row")

    assert finding.where.startswith(f"{TRAIN} row 5")
    assert finding.where.endswith(column)
    assert text in finding.found


def test_edited_statistics_are_found_though_manifest_and_card_were_fixed_up(release):
    from emojit.release.cards import render_dataset_card

    def damage(statistics):
        statistics["emoji"]["counts"][0][1] += 7
        statistics["leaked"] = 5

    edit_json(release, "statistics.json", damage)
    (release / "README.md").write_text(render_dataset_card(release), encoding="utf-8", newline="\n")
    fix_manifest(release)

    findings = verify(str(release), quiet=True).findings

    wrong = {finding.where: (finding.expected, finding.found) for finding in findings.kept}
    assert wrong == {
        "statistics.json: emoji.counts[0][1]": ("9", "16"),
        "statistics.json: leaked": ("0", "5"),
    }


def test_statistics_without_a_key_are_named_as_such(release):
    edit_json(release, "statistics.json", lambda statistics: statistics.pop("balance"))

    assert "statistics: has not the layout of statistics" in kinds(verify(str(release), quiet=True).findings)


def test_a_manifest_that_contradicts_statistics_and_recipe_is_found(release):
    edit_json(release, "manifest.json", lambda manifest: manifest.update(seed=7, prompt_id="0" * 16))

    findings = verify(str(release), quiet=True).findings

    assert {finding.where for finding in findings.kept if finding.check == "facts"} == {
        "manifest.json: seed",
        "manifest.json: prompt_id, statistics.json: teacher.prompt_id",
    }


def test_a_changed_reply_and_a_row_that_does_not_follow_from_its_replies_are_found(release):
    def forge(rows):
        reply = next(row for row in rows if '"sample":0' in row["request"] and row["text"].count(" ") == 1)
        reply["text"] = "🗿"

    edit_rows(release, REPLIES, forge, REPLY_COLUMNS)
    edit_rows(release, REPLIES, lambda rows: rows[0].update(key="f" * 64), REPLY_COLUMNS)

    findings = verify(str(release), quiet=True).findings

    assert only(findings, "replies: votes are not what the teacher chose").expected == "🗿"
    assert only(findings, "replies: key is not the sha256 of the request").found == "f" * 64
    assert "replies: no reply gives this sns_text" in kinds(findings)


def test_a_rewrite_that_the_teacher_did_not_write_is_found(release):
    edit_rows(release, TRAIN, lambda rows: rows[2].update(sns_text="ぜんぜん違う話をしてみるテストだよ"))

    finding = only(verify(str(release), quiet=True).findings, "replies: sns_text is not what the teacher wrote")

    assert finding.found == "ぜんぜん違う話をしてみるテストだよ"


def test_a_row_that_was_taken_away_is_missed(release):
    edit_rows(release, TRAIN, lambda rows: rows.pop())

    finding = only(verify(str(release), quiet=True).findings, "sentences: became neither pair nor rejection")

    assert finding.where.startswith("corpus/sentences-00000.parquet")


def test_only_the_first_findings_of_a_kind_are_kept_but_all_are_counted():
    findings = Findings(keep=2)
    for number in range(5):
        findings.wrong("rows", "is odd", f"row {number}", found="x" * 1000)

    assert findings.total == 5
    assert [finding.where for finding in findings.kept] == ["row 0", "row 1"]
    assert len(findings.kept[0].found) < 400


def test_rows_are_read_a_few_at_a_time(finished_build, monkeypatch):
    import pyarrow.parquet as pq

    monkeypatch.setattr(pq, "read_table", lambda *_, **__: pytest.fail("a whole file was read"))
    seen = []
    original = rows_module.read_table
    monkeypatch.setattr(
        rows_module, "read_table", lambda *arguments: seen.append(arguments[0]) or original(*arguments)
    )

    assert verify(str(finished_build), quiet=True).findings.total == 0
    assert seen == [TEST, VALIDATION, TRAIN]


# Data sets that others made


@pytest.fixture
def foreign(tmp_path) -> Path:
    """The older column set, in JSONL files, without manifest."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    rows = {
        "train": [("今日はとても天気が良い一日である。", "今日めっちゃ天気いいね", ["☀️", "😊"])],
        "test": [("図書館で新しい本を三冊借りた。", "図書館で本3冊も借りちゃった", ["📚"])],
    }
    for split, found in rows.items():
        lines = [
            {"original_text": text, "sns_text": post, "emojis": emojis, "emoji_string": " ".join(emojis)}
            for text, post, emojis in found
        ]
        content = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
        (folder / f"{split}.jsonl").write_text(content, encoding="utf-8")
    return folder


def test_a_data_set_of_others_is_checked_as_far_as_it_goes(foreign):
    findings = verify(str(foreign), quiet=True).findings

    assert findings.kept == []
    assert "2 rows (train 1, validation 0, test 1)" in findings.checked
    assert any(line.startswith("files against their checksums") for line in findings.unchecked)
    assert any("votes, source, doc_id" in line for line in findings.unchecked)


def test_leaks_and_wrong_emoji_in_a_data_set_of_others_are_found(foreign):
    leak = {
        "original_text": "別の文だ。",
        "sns_text": "図書館で本3冊も借りちゃったよ",
        "emojis": ["👍🏽"],
        "emoji_string": "👍🏽",
    }
    with (foreign / "train.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{json.dumps(leak, ensure_ascii=False)}\nno json\n")

    findings = verify(str(foreign), quiet=True).findings

    assert kinds(findings) == {
        "rows: emojis holds what is not in canonical form",
        "duplicates: a train row nearly repeats a held-out row",
        "files: a line cannot be read",
    }


def test_a_folder_without_rows_and_a_missing_one_are_one_line_errors(tmp_path):
    with pytest.raises(DatasetError, match="no Parquet or JSONL file"):
        verify(str(tmp_path), quiet=True)
    with pytest.raises(DatasetError, match="no such folder"):
        verify(str(tmp_path / "none"), quiet=True)


# On a Hub


@pytest.fixture
def published(account, release) -> str:
    repo_id = f"{account.name}/pairs"
    push("dataset", release, repo_id, tag="v1", quiet=True)
    return repo_id


def test_a_pushed_release_is_sound_and_its_tag_is_compared(published, account):
    result = verify(f"{published}@v1", quiet=True)

    assert result.kind == "dataset"
    assert result.commit == account.tags(published, "dataset")["v1"]
    assert result.findings.kept == []
    assert result.findings.unchecked == []
    assert any(f"the tag v1 stands on the commit {result.commit[:12]}" in line for line in result.findings.checked)


def test_a_release_records_the_checksum_of_its_manifest_where_no_later_commit_reaches(published, account):
    commit = account.api.list_repo_commits(published, repo_type="dataset", revision="v1")[0]
    manifest = Path(account.api.hf_hub_download(published, "manifest.json", repo_type="dataset", revision="v1"))

    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert (commit.title, commit.message) == ("Release v1", f"manifest.json sha256 {digest}")


def test_a_card_that_was_merged_with_a_strangers_is_sound(published, account, release):
    account.api.upload_file(
        path_or_fileobj=b"---\nlicense: mit\nhomepage: https://example.org\n---\n\n## Errata\n\n3 rows were wrong.\n",
        path_in_repo="README.md", repo_id=published, repo_type="dataset",
    )  # fmt: skip
    edit_json(release, "manifest.json", lambda manifest: manifest["versions"].update(emojit="0.1.1"))
    push("dataset", release, published, tag="v2", quiet=True)

    findings = verify(f"{published}@v2", quiet=True).findings

    assert findings.kept == []
    assert any("## Errata" in note for note in findings.notes)
    assert kinds(verify(published, quiet=True).findings) == set()


def test_a_card_that_was_edited_in_the_browser_is_found(published, account):
    card = Path(account.api.hf_hub_download(published, "README.md", repo_type="dataset")).read_text(encoding="utf-8")
    account.api.upload_file(
        path_or_fileobj=card.replace("| test | 10 |", "| test | 1,000 |").encode(), path_in_repo="README.md",
        repo_id=published, repo_type="dataset",
    )  # fmt: skip

    findings = verify(published, quiet=True).findings

    assert [(one.expected, one.found) for one in findings.kept] == [("10", "1,000")]


def move_tag(account, repo_id: str, tag: str, commit: str) -> None:
    account.api.delete_tag(repo_id, tag=tag, repo_type="dataset")
    account.api.create_tag(repo_id, tag=tag, revision=commit, repo_type="dataset")


def test_a_tag_that_was_moved_to_another_release_is_found(published, account, release):
    first = account.tags(published, "dataset")["v1"]
    edit_card(release, "No row has a flag.", "No row has a flag.\n\n## Mine\n\nNew.")
    fix_manifest(release)
    second = push("dataset", release, published, tag="v2", quiet=True).commit
    move_tag(account, published, "v1", second)

    findings = verify(f"{published}@v1", quiet=True).findings

    finding = only(findings, "tag: the tag does not stand on the commit of its release")
    assert first in finding.expected
    assert second in finding.found
    assert verify(f"{published}@v2", quiet=True).findings.total == 0


def test_a_tag_that_was_moved_to_a_later_upload_is_found_with_what_changed(published, account, release):
    forged = release / TRAIN
    edit_rows(release, TRAIN, lambda rows: rows.pop())
    account.api.upload_file(
        path_or_fileobj=forged, path_in_repo=TRAIN, repo_id=published, repo_type="dataset", commit_message="Fix"
    )
    account.api.upload_file(
        path_or_fileobj=release / "manifest.json", path_in_repo="manifest.json", repo_id=published,
        repo_type="dataset", commit_message=f"Release v1\n\nmanifest.json sha256 {'0' * 64}",
    )  # fmt: skip
    move_tag(account, published, "v1", account.api.dataset_info(published).sha)

    findings = verify(f"{published}@v1", quiet=True).findings

    assert only(findings, "tag: the manifest is not the one that was pushed").expected == "0" * 64
    assert any("other commits are called 'Release v1' too" in note for note in findings.notes)
    assert "sentences: became neither pair nor rejection" in kinds(findings)


def test_the_commit_that_somebody_wrote_down_is_held_against_the_tag(published, account):
    commit = account.tags(published, "dataset")["v1"]

    assert verify(f"{published}@v1", commit=commit[:8], quiet=True).findings.total == 0
    assert kinds(verify(f"{published}@v1", commit="0" * 40, quiet=True).findings) == {
        "tag: the tag does not stand on the commit of its release"
    }


def test_the_main_branch_is_checked_too_but_has_no_tag(published):
    findings = verify(published, quiet=True).findings

    assert findings.kept == []
    assert findings.unchecked == ["tag and commit: the main branch is no tag"]


def test_the_same_bytes_under_two_tags_are_no_moved_tag(account, foreign):
    repo_id = f"{account.name}/theirs"
    account.api.create_repo(repo_id, repo_type="dataset")
    account.api.upload_folder(folder_path=foreign, repo_id=repo_id, repo_type="dataset", commit_message="Release v1")
    account.api.create_tag(repo_id, tag="v2", repo_type="dataset")

    findings = verify(f"{repo_id}@v2", quiet=True).findings

    assert findings.kept == []
    assert any("the same bytes under two versions" in note for note in findings.notes)


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("{repo}@v9", PublishError, "no revision 'v9'"),
        ("{repo}@", UsageError, "no revision after the @"),
        ("{user}/nothing@v1", PublishError, "no such repository"),
        ("pairs", UsageError, "must be namespace/name"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_line(published, account, address, error, message):
    with pytest.raises(error, match=message):
        verify(address.format(repo=published, user=account.name), quiet=True)


def test_the_command_line_lists_what_is_wrong_and_exits_with_1(release):
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "emojit", "verify", str(release), *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ)

    sound = run("--json")
    edit_card(release, "| train | 60 | 30 |", "| train | 61 | 30 |")
    wrong = run()

    assert (sound.returncode, json.loads(sound.stdout)["ok"]) == (0, True)
    assert wrong.returncode == 1
    assert "card: says something else than the files (1)\n" in wrong.stdout
    assert "expected 60, found 61" in wrong.stdout
    assert wrong.stdout.rstrip().endswith("1 thing is wrong")
