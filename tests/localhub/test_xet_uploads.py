from __future__ import annotations

import pytest

from emojit.localhub import xet_uploads
from emojit.localhub.refusal import RefusalError
from emojit.localhub.store import Store
from emojit.localhub.xet_uploads import XetUploads


@pytest.fixture
def uploads(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    return XetUploads(store)


def begin(uploads, key="repo", files=()):
    upload_id = uploads.begin(key)
    folder = uploads.folder(key, upload_id)
    folder.mkdir(parents=True)
    (folder / "xorb").touch()
    for sha256 in files:
        uploads.note(upload_id, sha256)
    return upload_id, folder


def test_a_commit_ends_the_uploads_that_brought_its_files_and_no_others(uploads):
    over, folder_over = begin(uploads, files=["a", "b"])
    running, folder_running = begin(uploads, files=["c"])
    elsewhere, folder_elsewhere = begin(uploads, key="other", files=["a"])

    uploads.finish("repo", ["b", "z"])

    assert [folder.exists() for folder in (folder_over, folder_running, folder_elsewhere)] == [False, True, True]
    with pytest.raises(RefusalError):
        uploads.folder("repo", over)
    assert uploads.folder("repo", running) == folder_running
    assert uploads.folder("other", elsewhere) == folder_elsewhere


def test_an_address_serves_only_the_repository_it_was_made_for(uploads):
    upload_id, _ = begin(uploads)

    with pytest.raises(RefusalError):
        uploads.folder("other", upload_id)
    with pytest.raises(RefusalError):
        uploads.folder("repo", "0" * 16)


def test_an_upload_that_was_given_up_is_dropped(uploads, monkeypatch):
    _, folder = begin(uploads)
    monkeypatch.setattr(xet_uploads, "IDLE_S", -1.0)

    uploads.begin("repo")

    assert not folder.exists()
