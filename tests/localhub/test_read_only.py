"""A store on read-only media: it can be audited, and its tokens listed; what would change it is one clear line."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from emojit.errors import HubServerError
from emojit.localhub import LocalHub
from emojit.localhub.audit.check import check
from emojit.localhub.manage import create_token, open_accounts


@pytest.fixture
def fixed_store(tmp_path: Path) -> Iterator[Path]:
    """A store with a repository in a folder that cannot be written."""
    root = tmp_path / "hub"
    with LocalHub(root) as hub:
        hub.create_user("me")
        api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
        api.create_repo("me/model")
        api.upload_file(path_or_fileobj=b"x", path_in_repo="x.txt", repo_id="me/model")
    if os.geteuid() != 0:
        root.chmod(0o500)
        yield root
        root.chmod(0o700)
        return
    mount = ["mount", "--bind", root, root]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("root can write everywhere, and nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", root], check=True)
        yield root
    finally:
        subprocess.run(["umount", "--lazy", root], check=True)


def test_a_store_that_cannot_be_written_is_audited_and_its_tokens_are_listed(fixed_store):
    before = sorted(path.name for path in fixed_store.iterdir())

    findings = check(fixed_store, quiet=True)
    with open_accounts(fixed_store, create=False, looks=True) as accounts:
        tokens = accounts.tokens(None)

    assert findings.problem_count == 0
    assert findings.counts["repositories"] == 1
    assert [token.user for token in tokens] == ["me"]
    assert sorted(path.name for path in fixed_store.iterdir()) == before
    with pytest.raises(HubServerError, match="cannot write to the Hub folder"):
        create_token(fixed_store, "me", role="read", name=None, scopes=[])
