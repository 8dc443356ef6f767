"""The batch teacher against a real server with files and batches: waves, failures, refusals."""

from __future__ import annotations

import json
import sqlite3

import pytest

from emojit.errors import ConfigError, OfflineError, TeacherError
from emojit.recipe import PriceConfig
from emojit.teacher import ReplyStore, label, make_teacher, release_columns
from emojit.teacher.batch import BatchTeacher
from emojit.teacher.budget import BudgetedTeacher


def run(tasks, config, store):
    teacher = BatchTeacher(config, store, quiet_s=0.05, recheck_s=0.05, backoff_s=0.01)
    return label(tasks, config, teacher, store, quiet=True)


def sizes(server):
    return [len(batch.asks) for batch in server.batches.values()]


def released(store, result):
    return [release_columns(reply) for row in result.labelled for reply in store.get_many(row.keys)]


def test_a_wave_of_sentences_takes_two_jobs_and_every_question_goes_once(server, batch_config, store, tasks):
    result = run(tasks(40), batch_config(), store)

    assert sizes(server) == [40, 40]
    assert all(labelled.emojis for labelled in result.labelled)
    assert (result.asked, result.failed) == (80, 0)
    assert set(server.asked().values()) == {1}
    assert server.asked().keys() == {key for labelled in result.labelled for key in labelled.keys}


def test_a_second_run_asks_nothing(server, batch_config, store, tasks):
    first = run(tasks(5), batch_config(), store)
    calls = server.calls.total()

    again = run(tasks(5), batch_config(), store)

    assert server.calls.total() == calls
    assert (again.asked, again.from_store) == (0, 10)
    assert again.labelled == first.labelled


def test_votes_have_one_body_and_ids_of_their_own_in_one_job(server, batch_config, store, tasks):
    result = run(tasks(3, samples=4), batch_config(), store)

    assert sizes(server) == [3, 12]
    votes = server.batches["batch-2"].asks
    assert len({ask.custom_id for ask in votes}) == 12
    assert len({json.dumps(ask.body, sort_keys=True) for ask in votes}) == 3
    assert [len(row.votes) for row in result.labelled] == [4, 4, 4]


def test_a_full_job_does_not_wait_for_more(server, batch_config, store, tasks):
    run(tasks(10), batch_config(batch_size=4), store)

    assert max(sizes(server)) == 4
    assert sum(sizes(server)) == 20


def test_lines_without_an_answer_are_asked_again_and_no_others(server, batch_config, store, tasks, line):
    faults = {"1": line(status=500, body={"error": {"message": "oops"}}), "2": line(error="request_timeout")}
    faults |= {"3": line(missing=True), "4": line(text=""), "5": line(body={"nothing": 1})}
    server.behave = lambda ask: faults.get(ask.text[3], line()) if ask.nth == 1 and ask.step == "rewrite" else line()

    result = run(tasks(10), batch_config(), store)

    assert (result.asked, result.failed) == (20, 0)
    assert all(labelled.emojis for labelled in result.labelled)
    again = sorted(key for key, count in server.asked().items() if count == 2)
    assert again == sorted(result.labelled[number].keys[0] for number in range(1, 6))
    assert {store.get(key).attempts for key in again} == {2}
    assert max(server.asked().values()) == 2


def test_a_question_that_never_gets_an_answer_is_given_up_after_max_attempts(server, batch_config, store, tasks, line):
    server.behave = lambda ask: line(status=503, body={"error": {"message": "down"}}) if "3番" in ask.text else line()

    result = run(tasks(10), batch_config(max_attempts=3), store)

    assert (result.labelled[3].stage, result.labelled[3].reason) == ("rewrite", "teacher_error")
    assert result.labelled[3].detail == "HTTP 503: down"
    reply = store.get(result.labelled[3].keys[0])
    assert (reply.attempts, reply.error) == (3, "HTTP 503: down")
    assert server.asked()[reply.key] == 3


