"""A model trained again from the record of its release: the same weights to the last bit, or scores within the released intervals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emojit.cli.app import app
from emojit.errors import DatasetError, UsageError
from emojit.recipe import DataConfig, DecodingConfig, ModelConfig, TrainConfig, TrainRecipe
from emojit.release.push import push
from emojit.release.reproduce.run import reproduce

RECIPE = TrainRecipe(
    name="tiny",
    data=DataConfig(max_train_rows=32),
    model=ModelConfig(vocab_size=2000, d_model=16, d_ff=16, num_layers=1, num_heads=2, dropout=0.1),
    train=TrainConfig(epochs=1, batch_size=8, learning_rate=1e-3, early_stopping=0),
    decoding=DecodingConfig(batch_size=16),
)


@pytest.fixture
def threads():
    """A number of threads that is not the default, so that only the record can tell it."""
    import torch

    before = torch.get_num_threads()
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.slow
def test_a_published_model_is_trained_again_to_the_last_bit(finished_build, account, threads, tmp_path):
    import torch
    from safetensors.torch import load_file, save_file

    from emojit.student.train import train

    data, model = f"{account.name}/pairs", f"{account.name}/student"
    push("dataset", finished_build, data, tag="v1", quiet=True)
    threads(1)
    run = train(RECIPE, dataset=data, revision="v1", out=tmp_path / "run", quiet=True)
    assert run.record.training.threads == 1
    threads(2)
    published = tmp_path / "published"
    shutil.copytree(run.model_folder, published)
    shutil.copytree(run.folder, published / "run", ignore=shutil.ignore_patterns("model"))
    account.api.create_repo(model)
    account.api.upload_folder(folder_path=published, repo_id=model)
    account.api.create_tag(model, tag="v1")

    result = reproduce(f"{model}@v1", quiet=True)

    assert (result.verdict, set(result.files.values()), result.why) == ("identical", {"identical"}, ())
    assert result.commit == account.tags(model, "model")["v1"]
    assert [(score.split, score.released) for score in result.scores] == [
        (score.split, score.retrained) for score in result.scores
    ]
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()

    weights = load_file(published / "model.safetensors")
    changed = min(weights)
    weights[changed] += 2**-10
    save_file(weights, published / "model.safetensors", metadata={"format": "pt"})
    record = json.loads((published / "run" / "run.json").read_text(encoding="utf-8"))
    record["versions"]["torch"] = "2.0"
    (published / "run" / "run.json").write_text(json.dumps(record), encoding="utf-8")

    result = reproduce(str(published), quiet=True)

    assert result.verdict == "same scores"
    assert result.files["model.safetensors"] == "different"
    assert result.first_tensor.startswith(f"{changed}: differs by 0.000977")
    assert any("torch 2.0, here" in reason for reason in result.why)


def test_a_model_without_a_record_or_its_data_cannot_be_trained_again(run_folder, finished_build, account, tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "config.json").write_text("{}", encoding="utf-8")
    account.api.create_repo(f"{account.name}/bare")
    account.api.upload_folder(folder_path=tmp_path / "bare", repo_id=f"{account.name}/bare")
    with pytest.raises(UsageError, match=r"holds no run\.json"):
        reproduce(f"{account.name}/bare", quiet=True)

    with pytest.raises(DatasetError, match="are not those of the run"):
        reproduce(str(run_folder), dataset=str(finished_build), quiet=True)
    record = json.loads((run_folder / "run.json").read_text(encoding="utf-8"))
    record["data"]["repo_id"] = None
    (run_folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    done = CliRunner().invoke(app, ["reproduce", str(run_folder)])
    assert done.exit_code == 1
    assert "was trained on a folder" in str(done.exception)


def test_a_space_is_nothing_that_can_be_made_again(account, metric: Path):
    push("metric", metric, f"{account.name}/emoji_count", tag="v1", quiet=True)
    with pytest.raises(UsageError, match="is a space"):
        reproduce(f"{account.name}/emoji_count@v1", quiet=True)
