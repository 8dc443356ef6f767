"""Reply stores, and a repository on a Hub for their replies."""

from __future__ import annotations

import hashlib
import json

import pytest

from emojit.teacher import Reply, ReplyStore


@pytest.fixture(scope="session")
def reply():
    """Make the answer to a question of some number."""

    def make(number: int, text: str | None = None, **columns: object) -> Reply:
        request = json.dumps({"body": {"n": number}, "sample": 0})
        key = hashlib.sha256(request.encode()).hexdigest()
        given = {
            "finish_reason": "stop",
            "usage": '{"prompt_tokens":3}',
            "cost": 0.5,
            "created": 1_700_000_000,
            "attempts": 2,
        }
        return Reply(key=key, request=request, text=f"答え{number}🎉" if text is None else text, **(given | columns))

    return make


@pytest.fixture
def store_with(tmp_path):
    def make(name: str, *replies: Reply):
        path = tmp_path / f"{name}.sqlite"
        with ReplyStore(path) as store:
            store.put_many(replies)
        return path

    return make


@pytest.fixture
def repo_id(account) -> str:
    return f"{account.name}/emoji-replies"


@pytest.fixture(scope="session")
def replies_files():
    """List the files of replies in a repository."""

    def paths(account, repo_id: str, revision: str = "main") -> list[str]:
        return sorted(path for path in account.files(repo_id, "dataset", revision) if path.startswith("replies/"))

    return paths
