"""An embedded Hub with a tiny model on it, published at a tag."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from emojit.localhub import LocalHub
from emojit.resources import resource

MODEL = "me/tiny-student"


@dataclass
class Published:
    """A Hub, its user's token, and the tiny model, which is there as `me/tiny-student` at v1."""

    hub: LocalHub
    token: str
    folder: Path
    api: HfApi

    def environment(self, home: Path) -> dict[str, str]:
        return {**os.environ, "HF_ENDPOINT": self.hub.endpoint, "HF_TOKEN": self.token, "HF_HOME": str(home)}


@pytest.fixture(scope="session")
def texts() -> list[str]:
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["sns_text"] for line in lines]


@pytest.fixture(scope="session")
def model_folder(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student with random weights, saved as `emojit train` does."""
    import torch

    from emojit.recipe import DecodingConfig, ModelConfig
    from emojit.student.decoding import generation_config
    from emojit.student.model import new_student

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tiny = ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2, dropout=0.1)
    new = new_student(tiny, texts)
    folder = tmp_path_factory.mktemp("model") / "tiny-student"
    size = len(new.tokenizer)
    new.model.generation_config = generation_config(new.vocabulary, vocabulary_size=size, decoding=DecodingConfig())
    new.model.save_pretrained(folder)
    new.tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: cc0-1.0\n---\n\n# tiny\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def published(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    from emojit.release.push import push

    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        hub.create_user("me")
        token = hub.create_token("me")
        with pytest.MonkeyPatch.context() as patch:  # for the push alone: this fixture lives as long as the session
            patch.setenv("HF_ENDPOINT", hub.endpoint)
            patch.setenv("HF_TOKEN", token)
            push("model", model_folder, MODEL, tag="v1", quiet=True)
        yield Published(hub=hub, token=token, folder=model_folder, api=HfApi(endpoint=hub.endpoint, token=token))


@pytest.fixture
def on_hub(published: Published, monkeypatch: pytest.MonkeyPatch) -> Published:
    """The Hub, with its user logged in."""
    monkeypatch.setenv("HF_ENDPOINT", published.hub.endpoint)
    monkeypatch.setenv("HF_TOKEN", published.token)
    return published
