"""The page's queue and its commits, without a browser: durable first, sent once or more, and never written over."""

from __future__ import annotations

import importlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from huggingface_hub import HfApi

from emojit.evaluation.rating.collect import collect
from emojit.evaluation.rating.task import ITEMS
from emojit.localhub import LocalHub
from emojit.resources import resource
from emojit.space.rater import PageSettings, rater_page

ANSWERS = "me/answers"


@pytest.fixture(scope="module")
def parts() -> Iterator[SimpleNamespace]:
    """The modules of the page, which stands alone and is no package."""
    names = ("queue_on_disk", "sending")
    sys.path.insert(0, str(resource("spaces/rater")))
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the folder is packed as it is
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.dont_write_bytecode = before
        sys.path.pop(0)
        for name in names:
            del sys.modules[name]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HfApi]:
    with LocalHub(tmp_path_factory.mktemp("hub")) as running:
        running.create_user("me")
        api = HfApi(endpoint=running.endpoint, token=running.create_token("me"))
        api.create_repo(ANSWERS, repo_type="dataset", private=True)
        yield api


@pytest.fixture
def hub(server: HfApi, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    """The Hub, with its user logged in."""
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    monkeypatch.setenv("HF_TOKEN", str(server.token))
    return server


def marks(task, item):
    shown = range(1, len(task.items[item].options) + 1)
    return [{"option": place, "semantic": 2, "naturalness": 2, "misleading": False} for place in shown]


def test_an_answer_is_synchronised_before_it_is_acknowledged(parts, tmp_path, monkeypatch):
    queue = parts.queue_on_disk.Queue(tmp_path, "task", items=3, raters=5)
    synchronised: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        synchronised.append(f"{kind} {len(list((tmp_path / 'pending').glob('*.json')))}")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    queue.start()

    assert synchronised == ["file 0", "folder 1"]


def test_a_restart_knows_every_answer_and_half_a_record_is_none(parts, tmp_path):
    queue = parts.queue_on_disk.Queue(tmp_path, "task", items=3, raters=5)
    code = queue.start()
    queue.answer(code, "i001", [{"option": 1, "semantic": 1}], None)
    queue.answer(code, "i001", [{"option": 1, "semantic": 4}], 1)
    (tmp_path / "pending" / "torn.json").write_text('{"record": "x', encoding="utf-8")

    again = parts.queue_on_disk.Queue(tmp_path, "task", items=3, raters=5)

    assert again.knows(code)
    assert again.answers(code)["i001"]["ratings"][0]["semantic"] == 4
    assert not parts.queue_on_disk.Queue(tmp_path, "another", items=3, raters=5).knows(code)


def test_codes_are_random_readable_and_as_many_as_asked_for(parts, tmp_path, monkeypatch):
    module = parts.queue_on_disk
    monkeypatch.setattr(module, "MOST_RECORDS", 2)
    queue = module.Queue(tmp_path, "task", items=1, raters=3)
    codes = {queue.start() for _ in range(3)}

    assert len(codes) == 3
    assert all(re.fullmatch(r"[a-hj-kmnp-z2-9]{4}(-[a-hj-kmnp-z2-9]{4}){2}", code) for code in codes)
    code = codes.pop()
    assert module.plain_code(f"　{code.upper().replace('-', ' ')} ") == code
    with pytest.raises(module.Refused):
        queue.start()
    with pytest.raises(module.Refused):
        queue.answer("no-such-code", "i001", [], None)
    for _ in range(3 * module.MOST_RECORDS - 1):
        queue.answer(code, "i001", [], None)
    with pytest.raises(module.Refused):
        queue.answer(code, "i001", [], None)


def test_two_servers_with_failing_commits_lose_nothing_and_write_over_nothing(
    parts, hub, make_task, tmp_path, monkeypatch
):
    folder, task = make_task(4)
    queues = [parts.queue_on_disk.Queue(tmp_path / name, task.name, items=4, raters=5) for name in ("here", "there")]
    senders = [parts.sending.Sender(queue, ANSWERS, hub.token, every=0.0) for queue in queues]
    codes = [queue.start() for queue in queues]
    commit, faults = HfApi.create_commit, iter(["before", "after", None, "after", "before", *[None] * 20])

    def shaky(self, *arguments, **options):
        fault = next(faults)
        if fault == "before":
            raise ConnectionError("the network is down")
        done = commit(self, *arguments, **options)
        if fault == "after":  # the commit is there, and its answer is lost
            raise ConnectionError("the network is down")
        return done

    monkeypatch.setattr(HfApi, "create_commit", shaky)
    for item in range(4):
        for queue, sender, code in zip(queues, senders, codes, strict=True):
            queue.answer(code, task.items[item].name, marks(task, item), 1)
            try:
                sender.send()
            except ConnectionError:
                continue
    for sender in senders:
        sender.finish()

    assert all(not queue.waiting(9) for queue in queues)
    found = collect(folder, [ANSWERS], quiet=True)
    assert (len(found.merged.records), len(found.merged.answers), found.merged.superseded) == (10, 8, 0)
    files = [one for one in hub.list_repo_files(ANSWERS, repo_type="dataset") if one.startswith("answers/")]
    changed = [one.title for one in hub.list_repo_commits(ANSWERS, repo_type="dataset") if "records" in one.title]
    assert len(files) == len(changed) >= 6

    fresh = parts.queue_on_disk.Queue(tmp_path / "empty", task.name, items=4, raters=5)
    parts.sending.Sender(fresh, ANSWERS, hub.token, every=0.0).look()
    assert len(fresh.answers(codes[0])) == 4


def test_the_page_goes_out_without_the_key_and_its_answers_into_a_private_data_set(
    hub, make_task, tmp_path, monkeypatch, capsys
):
    from emojit.cli.app import main

    folder, task = make_task(4)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["emojit", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    command = ("rate", "space", str(folder), "--push", "me/rater", "--json", "--answers")
    code, out, err = run(*command, "me/new-answers", "--dry-run")
    assert code == 0, err
    assert not hub.repo_exists("me/new-answers", repo_type="dataset")
    assert not (folder / "rater.json").exists()
    code, out, err = run(*command, "me/new-answers", "--contact", "研究室 A")
    assert code == 0, err

    assert hub.dataset_info("me/new-answers").private
    paths = {file["path"] for file in json.loads(out)["files"]}
    assert paths >= {"app.py", ITEMS, "rater.json", "README.md", "requirements.txt"}
    assert "key.json" not in paths
    space = Path(hub.snapshot_download("me/rater", repo_type="space", revision="v1"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(space.rglob("*")) if path.is_file())
    assert not any(f'"{name}"' in text for name in task.systems)
    assert hub.token not in text
    assert "emojit" not in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    settings = json.loads((space / "rater.json").read_text(encoding="utf-8"))
    assert (settings["answers"], settings["contact"]) == ("me/new-answers", "研究室 A")
    card = yaml.safe_load((space / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert (card["sdk"], card["sdk_version"], card["app_file"]) == ("gradio", version("gradio"), "app.py")
    code, out, err = run("verify", "me/rater@v1")
    assert code == 0, out + err

    hub.create_repo("me/public", repo_type="dataset")
    code, _, err = run(*command, "me/public", "--tag", "v2")
    assert code == 1
    assert "me/public: is public, and answers of raters must not be" in err
    code, _, err = run("rate", "collect", str(folder), "--from", "me/nothing")
    assert code == 2
    assert "me/nothing: no such data set" in err


def test_a_page_that_is_served_here_keeps_its_answers_in_the_task(make_task):
    folder, _ = make_task(4)

    with rater_page(folder, PageSettings(), published=False) as (page, environment):
        assert environment == {"EMOJIT_RATER_QUEUE": str(folder / "rater-queue")}
        assert json.loads((page / "rater.json").read_text(encoding="utf-8"))["answers"] is None

    assert not page.exists()
    assert not (folder / "rater.json").exists()
