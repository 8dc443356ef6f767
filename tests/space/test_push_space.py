"""`emojit push space`: the demo laid out for a model, and metrics by name; what is refused, and that the result stands alone."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from huggingface_hub import snapshot_download

from emojit.errors import PublishError, UsageError
from emojit.resources import resource
from emojit.space.demo import local_speaker, stage_demo
from emojit.space.source import opened_space, packaged_spaces, space_to_push
from emojit.student import load_student
from emojit.student.decoding import Settings, write_settings

MODEL = "me/tiny-student"


def run(monkeypatch, capsys, *arguments):
    from emojit.cli.app import main

    monkeypatch.setattr(sys, "argv", ["emojit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def test_the_demo_is_published_with_a_card_that_names_model_tag_commit_and_licence(on_hub, monkeypatch, capsys):
    command = ("push", "space", "demo", "me/emoji-demo", "--tag", "v1", "--model", f"{MODEL}@v1", "--json")
    commit = on_hub.api.model_info(MODEL, revision="v1").sha

    code, planned, err = run(monkeypatch, capsys, *command, "--dry-run")
    assert code == 0, err
    assert not on_hub.api.repo_exists("me/emoji-demo", repo_type="space")
    code, out, err = run(monkeypatch, capsys, *command)

    assert code == 0, err
    assert [file["path"] for file in json.loads(out)["files"]] == [
        file["path"] for file in json.loads(planned)["files"]
    ]
    folder = Path(snapshot_download("me/emoji-demo", repo_type="space", revision="v1", endpoint=on_hub.hub.endpoint))
    _, head, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    card = yaml.safe_load(head)
    assert (card["sdk"], card["app_file"], card["license"], card["models"]) == (
        "gradio",
        "app.py",
        "apache-2.0",
        [MODEL],
    )
    assert all(word in body for word in (f"`{MODEL}`", "`v1`", commit, "cc0-1.0"))
    assert json.loads((folder / "settings.json").read_text(encoding="utf-8")) == {
        "model": MODEL,
        "revision": "v1",
        "commit": commit,
    }
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["inputs"] == [{"role": "model", "repo": MODEL, "revision": "v1", "commit": commit}]
    assert provenance["made"]["code"] == provenance["published"]["code"]
    assert "emojit" not in re.findall(r"^(?:from|import) (\w+)", _sources(folder), re.MULTILINE)
    code, out, err = run(monkeypatch, capsys, *command)
    assert (code, json.loads(out)["already_there"]) == (0, True), err


def test_what_others_wrote_into_the_card_of_a_demo_survives_the_next_version(on_hub, monkeypatch, capsys):
    def publish(tag):
        command = ("push", "space", "demo", "me/kept-demo", "--tag", tag, "--model", f"{MODEL}@v1", "--json")
        code, out, err = run(monkeypatch, capsys, *command)
        assert code == 0, err
        return json.loads(out)

    def card(revision):
        return Path(
            on_hub.api.hf_hub_download("me/kept-demo", "README.md", repo_type="space", revision=revision)
        ).read_text(encoding="utf-8")

    publish("v1")
    theirs = card("v1").replace("title:", "hf_oauth: true\ntitle:", 1).replace("- emojit", "- emojit\n- workshop", 1)
    theirs = theirs.replace("models:", "models:\n- me/former", 1) + "\n## Workshop\n\nRoom 5.\n"
    on_hub.api.upload_file(
        path_or_fileobj=theirs.encode(), path_in_repo="README.md", repo_id="me/kept-demo", repo_type="space"
    )
    publish("v2")

    _, head, body = card("v2").split("---\n", 2)
    fields = yaml.safe_load(head)
    assert (fields["hf_oauth"], fields["models"]) == (True, [MODEL])
    assert fields["tags"] == ["emoji", "japanese", "emojit", "workshop"]
    assert body.endswith("## Workshop\n\nRoom 5.\n")
    assert body.count("# 文にあう絵文字") == 1
    assert publish("v2")["already_there"]
    code, out, err = run(monkeypatch, capsys, "verify", "me/kept-demo@v2")
    assert code == 0, out + err


def _sources(folder):
    return "\n".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))


def test_every_space_names_the_gradio_that_it_was_tested_with():
    for folder in packaged_spaces().values():
        requirements = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
        assert f"gradio=={version('gradio')}" in requirements, folder
        if (folder / "README.md").is_file():
            card = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
            assert card["sdk_version"] == version("gradio")


def test_a_metric_is_the_same_space_by_either_command(on_hub, monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, "push", "metric", "emoji_jaccard", "me/emoji_jaccard", "--tag", "v1")
    assert code == 0, err

    folder = str(resource("eval_modules/emoji_jaccard"))
    code, again, err = run(monkeypatch, capsys, "push", "space", folder, "me/emoji_jaccard", "--tag", "v1", "--json")

    assert (code, json.loads(again)["already_there"]) == (0, True), err
    code, _, err = run(monkeypatch, capsys, "push", "space", folder, "me/emoji-jaccard", "--tag", "v1")
    assert code == 1
    assert "a metric whose name holds a hyphen" in err


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "no model is named"),
        (MODEL, "no tag"),
        (f"{MODEL}@main", "main is no tag, so it may move"),
        (f"{MODEL}@v9", "no revision 'v9'"),
        ("me/none@v1", "no such model"),
        ("{folder}", "no visitor of the Space can reach it"),
    ],
)
def test_a_demo_of_no_published_model_is_refused(on_hub, model, message):
    given = None if model is None else model.format(folder=on_hub.folder)

    with pytest.raises((PublishError, UsageError), match=message), space_to_push(Path("demo"), model=given):
        pass


def test_a_model_for_a_space_that_asks_none_is_refused():
    for opened in (
        space_to_push(Path("emoji_jaccard"), model=f"{MODEL}@v1"),
        opened_space("emoji_jaccard", model=str(resource("recipes")), trust=False),
    ):
        with pytest.raises(UsageError), opened:
            pass


def test_code_from_a_hub_is_not_run_without_trust_and_not_even_fetched(on_hub, monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, "space", "run", "somebody/page@v1")

    assert code == 2
    assert "code that somebody published" in err
    assert "--trust" in err


def test_a_taken_port_is_one_clear_line(monkeypatch, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, _, err = run(monkeypatch, capsys, "space", "run", "emoji_jaccard", "--port", port)

    assert code == 2
    assert f"port {port} of 127.0.0.1 is taken" in err
    assert "--port 0" in err


def test_a_space_that_ends_at_once_is_a_failure_and_its_words_stand_on_stderr(tmp_path, monkeypatch, capfd):
    (tmp_path / "app.py").write_text(
        "import os\nraise SystemExit('no page ' + os.environ.get('EMOJIT_API_KEY', 'and no key'))"
    )
    monkeypatch.setenv("EMOJIT_API_KEY", "a-secret-of-the-teacher")

    code, _, err = run(monkeypatch, capfd, "space", "run", str(tmp_path), "--port", "0")

    assert code == 1
    assert "no page and no key" in err
    assert "error: the Space ended with exit code 1" in err


def test_what_is_no_space_is_one_clear_line(tmp_path, monkeypatch, capsys):
    metrics = sorted(path.name for path in resource("eval_modules").iterdir() if (path / "app.py").is_file())
    for source, message in ((str(tmp_path), "no app.py"), ("nothing", f"one of: demo, {', '.join(metrics)}")):
        code, _, err = run(monkeypatch, capsys, "space", "run", source)

        assert code == 2
        assert message in err
        assert "Traceback" not in err


ALONE = """
import atexit, gc, sys
gc.set_threshold(10_000, 10, 10)  # what is imported stays
atexit.register(gc.freeze)
class NoEmojit:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "emojit": raise ImportError("emojit is not there")
sys.meta_path.insert(0, NoEmojit())
import json, student
assert "torch" not in sys.modules
texts = json.loads(sys.stdin.read())
answers, failures = [], []
for folder in sys.argv[1:]:
    found = student.load(folder, None)[0]
    answers.append([[(one.emojis, one.score) for one in found.ask(text, candidates=5)] for text in texts])
