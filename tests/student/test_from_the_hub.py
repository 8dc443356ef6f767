"""A student in a repository: which commit was read, and what is said when it cannot be."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi

from emojit.errors import OfflineError, StudentError
from emojit.localhub import LocalHub
from emojit.student import load_student

REPO = "me/student"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as running:
        running.create_user("me")
        yield running


@pytest.fixture(scope="module")
def published(hub, model_folder):
    """The commit of a published student, tagged v1, with a run folder in it that nobody needs."""
    api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
    api.create_repo(REPO)
    api.upload_file(path_or_fileobj=b"later", path_in_repo="run/run.json", repo_id=REPO)
    api.upload_file(
        path_or_fileobj=b"---\nlicense: cc-by-sa-4.0\n---\n# A student\n", path_in_repo="README.md", repo_id=REPO
    )
    commit = api.upload_folder(folder_path=model_folder, repo_id=REPO).oid
    api.create_tag(REPO, tag="v1", revision=commit)
    api.create_repo("me/empty")
    return commit


@pytest.fixture(autouse=True)
def _endpoint(hub, published, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)


def test_the_commit_of_a_tag_is_recorded_and_the_answers_are_the_folders(published, model_folder):
    student = load_student(REPO, revision="v1")

    assert student.commit == published
    assert student.source == REPO
    assert student.predict(["雨"]) == load_student(model_folder).predict(["雨"])


def test_the_run_folder_is_not_downloaded_and_the_licence_is_read(published):
    from emojit.student.loading import load_parts

    parts = load_parts(REPO)

    assert parts.licence == "cc-by-sa-4.0"
    assert parts.commit == published


@pytest.mark.parametrize(
    ("repo", "revision", "message"),
    [
        ("me/nothing", None, "me/nothing: no such folder, and no such model at http://127.0.0.1"),
        (REPO, "v9", "me/student: no revision 'v9'"),
        ("me/empty", None, "me/empty: no config.json, so this is no model"),
        ("me/no model", None, "me/no model: no repository name"),
    ],
)
def test_what_cannot_be_loaded_is_named(repo, revision, message):
    with pytest.raises(StudentError, match=message) as caught:
        load_student(repo, revision=revision)

    assert caught.value.hint


def test_a_hub_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(StudentError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        load_student(REPO)


def test_nothing_leaves_the_machine_when_that_is_forbidden(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example")
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")

    with pytest.raises(OfflineError, match="me/student"):
        load_student(REPO)
