"""What a lab does with the box alone, after the import: the unmodified clients load from it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

METRIC = """
import datasets
import evaluate


class Count(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        return {"same": sum(a == b for a, b in zip(predictions, references))}
"""


@pytest.mark.slow
def test_load_dataset_hf_hub_download_and_evaluate_load_from_the_box_alone(emojit, far, box, tmp_path):
    far.api.create_repo("you/pairs", repo_type="dataset", private=True)
    card = b"---\nconfigs:\n- config_name: default\n  data_files: data/train.jsonl\n---\n"
    far.add("you/pairs", {"README.md": card, "data/train.jsonl": '{"text": "猫 🐈"}\n'.encode()}, "v1")
    far.api.create_tag("you/pairs", tag="v1", repo_type="dataset")
    far.add("you/pairs", {"data/train.jsonl": b'{"text": "other"}\n'}, "v2")
    far.api.create_repo("you/count", repo_type="space", space_sdk="gradio")
    far.add("you/count", {"count.py": METRIC.encode()}, "metric", type_="space")
    far.api.create_repo("you/tiny")
    far.add("you/tiny", {"model.safetensors": b"weights"}, "model", type_="model")
    for repo in ("datasets/you/pairs", "spaces/you/count", "you/tiny"):
        emojit("hub", "import", repo, "--to", box.hub.endpoint, "--json", EMOJIT_BOX_TOKEN=box.token).json()
    script = """
        import datasets
        import huggingface_hub
        import sys

        sys.modules["transformers"] = None  # a metric does not require it, and evaluate goes without it
        import evaluate
        del sys.modules["transformers"]  # datasets looks whether it is there

        assert datasets.load_dataset("you/pairs", revision="v1", split="train")["text"][:] == ["猫 🐈"]
        assert evaluate.load("you/count").compute(predictions=[1, 2], references=[1, 3]) == {"same": 1}
        path = huggingface_hub.hf_hub_download("you/tiny", "model.safetensors")
        assert open(path, "rb").read() == b"weights"
    """

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "HF_ENDPOINT": box.hub.endpoint, "HF_TOKEN": box.token, "HF_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
