"""The libraries that people use, unmodified, each in a fresh process whose HF_ENDPOINT is the embedded Hub."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.slow

both_uploads = pytest.mark.parametrize("variables", [{"HF_HUB_DISABLE_XET": "1"}, {}], ids=["lfs", "xet"])

METRIC = """
import datasets
import evaluate

class Count(evaluate.Metric):
    def _info(self):
        values = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(description="counts", citation="", inputs_description="", features=values)

    def _compute(self, predictions, references):
        return {"count": COUNT * len(predictions)}
"""


@both_uploads
def test_datasets_pushes_and_loads_a_tagged_version(run_client, api, name, variables):
    script = f"""
        import json
        from datasets import Dataset, DatasetDict, load_dataset
        from huggingface_hub import HfApi
        def make(count):
            return DatasetDict({{
                split: Dataset.from_dict({{"text": [f"ねこ {{n}}" for n in range(count)], "emojis": [["😺", "🎉"]] * count}})
                for split in ("train", "test")
            }})
        make(30).push_to_hub({name!r})
        HfApi().create_tag({name!r}, tag="v1", repo_type="dataset")
        make(50).push_to_hub({name!r})
        make(20).push_to_hub({name!r}, config_name="other", revision="dev")
        print(json.dumps({{
            "v1": load_dataset({name!r}, revision="v1")["train"].num_rows,
            "main": load_dataset({name!r})["test"].num_rows,
            "other": load_dataset({name!r}, "other", revision="dev")["train"].num_rows,
            # To its end: pyarrow aborts a process that leaves with a stream half read (apache/arrow#45214).
            "streamed": [*load_dataset({name!r}, revision="v1", split="train", streaming=True)][0],
        }}))
    """

    told = json.loads(run_client(script, USE_TORCH="0", **variables).splitlines()[-1])  # rows need no torch

    assert told == {"v1": 30, "main": 50, "other": 20, "streamed": {"text": "ねこ 0", "emojis": ["😺", "🎉"]}}
    assert api.get_paths_info(name, "data/train-00000-of-00001.parquet", repo_type="dataset")[0].lfs


@both_uploads
def test_transformers_pushes_and_loads_a_model(run_client, name, variables):
    script = f"""
        import torch
        from transformers import AutoModelForSeq2SeqLM, T5Config, T5ForConditionalGeneration
        config = T5Config(
            vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0
        )
        model = T5ForConditionalGeneration(config)
        model.push_to_hub({name!r}, private=True)
        model.push_to_hub({name!r}, revision="dev", commit_message="again")
        for revision in ("main", "dev"):
            loaded = AutoModelForSeq2SeqLM.from_pretrained({name!r}, revision=revision)
            assert torch.equal(loaded.shared.weight, model.shared.weight)
    """

    run_client(script, **variables)


def test_evaluate_loads_a_metric_from_a_space_at_main_and_at_a_tag(run_client, api):
    for count in (1, 2):
        api.create_repo("me/count_things", repo_type="space", space_sdk="static", exist_ok=True)
        api.upload_file(
            path_or_fileobj=METRIC.replace("COUNT", str(count)).encode(),
            path_in_repo="count_things.py",
            repo_id="me/count_things",
            repo_type="space",
        )
        api.create_tag("me/count_things", tag=f"v{count}", repo_type="space")
    script = """
        import sys
        sys.modules["transformers"] = None  # a metric does not require it, and evaluate goes without it
        import evaluate
        del sys.modules["transformers"]  # datasets looks whether it is there
        for revision in ({}, {"revision": "v1"}):
            print(evaluate.load("me/count_things", **revision).compute(predictions=[1, 2], references=[1, 2])["count"])
    """

    assert run_client(script).split() == ["4", "2"]


def test_a_private_data_set_loads_with_the_token_of_its_owner_only(run_client, api, tokens, name, tmp_path):
    api.create_repo(name, repo_type="dataset", private=True)
    rows = b'{"text": "a"}\n'
    api.upload_file(path_or_fileobj=rows, path_in_repo="train.jsonl", repo_id=name, repo_type="dataset")
    script = f"""
        from datasets import load_dataset
        try:
            print(load_dataset({name!r})["train"].num_rows)
        except Exception as exc:
            print(type(exc).__name__)
    """

    def outcome(token, home):
        """In a home of its own: with a warm cache the library would answer without asking the Hub."""
        return run_client(script, token=token, HF_HOME=str(tmp_path / home)).strip()

    assert outcome(tokens.reader, "owner") == "1"
    assert outcome(tokens.stranger, "stranger") == "DatasetNotFoundError"
    assert outcome(None, "nobody") == "DatasetNotFoundError"
