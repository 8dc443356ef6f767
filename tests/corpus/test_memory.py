"""Memory does not grow with the corpus: ten times the articles, the same peak, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

MEASURE = """
import sys
from itertools import islice
from pathlib import Path
from emojit.corpus.draw import draw
from emojit.recipe import CorpusConfig, FilterConfig
source, spread = sys.argv[1], sys.argv[2] == "spread"
drawn = draw(CorpusConfig(source=source), FilterConfig(), seed=0, spread=spread, wanted=1000)
kept = sum(offer.reason is None for offer in (islice(drawn, 3000) if spread else drawn))
peak = next(line for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
print(drawn.articles, kept, int(peak.split()[1]) * 1024)
"""

BODY = "".join(f"{part}の朝は、庭に来る小さな鳥の声で始まるのである。\n" for part in "春夏秋冬") + "長い話、" * 100


@pytest.fixture(scope="module", params=["jsonl", "parquet"])
def corpora(request, tmp_path_factory):
    """The same 40 texts again and again, 4,000 and 40,000 articles of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("corpora")
    files = []
    for count in (4_000, 40_000):
        rows = [{"id": f"d{i}", "text": f"{i % 40}年の話。\n{BODY}"} for i in range(count)]
        files.append(folder / f"{count}.{request.param}")
        if request.param == "jsonl":
            files[-1].write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        else:
            pq.write_table(pa.Table.from_pylist(rows), files[-1], row_group_size=1000)
    return files


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("order", ["corpus", "spread"])
def test_ten_times_the_articles_take_the_same_peak(corpora, order):
    measured = []
    for path in corpora:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(path), order], capture_output=True, text=True, check=True, timeout=120
        )
        measured.append([int(number) for number in done.stdout.split()])
    (few, kept, small), (many, kept_of_many, large) = measured

    assert (few, many) == (4_000, 40_000)
    assert kept
    assert kept_of_many
    assert large - small < 6 * 2**20, (small, large)
