"""The demo's steps reach their own Hub, whatever the shell that started them says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emojit.experiment.demo import _environment
from emojit.localhub import LocalHub

ASK = """
import huggingface_hub, requests
print(huggingface_hub.whoami()["name"], requests.get(huggingface_hub.constants.ENDPOINT + "/api/models").status_code)
"""


@pytest.mark.parametrize(
    "shell",
    [
        {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"},
        {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "example.org"},
        {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"},
    ],
    ids=["a dead proxy", "a proxy with exceptions", "offline switches"],
)
def test_the_steps_reach_the_demos_hub_past_a_proxy_and_offline_switches(tmp_path, monkeypatch, shell):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in shell.items():
        monkeypatch.setenv(name, value)
    with LocalHub(tmp_path / "hub") as hub:
        hub.create_user("demo")
        env = _environment(tmp_path, hub.endpoint, hub.create_token("demo"))

        done = subprocess.run([sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False)

    assert done.stdout == "demo 200\n", done.stderr
