"""Endpoints that a batch teacher may meet: without the API, with another key, busy, gone, forgetful."""

from __future__ import annotations

import logging

import pytest

from emojit.errors import TeacherError
from emojit.teacher import label
from emojit.teacher.batch import BatchTeacher


def run(tasks, config, store):
    teacher = BatchTeacher(config, store, quiet_s=0.05, recheck_s=0.05, backoff_s=0.01)
    return label(tasks, config, teacher, store, quiet=True)


def sizes(server):
    return [len(batch.asks) for batch in server.batches.values()]


def test_an_endpoint_without_a_batch_api_is_one_clear_line(server, batch_config, store, tasks):
    server.has_batches = False

    with pytest.raises(TeacherError, match=r"has no batch API \(HTTP 404\)") as caught:
        run(tasks(2), batch_config(), store)

    assert caught.value.hint == "ask question by question: --set teacher.mode=live"
    server.has_batches = True
    assert all(
        row.emojis for row in run(tasks(2), batch_config(), store).labelled
    )  # nothing is blocked by what was tried


def test_a_wrong_key_is_one_call_and_never_shown(server, batch_config, store, tasks, monkeypatch):
    monkeypatch.setenv("EMOJIT_API_KEY", "sk-very-secret-key-0123456789")
    server.key = "another"

    with pytest.raises(TeacherError, match="HTTP 401") as caught:
        run(tasks(2), batch_config(), store)

    assert "EMOJIT_API_KEY" in caught.value.hint
    assert "very-secret" not in str(caught.value)
    assert server.calls.total() == 1


def test_the_key_is_in_no_file_even_when_the_endpoint_echoes_it(server, batch_config, store, tasks, monkeypatch, line):
    secret = "sk-very-secret-key-0123456789"
    monkeypatch.setenv("EMOJIT_API_KEY", secret)
    server.key = secret
    server.behave = lambda ask: line(text=f"{secret}んだって") if ask.step == "rewrite" else line()

    result = run(tasks(2), batch_config(), store)

    assert store.get(result.labelled[0].keys[0]).text == "***んだって"
    for path in store.path.parent.iterdir():
        assert secret.encode() not in path.read_bytes()


def test_an_unreachable_endpoint_is_said_at_once(batch_config, store, tasks):
    with pytest.raises(TeacherError, match="cannot be reached") as caught:
        run(tasks(2), batch_config(base_url="http://127.0.0.1:9/v1"), store)

    assert "start the server" in caught.value.hint


def test_a_busy_endpoint_is_waited_for(server, batch_config, store, tasks):
    server.break_ = {
        "POST /v1/files": [500, 429],
        "POST /v1/batches": [429],
        "GET /v1/batches/.*": [500, 503, 429],
        "GET /v1/files/.*": [502],
    }

    result = run(tasks(4), batch_config(), store)

    assert all(labelled.emojis for labelled in result.labelled)
    assert sizes(server) == [4, 4]


def test_an_endpoint_that_stays_busy_ends_the_run_to_be_continued(server, batch_config, store, tasks):
    server.break_ = {"GET /v1/batches/.*": [503] * 1000}
    with pytest.raises(TeacherError, match="HTTP 503") as caught:
        run(tasks(4), batch_config(patience_s=0.02), store)
    assert "it waits for the same jobs" in caught.value.hint
    server.break_ = {}

    run(tasks(4), batch_config(), store)

    assert sizes(server) == [4, 4]


def test_a_job_whose_creation_seemed_to_fail_is_not_created_twice(server, batch_config, store, tasks):
    server.lose = 1

    run(tasks(4), batch_config(), store)

    assert sizes(server) == [4, 4]


def test_a_job_is_found_behind_a_page_of_others(server, batch_config, store, tasks):
    server.lose = 1
    server.crowd = 130

    run(tasks(4), batch_config(), store)

    assert [len(batch.asks) for batch in server.batches.values() if batch.asks] == [4, 4]
    assert server.calls["GET /v1/batches"] == 2


def test_a_lost_result_file_is_asked_for_again(server, batch_config, store, tasks, caplog):
    server.break_ = {"GET /v1/files/.*": [404]}

    result = run(tasks(3), batch_config(), store)

    assert all(labelled.emojis for labelled in result.labelled)
    assert sizes(server) == [3, 3, 3]
    assert "no longer has the result file" in caplog.text


def test_progress_is_logged_with_state_and_counts(server, batch_config, store, tasks, caplog):
    caplog.set_level(logging.INFO, "emojit")

    run(tasks(3), batch_config(), store)

    assert "batch job=batch-1 handed in questions=3" in caplog.text
    assert "batch job=batch-1 state=completed completed=3 failed=0 total=3" in caplog.text


def test_questions_of_a_job_elsewhere_are_not_asked_twice(server, batch_config, store, tasks):
    server.break_ = {"GET /v1/batches/.*": [401]}
    with pytest.raises(TeacherError, match="HTTP 401"):
        run(tasks(2), batch_config(), store)

    elsewhere = server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(TeacherError, match=f"2 questions are in a batch job at {server.url}") as caught:
        run(tasks(2), batch_config(base_url=elsewhere), store)

    assert f"--base-url {server.url}" in caught.value.hint
    assert sizes(server) == [2]


def test_a_job_that_the_endpoint_does_not_know_is_one_clear_line(server, batch_config, store, tasks):
    server.break_ = {"GET /v1/batches/.*": [404]}

    with pytest.raises(TeacherError, match="does not know the batch job batch-1") as caught:
        run(tasks(2), batch_config(), store)

    assert "teacher.mode=live" in caught.value.hint
