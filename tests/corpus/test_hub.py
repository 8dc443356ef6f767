"""Data sets laid out as the two large ones on the Hub, streamed through the real clients from the embedded Hub."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import textwrap

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd, HfApi

from emojit.localhub import LocalHub

C4_CARD = """\
---
license: odc-by
configs:
- config_name: ja
  data_files:
  - split: train
    path: multilingual/c4-ja.tfrecord-*.json.gz
  - split: validation
    path: multilingual/c4-ja-validation.tfrecord-*.json.gz
- config_name: en
  data_files:
  - split: train
    path: en/c4-train.*.json.gz
---
"""

WIKIPEDIA_CARD = """\
---
license: cc-by-sa-3.0
configs:
- config_name: 20231101.ja
  data_files:
  - split: train
    path: 20231101.ja/train-*
dataset_info:
- config_name: 20231101.ja
  features:
  - {name: id, dtype: string}
  - {name: url, dtype: string}
  - {name: title, dtype: string}
  - {name: text, dtype: string}
  splits:
  - {name: train, num_bytes: 100, num_examples: 6}
---
"""


def c4_shard(*numbers: int) -> bytes:
    """Lines as C4 writes them: no id, and a gzip member for each half."""
    lines = [
        json.dumps(
            {"text": f"記事{n}の話がある。\n次の行。", "timestamp": "2019-01-23 01:02:03", "url": f"http://x/{n}"},
            ensure_ascii=False,
        )
        for n in numbers
    ]
    return b"".join(gzip.compress(f"{line}\n".encode()) for line in lines)


def wikipedia_shard(*numbers: int) -> bytes:
    sink = io.BytesIO()
    rows = {
        "id": [str(n) for n in numbers],
        "url": [f"https://ja.wikipedia.org/wiki/{n}" for n in numbers],
        "title": [f"記事{n}" for n in numbers],
        "text": [f"記事{n}の話がある。" for n in numbers],
    }
    pq.write_table(pa.table(rows), sink, row_group_size=2)
    return sink.getvalue()


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as running:
        running.create_user("allenai")
        api = HfApi(endpoint=running.endpoint, token=running.create_token("allenai"))
        files = {
            "c4": {
                "README.md": C4_CARD.encode(),
                "multilingual/c4-ja.tfrecord-00000-of-00002.json.gz": c4_shard(0, 1, 2),
                "multilingual/c4-ja.tfrecord-00001-of-00002.json.gz": c4_shard(3, 4),
                "multilingual/c4-ja-validation.tfrecord-00000-of-00001.json.gz": c4_shard(9),
                "en/c4-train.00000-of-00001.json.gz": c4_shard(8),
            },
            "wikipedia": {
                "README.md": WIKIPEDIA_CARD.encode(),
                "20231101.ja/train-00000-of-00002.parquet": wikipedia_shard(0, 1, 2),
                "20231101.ja/train-00001-of-00002.parquet": wikipedia_shard(3, 4, 5),
            },
            "broken": {"train-0.jsonl.gz": c4_shard(0), "train-1.jsonl.gz": c4_shard(*range(1, 400))[:-30]},
        }
        for name, content in files.items():
            api.create_repo(f"allenai/{name}", repo_type="dataset")
            operations = [CommitOperationAdd(path, data) for path, data in content.items()]
            api.create_commit(f"allenai/{name}", operations, commit_message="data", repo_type="dataset")
        yield running


@pytest.fixture
def told(hub, tmp_path):
    """Run a script in a fresh Python whose clients point at the Hub; return the JSON that it prints."""

    def run(script: str):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env={
                **os.environ,
                "HF_ENDPOINT": hub.endpoint,
                "HF_HOME": str(tmp_path / "home"),
                "USE_TORCH": "0",
            },  # articles need no torch
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_both_layouts_are_streamed_and_drawn_and_nothing_is_downloaded_whole(told, hub, tmp_path):
    found = told(
        """
        import json, os, pathlib
        from emojit.corpus import open_articles
        from emojit.corpus.draw import draw
        from emojit.recipe import CorpusConfig, FilterConfig
        def read(**config):
            source = open_articles(CorpusConfig(**config))
            articles = [[a.source, a.doc_id, a.url, a.title, a.licence, a.text] for a in source]
            return {"articles": articles, "inputs": source.inputs, "position": [source.position.done, source.position.total]}
        corpus = CorpusConfig(source="allenai/c4", config="ja")
        sample = draw(corpus, FilterConfig(order=("heading",)), seed=0, spread=True)
        cached = [p for p in pathlib.Path(os.environ["HF_HOME"]).rglob("*") if p.suffix in {".gz", ".parquet", ".arrow"}]
        print(json.dumps({
            "c4": read(source="allenai/c4", config="ja", licence="ODC-BY"),
            "validation": read(source="allenai/c4", config="ja", split="validation"),
            "files": read(source="allenai/c4", files="multilingual/c4-ja.tfrecord-*1-of-*.json.gz", name="mC4"),
            "wikipedia": read(source="allenai/wikipedia", config="20231101.ja"),
            "sample": sorted({o.sentence.doc_id for o in sample}),
            "cached": [str(p) for p in cached],
        }))
        """
    )

    c4, wikipedia = found["c4"], found["wikipedia"]
    assert c4["articles"] == [
        ["allenai/c4", f"http://x/{n}", f"http://x/{n}", None, "ODC-BY", f"記事{n}の話がある。\n次の行。"]
        for n in range(5)
    ]
    assert [article[1] for article in found["validation"]["articles"]] == ["http://x/9"]
    assert [article[:2] for article in found["files"]["articles"]] == [["mC4", "http://x/3"], ["mC4", "http://x/4"]]
    assert [article[1:4] for article in wikipedia["articles"]] == [
        [str(n), f"https://ja.wikipedia.org/wiki/{n}", f"記事{n}"] for n in range(6)
    ]
    assert wikipedia["position"] == [6, 6]
    assert found["sample"] == [f"http://x/{n}" for n in range(5)]
    assert found["cached"] == []
    commit = HfApi(endpoint=hub.endpoint).dataset_info("allenai/c4").sha
    assert c4["inputs"] == {"kind": "hub", "repo": "allenai/c4", "config": "ja", "split": "train", "revision": commit}
    assert found["files"]["inputs"]["files"] == "multilingual/c4-ja.tfrecord-*1-of-*.json.gz"


def test_what_cannot_be_streamed_is_a_one_line_error(told):
    wrong = [
        {"source": "allenai/c4", "config": "xx"},
        {"source": "allenai/c4", "config": "ja", "split": "dev"},
        {"source": "allenai/c4", "files": "multilingual/none-*.json.gz"},
        {"source": "allenai/broken"},
    ]

    messages = told(
        f"""
        import json
        from emojit.corpus import open_articles
        from emojit.errors import CorpusError
        from emojit.recipe import CorpusConfig
        messages = []
        for config in {wrong!r}:
            try:
                list(open_articles(CorpusConfig(**config)))
            except CorpusError as exc:
                messages.append(str(exc))
        print(json.dumps(messages))
        """
    )

    assert [message.partition(" (")[0] for message in messages[:3]] == ["allenai/c4: cannot be streamed"] * 3
    assert messages[3].startswith("allenai/broken: cannot be streamed behind row ")
    assert not any("\n" in message for message in messages)