def test_what_an_earlier_run_gave_up_is_asked_again(server, batch_config, store, tasks, line):
    server.behave = lambda ask: (
        line(error="request_timeout") if ask.text.endswith("3番目の文である。") and ask.nth <= 2 else line()
    )
    run(tasks(6), batch_config(max_attempts=2), store)

    result = run(tasks(6), batch_config(max_attempts=2), store)

    assert result.labelled[3].emojis
    assert (result.asked, result.failed) == (2, 0)


@pytest.mark.parametrize("fate", ["expired", "cancelled"])
def test_what_a_job_left_undone_goes_into_the_next_one(server, batch_config, store, tasks, fate):
    server.fate = lambda number: fate if number == 1 else "completed"

    result = run(tasks(10), batch_config(), store)

    assert all(labelled.emojis for labelled in result.labelled)
    assert sizes(server)[0] == 10
    assert sorted(server.asked().values()) == [1] * 15 + [2] * 5


def test_an_endless_row_of_expired_jobs_ends(server, batch_config, store, tasks, line):
    server.behave = lambda ask: line(missing=True)

    with pytest.raises(TeacherError, match=r"not one of 4 questions was answered.*holds no answer to this question"):
        run(tasks(4), batch_config(max_attempts=2), store)

    assert sizes(server) == [4, 4]


def test_a_refused_file_stops_the_run_at_the_second_time(server, batch_config, store, tasks):
    server.fate = lambda number: "invalid_json_line"

    with pytest.raises(TeacherError, match="was refused: invalid_json_line: the file is refused") as caught:
        run(tasks(4), batch_config(), store)

    assert sizes(server) == [4, 4]
    assert caught.value.hint == "check --model and [teacher], then run the same command again"


def test_a_full_queue_makes_smaller_jobs_and_counts_no_attempt(server, batch_config, store, tasks):
    server.fate = lambda number: (
        "token_limit_exceeded" if len(server.batches[f"batch-{number}"].asks) > 5 else "completed"
    )

    result = run(tasks(8), batch_config(max_attempts=1), store)

    assert all(labelled.emojis for labelled in result.labelled)
    assert sizes(server)[:3] == [8, 4, 4]
    assert {store.get(key).attempts for row in result.labelled for key in row.keys} == {1}


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": 400, "body": {"error": {"code": "content_policy_violation", "message": "no"}}},
        {"status": 403, "body": {"error": {"message": "flagged by moderation"}}},
        {"error": "content_filter"},
        {"body": {"choices": [{"message": {"content": None, "refusal": "I cannot"}, "finish_reason": "stop"}]}},
    ],
    ids=["400", "403", "error line", "in a field of its own"],
)
def test_a_refusal_is_a_rejected_row_and_no_error(server, batch_config, store, tasks, line, refusal):
    server.behave = lambda ask: line(**refusal) if "2番" in ask.text else line()

    result = run(tasks(5), batch_config(), store)

    assert result.labelled[2].reason == "refusal"
    assert result.failed == 0
    assert set(server.asked().values()) == {1}


def test_a_line_that_no_other_question_would_survive_stops_the_run_and_keeps_the_rest(
    server, batch_config, store, tasks, line
):
    wrong = line(status=404, body={"error": {"message": "The model does not exist"}})
    server.behave = lambda ask: wrong if "2番" in ask.text else line()

    with pytest.raises(TeacherError, match="HTTP 404: The model does not exist") as caught:
        run(tasks(5), batch_config(), store)

    assert "--model" in caught.value.hint
    assert len(store) == 4


def test_what_each_try_cost_is_added_up(server, batch_config, store, tasks, line):
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "cost": 0.25}
    server.behave = lambda ask: line(usage=usage, text="" if ask.nth == 1 else None)

    result = run(tasks(2), batch_config(), store)

    replies = [store.get(key) for row in result.labelled for key in row.keys]
    assert {reply.cost for reply in replies} == {0.5}
    assert {reply.usage for reply in replies} == {'{"completion_tokens":1,"cost":0.25,"prompt_tokens":5}'}


def test_an_answer_with_a_line_separator_is_one_line(server, batch_config, store, tasks, line):
    server.behave = lambda ask: line(text="うれしい\u2028んだって\u0085") if ask.step == "rewrite" else line()

    result = run(tasks(1), batch_config(), store)

    assert store.get(result.labelled[0].keys[0]).text == "うれしい\u2028んだって\u0085"


