"""The engine against a real server: order, bounds, what is asked again, and the failures that stop a run."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from emojit.errors import TeacherError
from emojit.teacher import ReplyStore, Task, label, make_teacher, release_columns
from emojit.teacher.endpoint import OpenAITeacher
from emojit.teacher.estimate import outlook

NOISE = {  # reply → (reason as a rewrite, reason as emoji)
    "申し訳ありませんが、提供いただいた文章が不完全なため、変換が困難です。": ("refusal", "refusal"),
    "Sure! Here are some emojis: 🎉🎉🎉": ("english", "prose"),
    "この文には ✨ が合うと思います。": ("chatter", "prose"),
    "🎉 🎊 🥳 🎁 🎂 🍰": ("empty", "too_many"),
    "✨": ("empty", "banned"),
    "Rain in Tokyo again": ("english", "no_emoji"),
}


def run_label(tasks, config, store, **keys):
    return label(tasks, config, OpenAITeacher(config, backoff_s=0.001), store, quiet=True, **keys)


def release(store, run):
    return [
        release_columns(reply) for reply in store.get_many(key for labelled in run.labelled for key in labelled.keys)
    ]


def test_results_stand_in_the_order_of_the_tasks(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(delay_s=0.03 if call.number % 3 else 0.0))
    wanted = tasks(30)
    finished = []

    run = run_label(wanted, config_for(server), store, on_done=finished.append)

    assert [labelled.id for labelled in run.labelled] == [task.id for task in wanted]
    assert all(
        labelled.sns_text == f"{task.text.rstrip('。')}んだって"
        for labelled, task in zip(run.labelled, wanted, strict=True)
    )
    assert all(1 <= len(labelled.emojis) <= 5 and labelled.votes == (labelled.emojis,) for labelled in run.labelled)
    assert sorted(finished, key=lambda labelled: labelled.id) == run.labelled
    assert (run.asked, run.from_store, run.failed) == (60, 0, 0)
    assert run.seconds > 0


def test_no_question_is_asked_twice_across_runs(serve, config_for, store, tasks):
    server = serve()
    config = config_for(server)
    first = run_label(tasks(10), config, store)

    again = run_label(tasks(15), config, store)

    assert again.labelled[:10] == first.labelled
    assert (again.asked, again.from_store) == (10, 20)
    assert max(Counter(server.bodies()).values()) == 1
    assert sum(outlook(task, config, store).stored for task in tasks(15)) == 30


def test_the_same_question_of_two_sentences_is_asked_once(serve, answer, config_for, store):
    server = serve(lambda call: answer(delay_s=0.05))

    run = run_label([Task(id=str(number), text="雨が降る。") for number in range(6)], config_for(server), store)

    assert len(server.calls) == 2
    assert (run.asked, run.from_store) == (2, 10)
    assert len({labelled.emojis for labelled in run.labelled}) == 1


def test_opinions_are_kept_apart_and_the_first_one_labels(serve, answer, config_for, store, tasks):
    opinions = ["🎉", "unreadable", "😊 📚"]
    server = serve(lambda call: answer() if call.step == "rewrite" else answer(choices=opinions))

    run = run_label(tasks(1, samples=3), config_for(server), store)

    assert run.labelled[0].votes == (("🎉",), ("😊", "📚"))
    assert run.labelled[0].reason is None
    assert len(set(run.labelled[0].keys)) == 4


def test_the_bound_on_calls_in_flight_holds_and_is_used(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(delay_s=0.02))

    run_label(tasks(40), config_for(server, concurrency=7), store)

    assert server.peak == 7


def test_a_slow_answer_holds_up_nobody_else(serve, answer, config_for, store, tasks):
    finished = []

    def behave(call):
        slow = "これは3番目" in call.text and call.step == "rewrite"
        return answer(until=lambda: len(finished) == 39) if slow else answer(delay_s=0.01)

    server = serve(behave)

    run_label(tasks(40), config_for(server), store, on_done=lambda labelled: finished.append(labelled.id))

    assert finished[-1] == f"{3:016x}"


def test_a_slow_first_answer_holds_up_the_others_for_a_moment_only(serve, answer, config_for, store, tasks):
    finished = []
    server = serve(lambda call: answer(until=lambda: len(finished) == 9) if call.number == 1 else answer())

    run_label(tasks(10), config_for(server), store, on_done=lambda labelled: finished.append(labelled.id))

    assert finished[-1] == f"{0:016x}"


def test_tasks_are_taken_lazily(serve, config_for, store, tasks):
    taken, done = [], []

    def stream():
        for task in tasks(50):
            taken.append(len(done))
            yield task

    run_label(stream(), config_for(serve(), concurrency=3), store, on_done=done.append)

    assert all(number - finished <= 2 * 3 for number, finished in enumerate(taken))


def test_noise_is_rejected_with_its_reason_and_its_text(serve, answer, config_for, store, tasks):
    replies = list(NOISE)

    def behave(call):
        number = int(call.text.removeprefix("これは").partition("番")[0])
        return answer(text=replies[number % 6]) if (number < 6) == (call.step == "rewrite") else answer()

    run = run_label(tasks(12), config_for(serve(behave)), store)

    for number, labelled in enumerate(run.labelled):
        text = replies[number % 6]
        step = number // 6
        assert (labelled.stage, labelled.reason, labelled.detail) == (
            ("rewrite", "emoji")[step],
            NOISE[text][step],
            text,
        )
        assert (labelled.emojis, labelled.votes) == ((), ())
        assert (labelled.sns_text is None) == (step == 0)
    assert (run.asked, run.failed) == (18, 0)


def test_an_unreadable_answer_is_not_asked_again_by_a_later_run(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(text="" if call.text.startswith("これは0") else "Hello"))
    config = config_for(server, max_attempts=2)
    first = run_label(tasks(3), config, store)
    calls = len(server.calls)

    again = run_label(tasks(3), config, store)

    assert [labelled.reason for labelled in first.labelled] == ["empty", "english", "english"]
    assert again.labelled == first.labelled
    assert len(server.calls) == calls == 4


def test_emoji_that_leak_into_the_rewrite_do_not_reach_the_second_question(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(text="また雨だよ☔😢") if call.step == "rewrite" else answer())

    run = run_label(tasks(1), config_for(server), store)

    assert server.calls[1].text == run.labelled[0].sns_text == "また雨だよ"
    assert run.labelled[0].leaked == 2


def test_a_failed_question_is_a_rejected_row_and_is_asked_again_by_a_later_run(
    serve, answer, config_for, store, tasks
):
    broken = True
    server = serve(lambda call: answer(status=500) if broken and "これは2番目" in call.text else answer())
    config = config_for(server, max_attempts=3)

    first = run_label(tasks(5), config, store)

    rejected = first.labelled[2]
    assert (rejected.stage, rejected.reason, rejected.sns_text) == ("rewrite", "teacher_error", None)
    assert rejected.detail.startswith("HTTP 500")
    assert (first.asked, first.failed) == (9, 1)
    assert store.get(rejected.keys[0]).attempts == 3
    broken = False
    again = run_label(tasks(5), config, store)
    assert again.labelled[2].emojis
    assert (again.asked, again.from_store, again.failed) == (2, 8, 0)
    assert store.get(rejected.keys[0]).attempts == 3 + 1  # the calls of both runs


def test_faults_change_nothing_in_what_is_released(serve, answer, config_for, tmp_path, tasks):
    def rough(call):
        faults = [
            {"status": 429, "headers": {"Retry-After": "0.01"}},
            {"status": 500},
            {"cut": True},
            {"body": b"{"},
            {"text": ""},
        ]
        return answer(**faults[call.number % 5]) if call.nth == 1 and call.number % 2 else answer()

    results = []
    for behave in (lambda call: answer(), rough):
        with ReplyStore(tmp_path / f"{len(results)}.sqlite") as store:
            run = run_label(tasks(40), config_for(serve(behave)), store)
            results.append((run.labelled, release(store, run)))

    assert results[0] == results[1]


@pytest.mark.parametrize("status", [401, 404])
def test_a_wrong_key_or_model_costs_one_call_where_the_endpoint_says_so_at_once(
    serve, answer, config_for, store, tasks, status, monkeypatch
):
    monkeypatch.setattr("emojit.teacher.limits._FIRST_CONTACT_S", 5.0)  # "at once" on a busy machine
    server = serve(lambda call: answer(status=status, body=b'{"error": {"message": "wrong"}}'))

    with pytest.raises(TeacherError, match=f"HTTP {status}: wrong"):
        run_label(tasks(100), config_for(server, concurrency=32), store)

    assert len(server.calls) == 1


def test_an_unreachable_endpoint_is_one_error_soon(serve, config_for, store, tasks):
    (server := serve()).close()
    start = time.monotonic()

    with pytest.raises(TeacherError, match="cannot be reached"):
        run_label(tasks(100), config_for(server, concurrency=32), store)

    assert time.monotonic() - start < 5


def test_a_run_that_mostly_fails_is_stopped_and_keeps_what_it_got(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer() if call.number <= 20 else answer(status=503))
    config = config_for(server, max_attempts=2)

    with pytest.raises(TeacherError, match=r"2\d of the last 40 questions failed; the last one: HTTP 503") as caught:
        run_label(tasks(500), config, store)

    assert "run the same command again" in (caught.value.hint or "")
    assert len(server.calls) < 90
    assert sum(outlook(task, config, store).stored for task in tasks(500)) == 20


def test_scattered_failures_do_not_stop_a_run(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(status=503) if call.step == "emoji" and "1番目" in call.text else answer())

    run = run_label(tasks(100), config_for(server, max_attempts=1, concurrency=2), store)

    assert run.failed == 10
    assert sum(labelled.reason == "teacher_error" for labelled in run.labelled) == 10


def test_a_run_without_a_single_answer_is_an_error(serve, answer, config_for, store, tasks):
    server = serve(lambda call: answer(status=500))

    with pytest.raises(TeacherError, match="not one of 3 questions was answered"):
        run_label(tasks(3), config_for(server, max_attempts=1), store)


def test_a_full_disk_stops_the_run_and_keeps_what_was_stored(serve, config_for, store, tasks):
    server = serve()
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages + 4}")

    with pytest.raises(TeacherError, match="disk is full"):
        run_label(tasks(200), config_for(server), store)

    assert 0 < len(store) < 400
    store._writer.execute("PRAGMA max_page_count = 1000000")
    kept = len(store)
    run = run_label(tasks(200), config_for(server), store)
    assert run.from_store == kept


def test_an_error_in_the_callers_own_code_comes_through(serve, config_for, store, tasks):
    def stop(labelled):
        raise LookupError(labelled.id)

    with pytest.raises(LookupError):
        run_label(tasks(20), config_for(serve()), store, on_done=stop)


def test_the_key_is_nowhere_in_the_store(serve, answer, config_for, tmp_path, tasks, monkeypatch):
    monkeypatch.setenv("EMOJIT_API_KEY", "very-secret-key")
    server = serve(
        lambda call: answer(status=500, body=b"very-secret-key") if "これは1番目" in call.text else answer()
    )
    with ReplyStore(tmp_path / "r.sqlite") as store:
        run_label(tasks(4), config_for(server, max_attempts=1), store)

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert server.calls[0].headers["authorization"] == "Bearer very-secret-key"
    assert b"very-secret-key" not in stored
    assert b"authorization" not in stored.lower()


def test_it_runs_inside_a_running_event_loop_as_in_a_notebook(serve, config_for, store, tasks):
    config = config_for(serve())

    async def cell():
        return run_label(tasks(3), config, store)

    assert len(asyncio.run(cell()).labelled) == 3


def test_one_teacher_serves_several_runs(serve, config_for, store, tasks):
    config = config_for(serve())
    teacher = make_teacher(config)

    label(tasks(3), config, teacher, store, quiet=True)

    assert label(tasks(6), config, teacher, store, quiet=True).asked == 6


def test_no_task_is_no_call(serve, config_for, store):
    server = serve()

    run = run_label([], config_for(server), store)

    assert (run.labelled, run.asked, server.calls) == ([], 0, [])
