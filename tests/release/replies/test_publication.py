"""Replies shared through a real Hub: the card, what is refused, the command, and the colleague who builds with them."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emojit.cli.app import main
from emojit.dataset.build import build
from emojit.errors import DatasetError, OfflineError, PublishError, TeacherError, UsageError
from emojit.recipe import BuildRecipe, load_text
from emojit.release.cards import render_dataset_card
from emojit.release.replies import pull_replies, push_replies


def card_text(account, repo_id) -> str:
    return Path(account.api.hf_hub_download(repo_id, "README.md", repo_type="dataset")).read_text(encoding="utf-8")


def test_the_card_says_how_to_pull_and_lets_the_files_be_loaded(account, repo_id, store_with, reply):
    push_replies(repo_id, store_with("a", reply(1)), quiet=True)

    text = card_text(account, repo_id)

    assert f"emojit replies pull {repo_id} --store" in text
    assert "data_files: replies/*.parquet" in text


def test_a_card_that_somebody_wrote_is_merged_and_stays(account, repo_id, store_with, reply):
    account.api.create_repo(repo_id, repo_type="dataset")
    theirs = "---\nlicense: cc-by-sa-4.0\ntags: [mine]\nconfigs:\n- config_name: other\n  data_files: x.csv\n---\n\n# Our replies\n\nAsk us.\n"
    account.api.upload_file(
        path_or_fileobj=theirs.encode(), path_in_repo="README.md", repo_id=repo_id, repo_type="dataset"
    )
    push_replies(repo_id, store_with("a", reply(1)), quiet=True)
    info = account.api.dataset_info(repo_id)
    text = card_text(account, repo_id)

    push_replies(repo_id, store_with("a", reply(2)), quiet=True)

    assert "# Our replies\n\nAsk us.\n" in text
    assert text.count("## Replies") == 1
    assert info.card_data.license == "cc-by-sa-4.0"
    assert info.card_data.tags == ["mine", "emojit"]
    assert [config["config_name"] for config in info.card_data.configs] == ["other", "replies"]
    assert card_text(account, repo_id) == text


def test_a_repository_of_a_release_is_refused(account, repo_id, store_with, reply):
    account.api.create_repo(repo_id, repo_type="dataset")
    account.api.upload_file(path_or_fileobj=b"{}", path_in_repo="manifest.json", repo_id=repo_id, repo_type="dataset")

    with pytest.raises(PublishError, match="holds a version of a data set") as caught:
        push_replies(repo_id, store_with("a", reply(1)), quiet=True)

    assert f"{repo_id}-replies" in caught.value.hint


def test_a_secret_of_the_environment_is_never_sent(account, repo_id, store_with, monkeypatch, reply):
    secret = "sk-very-secret-key-0123456789"
    monkeypatch.setenv("EMOJIT_API_KEY", secret)

    with pytest.raises(PublishError, match="holds a token or an API key") as caught:
        push_replies(repo_id, store_with("a", reply(1, f"答え {secret}")), quiet=True)

    assert secret not in f"{caught.value} {caught.value.hint}"
    assert not account.api.repo_exists(repo_id, repo_type="dataset")


def test_no_token_no_repository_no_store_and_no_network_are_one_clear_line_each(
    account, repo_id, store_with, tmp_path, monkeypatch, reply
):
    path = store_with("a", reply(1))
    with pytest.raises(UsageError, match="no such reply store"):
        push_replies(repo_id, tmp_path / "none.sqlite")
    with pytest.raises(UsageError, match="must be namespace/name"):
        push_replies("replies", path)
    with pytest.raises(DatasetError, match="no such data set"):
        pull_replies(repo_id, path, quiet=True)
    account.api.create_repo(repo_id, repo_type="dataset")
    with pytest.raises(DatasetError, match="no replies in it"):
        pull_replies(repo_id, path, quiet=True)
    (tmp_path / "text.sqlite").write_text("no store, but long enough to be looked at", encoding="utf-8")
    with pytest.raises(TeacherError, match="reply store"):
        push_replies(repo_id, tmp_path / "text.sqlite", quiet=True)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PublishError, match="no Hub token"):
        push_replies(repo_id, path)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(PublishError, match="cannot be reached"):
        pull_replies(repo_id, path, quiet=True)
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.org")
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    for command in (pull_replies, push_replies):
        with pytest.raises(OfflineError, match="EMOJIT_OFFLINE"):
            command(repo_id, path, quiet=True)


def test_replies_can_be_private_and_a_public_repository_is_not_made_private(
    account, repo_id, store_with, tmp_path, monkeypatch, reply
):
    path = store_with("a", reply(1))
    push_replies(repo_id, path, private=True, quiet=True)
    assert account.api.repo_info(repo_id, repo_type="dataset").private
    push_replies(f"{repo_id}-open", path, quiet=True)
    with pytest.raises(PublishError, match="is public already"):
        push_replies(f"{repo_id}-open", path, private=True, quiet=True)

    monkeypatch.delenv("HF_TOKEN")

    with pytest.raises(DatasetError, match=r"no such data set .* or no access to it"):
        pull_replies(repo_id, tmp_path / "b.sqlite", quiet=True)


def test_the_command_prints_one_json_object_and_finds_the_only_store(
    repo_id, store_with, tmp_path, monkeypatch, capsys, reply
):
    (tmp_path / "builds").mkdir()
    shutil.copy(store_with("a", reply(1)), tmp_path / "builds" / "v1.replies.sqlite")
    monkeypatch.chdir(tmp_path)
    results = []
    for words in (["push"], ["pull"], ["push"]):
        monkeypatch.setattr(sys, "argv", ["emojit", "replies", *words, repo_id, "--json"])
        with pytest.raises(SystemExit) as done:
            main()
        assert done.value.code == 0
        results.append(json.loads(capsys.readouterr().out))

    assert [results[0]["sent"], results[1]["known"], results[2]["sent"]] == [1, 1, 0]
    monkeypatch.setattr(sys, "argv", ["emojit", "replies", "push", repo_id])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out.startswith("nothing to do: ")


class _Chat(BaseHTTPRequestHandler):
    """A teacher that answers every question, the same to the same question."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        lead, _, text = body["messages"][-1]["content"].partition("\n\n")
        digest = hashlib.sha256(text.encode()).digest()
        emojis = " ".join(dict.fromkeys("🎉😊📚🍜🔥🎵🌸🐶"[byte % 8] for byte in digest[: 1 + digest[-1] % 3]))
        answer = f"{text.rstrip('。')}んだって" if "書き換え" in lead else emojis
        choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "cost": 0.001}
        content = json.dumps({"id": "c", "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def chat() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Chat)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_colleague_builds_the_version_again_for_nothing(
    account, repo_id, chat, tmp_path, monkeypatch, replies_files
):
    secret = "sk-very-secret-key-0123456789"
    monkeypatch.setenv("EMOJIT_API_KEY", secret)
    text = (
        f'[corpus]\nshare = 0.1\n[teacher]\nkind = "openai"\nmodel = "m"\nbase_url = "http://127.0.0.1:{chat.server_port}/v1"\n'
        'licence = "test"\ndistillation_allowed = true\neval_samples = 2\n[balance]\nmax_share = 1.0\n'
    )
    recipe = load_text(BuildRecipe, text, where="test")
    first = build(recipe, tmp_path / "v1", render_card=render_dataset_card, quiet=True)
    push_replies(repo_id, tmp_path / "v1.replies.sqlite", quiet=True)
    chat.shutdown()
    chat.server_close()

    pull_replies(repo_id, tmp_path / "colleague.sqlite", quiet=True)
    again = build(
        recipe, tmp_path / "again", store=tmp_path / "colleague.sqlite", render_card=render_dataset_card, quiet=True
    )

    assert first.asked > 50
    assert again.asked == 0
    files = {path.relative_to(tmp_path / "v1") for path in (tmp_path / "v1").rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*") if path.is_file()
    }
    for path in files:
        assert (tmp_path / "v1" / path).read_bytes() == (tmp_path / "again" / path).read_bytes()
    for path in replies_files(account, repo_id):
        content = Path(account.api.hf_hub_download(repo_id, path, repo_type="dataset")).read_bytes()
        assert secret.encode() not in content


@pytest.mark.slow
def test_memory_does_not_grow_with_the_store(repo_id, tmp_path, store_with, account, reply):
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from emojit.release.replies import pull_replies, push_replies\n"
        "push_replies(sys.argv[1], Path(sys.argv[2]), quiet=True)\n"
        "pull_replies(sys.argv[1], Path(sys.argv[2] + '.copy'), quiet=True)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    peaks = []
    for count in (6_000, 36_000):
        path = store_with(f"n{count}", *(reply(number, "答え" * 100) for number in range(count)))
        done = subprocess.run(
            [sys.executable, "-c", script, f"{repo_id}-{count}", str(path)],
            capture_output=True, text=True, encoding="utf-8", check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))

    assert peaks[1] < 1.3 * peaks[0]
