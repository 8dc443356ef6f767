"""What a plan starts in place of `python -m emojit`, where the test is about the plan and not about training: it writes the files of a finished run.

The folder of prepared answers stands in EMOJIT_TEST_ANSWERS, one file per variant. What a variant shall do is in its recipe: `model.d_ff` 7 fails, 9 waits for a file
named "go" beside the answers.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import tomllib
from pathlib import Path

recipe = tomllib.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
options = dict(zip(sys.argv[3::2], sys.argv[4::2], strict=False))
out, answers = Path(options["--out"]), Path(os.environ["EMOJIT_TEST_ANSWERS"])
out.mkdir(parents=True, exist_ok=True)
(out / "config.yaml").write_text("{}\n", encoding="utf-8")
(out / f"began-{time.time_ns()}{'-resumed' if '--resume' in sys.argv else ''}").touch()
if recipe["model"]["d_ff"] == 7:
    sys.stderr.write("some line\nerror: it cannot be trained\nhint: do something else\n")
    sys.exit(1)
while recipe["model"]["d_ff"] == 9 and not (answers / "go").exists():
    time.sleep(0.01)
variant = recipe["name"].removeprefix("plan-")
file = answers / f"{variant}.parquet"
shutil.copy(file if file.exists() else answers / "base.parquet", out / "predictions.parquet")
record = {
    "data": {"fingerprints": json.loads((answers / "fingerprints.json").read_text(encoding="utf-8"))},
    "training": {"resumed_from": None},
    "seconds": {"total": 100.0 if variant == "base" else 50.0},
}
(out / "run.json").write_text(json.dumps(record), encoding="utf-8")
(out / f"ended-{time.time_ns()}").touch()
