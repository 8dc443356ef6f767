"""Rows back from a folder and from a Hub repository, and what is said when that is not possible."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi

from emojit.dataset.build import build
from emojit.dataset.folder import write_manifest
from emojit.dataset.loading import load_rows
from emojit.errors import DatasetError, OfflineError
from emojit.localhub import LocalHub
from emojit.recipe import BuildRecipe


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("build") / "v1"
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n" + "".join(
        f"  - split: {split}\n    path: data/{split}-*.parquet\n" for split in ("train", "validation", "test")
    )
    build(BuildRecipe(count=200), out, render_card=lambda folder: f"{card}---\n\n# x\n", quiet=True)
    return out


@pytest.fixture(scope="module")
def hub(built, tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as running:
        running.create_user("me")
        api = HfApi(endpoint=running.endpoint, token=running.create_token("me"))
        api.create_repo("me/pairs", repo_type="dataset")
        api.upload_folder(repo_id="me/pairs", repo_type="dataset", folder_path=built)
        api.create_tag("me/pairs", tag="v1", repo_type="dataset")
        yield running


@pytest.fixture
def online(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    return hub


def test_rows_of_a_folder(built):
    loaded = load_rows(built, "test")

    assert (loaded.repo_id, loaded.commit, loaded.folder) == (None, None, built)
    assert loaded.rows[0]["emojis"]
    assert isinstance(loaded.rows[0]["votes"][0], list)
    assert load_rows(built, "test", columns=("id",)).rows == [{"id": row["id"]} for row in loaded.rows]


def test_rows_of_a_repository_are_those_of_the_folder_and_name_their_commit(built, online):
    loaded = load_rows("me/pairs", "train", "v1")
    local = load_rows(built, "train")

    assert loaded.rows == local.rows
    assert loaded.fingerprint == local.fingerprint
    assert loaded.repo_id == "me/pairs"
    assert loaded.commit == HfApi(endpoint=online.endpoint).dataset_info("me/pairs").sha


@pytest.mark.parametrize(
    ("dataset", "split", "revision", "message", "hint"),
    [
        ("me/none", "test", None, "me/none: no such data set", "check the name"),
        ("me/pairs", "test", "v9", "no revision 'v9'", "its tags are v1"),
        ("me/pairs", "dev", None, "no split 'dev'", "train, validation, test"),
        ("nothing", "test", None, "no such folder", "namespace/name"),
        ("./nothing/here", "test", None, "no such folder", "namespace/name"),
        ("me/pa irs", "test", None, "no repository name", "namespace/name"),
    ],
)
def test_what_is_not_there_is_a_one_line_error_with_a_hint(online, dataset, split, revision, message, hint):
    with pytest.raises(DatasetError, match=message) as caught:
        load_rows(dataset, split, revision)

    assert hint in caught.value.hint
    assert "\n" not in str(caught.value)


def test_a_hub_that_does_not_answer_is_a_one_line_error(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(DatasetError, match="cannot be reached"):
        load_rows("me/pairs", "test")


def test_offline_the_public_hub_is_refused_and_the_embedded_one_is_not(monkeypatch, online):
    monkeypatch.setenv("EMOJIT_OFFLINE", "1")
    assert load_rows("me/pairs", "test").rows

    monkeypatch.delenv("HF_ENDPOINT")
    with pytest.raises(OfflineError, match="EMOJIT_OFFLINE"):
        load_rows("me/pairs", "test")


def test_a_folder_has_no_revision(built):
    with pytest.raises(DatasetError, match="a folder has no revision"):
        load_rows(built, "test", "v1")


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"id": ["x"], "text": ["y"]}), tmp_path / "data" / "test-00000-of-00001.parquet")
    write_manifest(tmp_path, {})

    with pytest.raises(DatasetError, match="has no column sns_text; columns: id, text"):
        load_rows(tmp_path, "test", columns=("id", "sns_text"))


def test_an_empty_split_is_an_error(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"id": pa.array([], pa.string())}), tmp_path / "data" / "test-00000-of-00001.parquet")
    write_manifest(tmp_path, {})

    with pytest.raises(DatasetError, match="the split test has no rows"):
        load_rows(tmp_path, "test", columns=("id",))
    with pytest.raises(DatasetError, match=r"no data/train-\*"):
        load_rows(tmp_path, "train", columns=("id",))


def test_a_half_folder_is_not_read(built, tmp_path):
    shutil.copytree(built, tmp_path / "half")
    (tmp_path / "half" / "manifest.json").unlink()

    with pytest.raises(DatasetError, match="no finished build"):
        load_rows(tmp_path / "half", "test")


def run_client(script: str, hub: LocalHub, *arguments: object) -> str:
    """Run a script in a fresh Python whose clients point at the embedded Hub."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        env={
            **os.environ,
            "HF_ENDPOINT": hub.endpoint,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "USE_TORCH": "0",
        },  # rows need no torch
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plain_client_loads_the_repository_at_its_tag(hub, built):
    printed = run_client(
        """
        from datasets import load_dataset
        dataset = load_dataset("me/pairs", revision="v1")
        print({split: len(rows) for split, rows in dataset.items()})
        print(dataset["train"].features["votes"])
        """,
        hub,
    )

    rows = {split: len(load_rows(built, split).rows) for split in ("train", "validation", "test")}
    assert printed.splitlines()[0] == str(rows)
    assert "List(List(" in printed


def test_a_hub_data_set_is_streamed_as_a_corpus_and_its_commit_recorded(hub, tmp_path):
    api = HfApi(endpoint=hub.endpoint, token=hub.create_token("me"))
    api.create_repo("me/articles", repo_type="dataset")
    lines = "".join(
        f'{{"id": "{i}", "text": "{name}は、庭によく来る小さな鳥である。"}}\n' for i, name in enumerate("鳩鶴鷹鴨")
    )
    api.upload_file(
        repo_id="me/articles", repo_type="dataset", path_or_fileobj=lines.encode(), path_in_repo="train.jsonl"
    )

    printed = run_client(
        """
        from emojit.corpus import open_articles
        from emojit.errors import CorpusError
        from emojit.recipe import CorpusConfig
        source = open_articles(CorpusConfig(source="me/articles", licence="CC0-1.0"))
        print(source.inputs["revision"], [article.doc_id for article in source])
        for wrong in ({"source": "me/none"}, {"source": "me/articles", "revision": "v9"}, {"source": "me/articles", "split": "dev"}):
            try:
                list(open_articles(CorpusConfig(**wrong)))
            except CorpusError as exc:
                print(str(exc).count("\\n"), exc)
        """,
        hub,
    )

    assert printed.splitlines()[0] == f"{api.dataset_info('me/articles').sha} ['0', '1', '2', '3']"
    assert "0 me/none: no such data set on the Hub" in printed
    assert "0 me/articles: no revision 'v9'" in printed
    assert "0 me/articles: cannot be streamed" in printed