def test_a_store_of_the_first_layout_opens_and_stays_readable(server, batch_config, tmp_path, tasks):
    path = tmp_path / "old.sqlite"
    with ReplyStore(path):
        pass
    db = sqlite3.connect(path)
    assert {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} == {"replies"}
    version = db.execute("PRAGMA user_version").fetchone()
    with ReplyStore(path) as store:
        result = run(tasks(2), batch_config(), store)

    assert db.execute("PRAGMA user_version").fetchone() == version  # an older emojit goes on reading the file
    db.close()
    with ReplyStore(path) as store:
        assert len(list(store.get_many(key for row in result.labelled for key in row.keys))) == 4


def test_jobs_and_their_ids_stay_in_the_store(server, batch_config, store, tasks):
    run(tasks(2), batch_config(), store)

    with store.transaction() as db:
        jobs = db.execute("SELECT state, job_id, questions FROM batch_jobs ORDER BY job_id").fetchall()
        waiting = db.execute("SELECT count(*) FROM batch_questions").fetchone()[0]
    assert jobs == [("done", "batch-1", 2), ("done", "batch-2", 2)]
    assert waiting == 0


def test_a_store_in_memory_will_do(server, batch_config, tasks):
    with ReplyStore(None) as store:
        assert all(row.emojis for row in run(tasks(3), batch_config(), store).labelled)


def test_the_recipe_chooses_the_batch_teacher(server, batch_config, store):
    assert isinstance(make_teacher(batch_config(), store), BatchTeacher)
    assert make_teacher(batch_config(), store).width == 64


def test_a_batch_teacher_without_a_store_is_refused(batch_config):
    with pytest.raises(ConfigError, match="batch"):
        make_teacher(batch_config())


def test_a_limit_on_the_cost_needs_a_price_before_the_first_job(server, batch_config, store):
    with pytest.raises(ConfigError, match=r"--max-cost .* needs a price") as caught:
        BudgetedTeacher(make_teacher(batch_config(), store), 1.0, batch_config())

    assert "teacher.price.prompt" in caught.value.hint


def test_the_limit_on_the_cost_stops_between_jobs_and_the_run_goes_on_from_there(server, batch_config, store, tasks):
    config = batch_config(price=PriceConfig(prompt=1.0, completion=2.0), max_tokens=20)

    def labelled(limit):
        teacher = BatchTeacher(config, store, quiet_s=0.05, backoff_s=0.01)
        return label(tasks(20), config, BudgetedTeacher(teacher, limit, config), store, quiet=True)

    with pytest.raises(TeacherError, match=r"the limit of 0\.003 USD is reached: 0\.00"):
        labelled(0.003)
    paid = len(store)
    result = labelled(1.0)

    assert 0 < paid * 120e-6 <= 0.003
    assert all(row.emojis for row in result.labelled)
    assert set(server.asked().values()) == {1}


@pytest.mark.parametrize("mode", ["live", "batch"])
def test_who_cannot_be_asked_matters_only_when_something_is_asked(
    server, batch_config, store, tasks, mode, monkeypatch
):
    first = run(tasks(3), batch_config(), store)
    away = batch_config(base_url="https://llm.example.org/v1", mode=mode)
    monkeypatch.delenv("EMOJIT_API_KEY", raising=False)
    with ReplyStore(None) as empty, pytest.raises(ConfigError, match="no API key"):
        make_teacher(away, empty)

    assert label(tasks(3), away, make_teacher(away, store), store, quiet=True).labelled == first.labelled
    with pytest.raises(ConfigError, match=r"no API key for https://llm\.example\.org/v1"):
        label(tasks(4), away, make_teacher(away, store), store, quiet=True)
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    assert label(tasks(3), away, make_teacher(away, store), store, quiet=True).labelled == first.labelled
    with pytest.raises(OfflineError, match="EMOJIT_OFFLINE"):
        label(tasks(4), away, make_teacher(away, store), store, quiet=True)
