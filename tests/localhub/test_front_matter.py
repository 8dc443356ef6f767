"""YAML that a stranger wrote: read where it is a card, refused in no time where it is a bomb."""

from __future__ import annotations

import base64
import json
import time

import httpx2
import pytest
from huggingface_hub import HfApi

from emojit.localhub.front_matter import UnreadableYamlError, load_yaml


def _unfolding(link: str) -> str:
    return "".join(f"a{i}: &a{i} {link.format(','.join([f'*a{i - 1}'] * 9))}\n" for i in range(1, 12))


BOMBS = {
    "laughs": "a0: &a0 [x, x, x]\n" + _unfolding("[{}]"),
    "merges": "a0: &a0 {x: 1}\n" + _unfolding("{{<<: [{}]}}"),
    "depth": "[" * 100_000,
    "circle": "a: &a [*a]",
    "base 60": "a: " + "1:" * 100_000 + "1",
    "digits": "a: " + "9" * 100_000,
    "length": "a: " + "x" * 2_000_000,
    "no such day": "a: 2024-99-99",
    "code": "!!python/object/apply:os.system [ls]",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    start = time.monotonic()
    with pytest.raises(UnreadableYamlError):
        load_yaml(BOMBS[name])

    assert time.monotonic() - start < 2


def test_aliases_of_ordinary_size_are_read() -> None:
    assert load_yaml("a: &f [{name: x}]\nb: *f\nc: .nan\n2024-01-01: 1") == {
        "a": [{"name": "x"}],
        "b": [{"name": "x"}],
        "c": "nan",
        "2024-01-01": 1,
    }


@pytest.mark.parametrize("bomb", ["laughs", "no such day"])
def test_a_repository_with_a_bomb_for_a_card_is_still_listed(api: HfApi, model: str, bomb: str) -> None:
    content = f"---\n{BOMBS[bomb]}\n---\nbody".encode()
    _commit(api, model, content)

    assert model in [info.id for info in api.list_models(author="me")]
    assert not api.model_info(model).card_data


def _commit(api: HfApi, repo: str, readme: bytes) -> None:
    """The client asks whether a card is valid; whoever wants to harm does not."""
    lines = [
        {"key": "header", "value": {"summary": "card", "description": ""}},
        {
            "key": "file",
            "value": {"path": "README.md", "content": base64.b64encode(readme).decode(), "encoding": "base64"},
        },
    ]
    answer = httpx2.post(
        f"{api.endpoint}/api/models/{repo}/commit/main",
        content="\n".join(json.dumps(line) for line in lines),
        headers={"Authorization": f"Bearer {api.token}", "Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