for text in ("あ" * 1001, "雨の日は本を読む" * 100):
    try: found.ask(text, candidates=5)
    except student.TooLong: failures.append(len(text))
found.ask("\\ud83d", candidates=2)
try: student.load("/nowhere/at/all", None)
except student.CannotLoad as exc: failures.append(str(exc).count("\\n"))
print(json.dumps([answers, failures]))
"""


@pytest.mark.slow
def test_the_demo_answers_without_emojit_as_emojit_predict_does(model_folder, texts, tmp_path):
    beams = shutil.copytree(model_folder, tmp_path / "beams")
    config = json.loads((beams / "generation_config.json").read_text(encoding="utf-8"))
    (beams / "generation_config.json").write_text(json.dumps({**config, "num_beams": 3, "max_new_tokens": 4}))
    sets = shutil.copytree(model_folder, tmp_path / "sets")
    write_settings(sets, Settings(method="mbr", samples=8, max_emojis=4, scale=1.6), fitted=None)
    space = stage_demo(resource("spaces/demo"), tmp_path / "space", local_speaker(model_folder))
    asked = [*texts[:12], "", "❤ 👍🏽 <b>", "㊗️合格"]

    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(model_folder), str(beams), str(sets)],
        cwd=space,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 0, done.stderr
    answers, failures = json.loads(done.stdout)
    assert failures == [1001, 800, 0]
    for folder, longest, given in zip((model_folder, beams, sets), (5, 3, 4), answers, strict=True):
        assert [candidates[0][0] for candidates in given] == load_student(folder).predict(asked)
        for candidates in given:
            scores = [score for _, score in candidates]
            assert len(candidates) == len({frozenset(emojis) for emojis, _ in candidates}) == 5
            assert all(1 <= len(emojis) == len(set(emojis)) <= longest for emojis, _ in candidates)
            assert all(0 < score <= 1 for score in scores)
            assert scores[1:] == sorted(scores[1:], reverse=True)


def test_a_folder_called_like_a_packaged_space_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "emoji_jaccard").mkdir()
    with space_to_push(Path("emoji_jaccard"), model=None) as hidden:
        assert hidden == packaged_spaces()["emoji_jaccard"]

    (tmp_path / "emoji_jaccard" / "README.md").write_text("---\nsdk: gradio\n---\n", encoding="utf-8")
    with space_to_push(Path("emoji_jaccard"), model=None) as own:
        assert own.resolve() == tmp_path / "emoji_jaccard"
