"""Texts of any number, read and answered in windows: what is read, what is written, and an interrupted run that ends with the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from emojit.errors import UsageError
from emojit.student import stream
from emojit.student.predict import Predictions, load_student
from emojit.student.stream import Counts, answered, write_answers
from emojit.student.textfile import Fields, TextFile, TextStream


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch, request):
    if "model_folder" not in request.fixturenames:  # the real command has the real ones
        monkeypatch.setattr(stream, "WINDOW", 4)


class Stopped(Exception):
    """An interruption."""


def echo(texts):
    """Answer each text with its own characters, and count those with an x as cut."""
    return Predictions(emojis=[list(text)[:5] for text in texts], cut=sum("x" in text for text in texts))


def jsonl(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write(source, target, *, answer=echo, resume=False, fields=None, model="a"):
    fields = fields or Fields()
    texts = TextFile(source, fields)
    return write_answers(
        texts, answer, target, fields, model={"model": model}, resume=resume, total=texts.check(), quiet=True
    )


def test_every_field_is_kept_and_blank_texts_get_nothing_and_are_counted(tmp_path):
    rows = [
        {"id": 1, "text": "雨", "tags": ["a"]},
        {"text": " "},
        {"text": ""},
        {"id": 4, "text": "雪x"},
        {"text": "🎉"},
    ]
    source, target = jsonl(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl"

    counts = write(source, target)

    found = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [row.pop("emojis") for row in found] == [["雨"], [], [], ["雪", "x"], ["🎉"]]
    assert found == rows
    assert counts == Counts(rows=5, cut=1, blank=2, resumed=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_plain_text_is_one_text_a_line_with_empty_lines_in_their_place(tmp_path):
    path = tmp_path / "in.txt"
    path.write_bytes("\ufeff雨\r\n\r\n{晴れ}\u2028続き\n \n\n".encode())

    assert list(TextFile(path, Fields())) == [{"text": "雨"}, {"text": ""}, {"text": "{晴れ}\u2028続き"}]


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_an_endless_stream_is_answered_window_by_window(count):
    asked = []

    def lines():
        for number in range(count * 4 + 100):
            asked.append(number)
            yield f"{number}\n"

    windows = answered(TextStream(lines(), Fields()), echo, Fields(), text_field="text", counts=Counts())
    for _ in range(count):
        next(windows)

    assert len(asked) <= count * 4 + 1


def test_an_answer_that_is_there_is_kept_beside_or_replaced(tmp_path):
    source = jsonl(tmp_path / "in.jsonl", [{"text": "雨", "emojis": ["☔"]}])

    with pytest.raises(UsageError, match=r"in\.jsonl:1: the line has a field 'emojis' already") as caught:
        write(source, tmp_path / "a")
    write(source, tmp_path / "b", fields=Fields(answer="student"))
    write(source, tmp_path / "c", fields=Fields(overwrite=True))

    assert "--answer-field" in (caught.value.hint or "")
    assert json.loads((tmp_path / "b").read_text(encoding="utf-8")) == {
        "text": "雨",
        "emojis": ["☔"],
        "student": ["雨"],
    }
    assert json.loads((tmp_path / "c").read_text(encoding="utf-8")) == {"text": "雨", "emojis": ["雨"]}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{no json", r"in\.jsonl:2: no JSON"),
        ("[" * 100_000, r"in\.jsonl:2: no JSON"),
        ('"a string"', r"in\.jsonl:2: no text in the field 'text'"),
        ('{"body": "雨"}', r"in\.jsonl:2: no text in the field 'text'; fields: body"),
        ('{"text": 3}', r"in\.jsonl:2: no text in the field 'text'"),
        ("", r"in\.jsonl:2: an empty line"),
        ('{"text": "\\ud83d雨"}', r"in\.jsonl:2: no valid UTF-8 at character 1"),
    ],
)
def test_a_bad_json_line_is_an_error_with_its_number_before_anything_is_asked(tmp_path, line, message):
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"text": "雨"}}\n{line}\n{{"text": "雪"}}\n', encoding="utf-8")

    with pytest.raises(UsageError, match=message):
        TextFile(path, Fields()).check()


def test_an_input_that_is_no_utf8_is_an_error_that_names_the_line(tmp_path):
    path = tmp_path / "in.txt"
    path.write_bytes("晴れ\n".encode() + "雨".encode("shift_jis"))

    with pytest.raises(UsageError, match=r"in\.txt:2: cannot be read as UTF-8"):
        list(TextFile(path, Fields()))


@pytest.mark.parametrize("killed_in", [0, 1, 2, 4])
@pytest.mark.parametrize("torn", [0, 7, 60])
def test_an_interrupted_run_goes_on_and_ends_with_the_same_bytes(tmp_path, killed_in, torn):
    rows = [{"id": number, "text": "" if number % 5 == 1 else f"文{number}"} for number in range(18)]
    source = jsonl(tmp_path / "in.jsonl", rows)
    write(source, tmp_path / "straight.jsonl")
    windows = []

    def dies(texts):
        if len(windows) == killed_in:
            raise Stopped
        windows.append(texts)
        return echo(texts)

    with pytest.raises(Stopped):
        write(source, tmp_path / "out.jsonl", answer=dies)
    partial = tmp_path / "out.jsonl.partial"
    partial.write_bytes(partial.read_bytes()[:-torn] if torn else partial.read_bytes())

    counts = write(source, tmp_path / "out.jsonl", resume=True)

    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "straight.jsonl").read_bytes()
    assert counts.rows == 18
    assert counts.blank == 4
    assert counts.resumed % 4 == 0
    assert counts.resumed >= 4 * (killed_in - (torn > 0) - (torn > 50))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "straight.jsonl"]


def test_what_another_command_left_is_not_gone_on_with(tmp_path):
    source = jsonl(tmp_path / "in.jsonl", [{"text": f"文{number}"} for number in range(9)])
    calls = []

    def dies(texts):
        calls.append(texts)
        if len(calls) > 1:
            raise Stopped
        return echo(texts)

    with pytest.raises(Stopped):
        write(source, tmp_path / "out", answer=dies)
    other = jsonl(tmp_path / "other.jsonl", [{"text": f"別{number}"} for number in range(9)])

    with pytest.raises(UsageError, match="an interrupted run left it"):
        write(source, tmp_path / "out")
    with pytest.raises(UsageError, match="another command began it"):
        write(source, tmp_path / "out", resume=True, model="b")
    with pytest.raises(UsageError, match=r"out\.partial:1: this row is not of the input's text 1"):
        write(other, tmp_path / "out", resume=True)
    assert write(source, tmp_path / "out", resume=True).resumed == 4


def test_nothing_to_resume_begins_and_no_texts_make_an_empty_file(tmp_path):
    source = jsonl(tmp_path / "in.jsonl", [])

    counts = write(source, tmp_path / "out.jsonl", resume=True)

    assert counts == Counts()
    assert (tmp_path / "out.jsonl").read_bytes() == b""


@pytest.mark.slow
def test_the_command_killed_with_signal_9_goes_on_and_ends_with_the_same_bytes(model_folder, warm, tmp_path):
    rows = [{"id": number, "text": "雨の日は家で本を読むに限る"[: number % 13 + 1]} for number in range(3500)]
    source = jsonl(tmp_path / "in.jsonl", rows)
    texts = TextFile(source, Fields())
    student = load_student(model_folder, overrides=["decoding.method=sample"])
    write_answers(
        texts, student.answer, tmp_path / "straight.jsonl", Fields(), model={}, resume=False, total=None, quiet=True
    )
    command = ["predict", "--model", str(model_folder), "--input", str(source)]
    command += ["--output", str(tmp_path / "out.jsonl"), "--set", "decoding.method=sample"]
    process = warm.start(*command, cwd=tmp_path)
    partial = tmp_path / "out.jsonl.partial"
    while process.poll() is None and not (partial.exists() and partial.stat().st_size):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert partial.exists(), "killed too late"

    whole = [sys.executable, "-m", "emojit", *command, "--resume", "--json"]
    done = subprocess.run(
        whole, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True, capture_output=True, text=True
    )

    assert json.loads(done.stdout)["resumed"] >= 1024
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "straight.jsonl").read_bytes()
