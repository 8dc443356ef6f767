"""Teachers that play back, the prompts, and the keys of questions."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from emojit.errors import ConfigError, TeacherError
from emojit.recipe import TeacherConfig
from emojit.resources import resource
from emojit.teacher import (
    RecordedTeacher,
    ReplayTeacher,
    Reply,
    ReplyStore,
    Task,
    emoji_question,
    label,
    make_teacher,
    open_store,
    prompt_id,
    prompt_texts,
    release_columns,
    reply_from_columns,
    rewrite_question,
)
from emojit.teacher.estimate import outlook

CONFIG = TeacherConfig()


def write(path, *rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def sample_tasks(count):
    rows = [json.loads(line) for line in resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()]
    return rows[:count], [
        Task(id=str(number), text=row["text"], samples=1 + (row["second"] is not None))
        for number, row in enumerate(rows[:count])
    ]


def test_the_packaged_sample_labels_its_own_sentences():
    rows, tasks = sample_tasks(200)
    with open_store(CONFIG, "unused.sqlite") as store:
        run = label(tasks, CONFIG, make_teacher(CONFIG), store, quiet=True)
        replies = list(store.get_many(key for labelled in run.labelled for key in labelled.keys))

    assert store.path is None
    assert [labelled.sns_text for labelled in run.labelled] == [row["sns_text"] for row in rows]
    assert [list(labelled.votes[0]) for labelled in run.labelled] == [row["emojis"] for row in rows]
    assert [set(labelled.emojis) for labelled in run.labelled] == [set(row["emojis"]) for row in rows]
    assert [[*labelled.votes[1:]] for labelled in run.labelled] == [
        [tuple(row["second"])] if row["second"] else [] for row in rows
    ]
    assert (run.asked, run.from_store, run.failed) == (sum(1 + task.samples for task in tasks), 0, 0)
    assert len(replies) == run.asked
    assert {reply.provider for reply in replies} == {"recorded"}


def test_a_release_is_labelled_again_from_its_own_replies():
    _, tasks = sample_tasks(50)
    with ReplyStore(None) as store:
        first = label(tasks, CONFIG, make_teacher(CONFIG), store, quiet=True)
        keys = [key for labelled in first.labelled for key in labelled.keys]
        rows = [release_columns(reply) for reply in store.get_many(keys)]
    replies = {reply.key: reply for reply in map(reply_from_columns, rows)}

    with ReplyStore(None) as store:
        again = label(tasks, CONFIG, ReplayTeacher(replies), store, quiet=True)

        assert again.labelled == first.labelled
        assert [release_columns(reply) for reply in store.get_many(keys)] == rows


def test_a_question_that_the_release_was_not_made_with_is_an_error():
    with ReplyStore(None) as store, pytest.raises(TeacherError, match="the release holds no reply") as caught:
        label([Task(id="1", text="雨が降る。")], CONFIG, ReplayTeacher({}), store, quiet=True)

    assert "recipe.toml" in (caught.value.hint or "")


def test_failed_questions_of_a_release_are_rejected_again_and_stop_nothing():
    tasks = [Task(id=str(number), text=f"{number}番目の文である。") for number in range(60)]
    questions = [rewrite_question(task.text, CONFIG) for task in tasks]
    replies = {q.key: Reply(key=q.key, request=q.request, text="", error="HTTP 500") for q in questions}

    with ReplyStore(None) as store:
        run = label(tasks, CONFIG, ReplayTeacher(replies), store, quiet=True)

    assert {(labelled.stage, labelled.reason, labelled.detail) for labelled in run.labelled} == {
        ("rewrite", "teacher_error", "HTTP 500")
    }


def test_an_unknown_sentence_is_named_with_a_hint(tmp_path):
    path = write(tmp_path / "r.jsonl", {"text": "雨が降る。", "sns_text": "雨だね", "emojis": ["☔"]})

    with ReplyStore(None) as store, pytest.raises(TeacherError, match=r"holds no reply .*: 雪が降る。") as caught:
        label([Task(id="1", text="雪が降る。")], CONFIG, RecordedTeacher(path), store, quiet=True)

    assert "--teacher openai" in (caught.value.hint or "")


def test_an_opinion_that_was_not_recorded_is_an_error(tmp_path):
    path = write(tmp_path / "r.jsonl", {"text": "雨が降る。", "sns_text": "雨だね", "emojis": "☔ 😢", "second": None})

    with ReplyStore(None) as store, pytest.raises(TeacherError, match="opinion 2") as caught:
        label([Task(id="1", text="雨が降る。", samples=2)], CONFIG, RecordedTeacher(path), store, quiet=True)

    assert "teacher.samples=1" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "1",
        '{"text": "a"}',
        '{"text": "a", "sns_text": "b", "emojis": 3}',
        '{"text": 1, "sns_text": "b", "emojis": []}',
    ],
)
def test_a_line_that_is_no_reply_is_named(tmp_path, line):
    (path := tmp_path / "r.jsonl").write_text(
        f'{{"text": "a", "sns_text": "b", "emojis": ["☔"]}}\n{line}\n', encoding="utf-8"
    )

    with pytest.raises(TeacherError, match="line 2 is no reply"):
        RecordedTeacher(path)


def test_two_answers_to_one_question_are_an_error(tmp_path):
    row = {"text": "雨が降る。", "sns_text": "雨だね", "emojis": ["☔"]}

    RecordedTeacher(write(tmp_path / "same.jsonl", row, row))
    with pytest.raises(TeacherError, match="line 2 answers a question of an earlier line differently"):
        RecordedTeacher(write(tmp_path / "other.jsonl", row, row | {"emojis": ["😢"]}))


def test_a_missing_file_of_replies_is_an_error(tmp_path):
    with pytest.raises(TeacherError, match=r"none\.jsonl: cannot be read"):
        make_teacher(TeacherConfig(recorded=str(tmp_path / "none.jsonl")))


def test_the_key_is_the_hash_of_the_request_and_holds_what_changes_the_answer():
    question = emoji_question("雨だね", CONFIG)

    assert question.key == hashlib.sha256(question.request.encode()).hexdigest()
    changed = [
        dataclasses.replace(CONFIG, model="other"),
        dataclasses.replace(CONFIG, temperature=0.3),
        dataclasses.replace(CONFIG, top_p=0.9),
        dataclasses.replace(CONFIG, max_tokens=9),
        dataclasses.replace(CONFIG, banned=("✨", "🎉")),
    ]
    keys = {emoji_question("雨だね", config).key for config in changed} | {
        emoji_question("雨だね", CONFIG, 1).key,
        question.key,
    }
    assert len(keys) == 7


def test_the_key_does_not_hold_how_the_endpoint_is_reached():
    same = dataclasses.replace(
        CONFIG, base_url="http://127.0.0.1:1/v1", concurrency=3, max_attempts=1, timeout_s=1.0, patience_s=1.0
    )

    assert rewrite_question("雨が降る。", same).key == rewrite_question("雨が降る。", CONFIG).key


def test_the_keys_of_published_replies_do_not_change():
    """A changed key asks, and pays for, every stored reply again: change it only with the prompts, and say so in the change log."""
    assert prompt_id(CONFIG) == "a3777f472eff4cfb"
    assert rewrite_question("雨が降る。", CONFIG).key[:16] == "d96e640363a424e7"
    assert emoji_question("雨だね", CONFIG, 1).key[:16] == "99df24ce0b589ef6"


def test_the_prompts_hold_text_and_rules_where_they_belong():
    rewrite, choose = rewrite_question("雨が降る。", CONFIG), emoji_question("雨だね{text}", CONFIG)

    assert rewrite.messages[-1] == ("user", "次の文を書き換えてください。\n\n雨が降る。")
    assert choose.messages[-1] == ("user", "次の投稿に合う絵文字を選んでください。\n\n雨だね{text}")
    assert "次の絵文字は使わない: ✨" in choose.messages[0][1]
    assert "絵文字は使わない" not in emoji_question("雨だね", TeacherConfig(banned=())).messages[0][1]
    texts = prompt_texts(CONFIG)
    assert set(texts) == {"rewrite", "emoji", "steering", "post"}
    assert all("{text}" in texts[step] for step in ("rewrite", "emoji"))
    assert "{avoid}" in texts["steering"]
    assert all(gap in texts["post"] for gap in ("{emoji}", "{name}", "{count}", "{posts}"))
    assert not any(gap in text for text in texts.values() for gap in ("{banned}", "{steering}", "{known}"))
    assert prompt_id(CONFIG) != prompt_id(TeacherConfig(banned=()))


def test_a_banned_thing_that_is_no_emoji_is_a_recipe_error():
    config = TeacherConfig(banned=("✨", "sparkles"))

    with ReplyStore(None) as store, pytest.raises(ConfigError, match=r"teacher\.banned: 'sparkles'"):
        label([], config, make_teacher(config), store, quiet=True)


def test_what_is_stored_is_counted_without_asking():
    _, tasks = sample_tasks(10)
    with ReplyStore(None) as store:
        assert sum(outlook(task, CONFIG, store).stored for task in tasks) == 0
        label(tasks[:4], CONFIG, make_teacher(CONFIG), store, quiet=True)

        stored = [outlook(task, CONFIG, store).stored for task in tasks]
        assert stored == [*(1 + task.samples for task in tasks[:4]), *[0] * 6]
