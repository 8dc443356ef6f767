"""The ladder: what each part of a small student from nothing adds, article by article in five parts, with 95 % bootstrap intervals.

Usage: python benchmarks/ladder.py PAIRS.jsonl --out DIR [--corpus FILE] [--folds 0,1] [--rungs default,named] [--max-minutes N] [--silver-rows N]

PAIRS.jsonl: rows of `id`, `text`, `sns_text` and `emojis` as `benchmarks/baselines.py` reads them, and the same five parts. A fifth of the articles is the test
of a student that was trained on the other four (one twentieth of them validation). `--corpus`: articles as `emojit build-dataset --corpus` reads them, whose sentences
the stages learn from; without it the rungs with stages are passed over. Without PAIRS.jsonl nothing is measured.

Every run lies under DIR and goes on where it was interrupted; a finished one is not repeated. DIR/results.json holds the scores of every row of every rung.
Rungs: each names the one it stands on and what it changes; "hybrid" is the best baseline, the row to beat.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emojit.baselines import Example
from emojit.baselines.choosing import CANDIDATES, Chooser
from emojit.baselines.registry import make_baseline
from emojit.baselines.scored import ScoredBaseline, best_scores
from emojit.baselines.silver import make_silver
from emojit.dataset.folder import data_file, write_json, write_manifest, write_text
from emojit.dataset.parquet import PAIR_COLUMNS, TableWriter, read_rows
from emojit.metrics import bootstrap_interval, jaccard_scores
from emojit.recipe import TrainRecipe, dump, load_text

sys.path.insert(0, str(Path(__file__).parent))
from ladder_rungs import COMMON, RUNGS, Rung

PARTS = 5
HYBRID = "hybrid"
_SILVER = ("text", "emojis", "scores")


class OutOfTime(Exception):
    """There is no time left for another run."""


def main() -> None:
    """Train what is missing, as far as the time goes, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--folds", default="0,1,2,3,4")
    parser.add_argument("--rungs", default=",".join((HYBRID, *RUNGS)))
    parser.add_argument("--max-minutes", type=float, default=float("inf"))
    parser.add_argument(
        "--silver-rows",
        type=int,
        default=60_000,
        help="sentences of the corpus, as many mixtures, as many with other nouns, as many words alone, and two thirds of it about names of emoji",
    )
    parser.add_argument("--silver-epochs", type=float, default=2.0)
    parser.add_argument(
        "--set", action="append", default=[], dest="sets", help="key=value for the recipe of every rung"
    )
    options = parser.parse_args()
    if not options.pairs.is_file():
        print(f"{options.pairs} is not here: nothing measured")
        return
    ladder = Ladder(options)
    names = options.rungs.split(",")
    if unknown := [name for name in names if name not in RUNGS and name != HYBRID]:
        sys.exit(f"no rung is called {unknown[0]}: {', '.join((HYBRID, *RUNGS))}")
    try:
        for fold in map(int, options.folds.split(",")):
            for name in names:
                ladder.measure(fold, name)
    except OutOfTime as exc:
        print(f"stopped: {exc}; the same command goes on", flush=True)
    ladder.report(names)


class Ladder:
    """The runs under one folder."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._out: Path = options.out
        self._corpus: Path | None = options.corpus
        self._silver_rows: int = options.silver_rows
        self._silver_epochs: float = options.silver_epochs
        self._sets: list[str] = options.sets
        self._until = time.monotonic() + 60 * options.max_minutes
        self._rows, self._parts = read_pairs(options.pairs)

    def measure(self, fold: int, name: str) -> None:
        """Score one rung on one part, unless that is done."""
        scored = self._folder(fold) / f"{name}.json"
        rung = RUNGS.get(name, Rung())
        if scored.is_file():
            return
        if rung.corpus and self._corpus is None:
            print(f"{name}: passed over without --corpus", flush=True)
            return
        if time.monotonic() > self._until:
            raise OutOfTime(f"before {name} of part {fold}")
        begun = time.perf_counter()
        print(f"part {fold}: {name}", flush=True)
        test = self._split(fold)["test"]
        if name == HYBRID:
            answers = self._hybrid(fold, [*self._split(fold)["train"], *self._split(fold)["validation"]], test)
        elif rung.decoding:
            answers = self._read_otherwise(fold, rung)
        elif rung.beside:
            answers = self._with_baseline(fold, rung.beside)
        else:
            answers = self._trained(fold, name, rung)
        gold = [row["emojis"] for row in test]
        write_json(
            scored,
            {
                "ids": [row["id"] for row in test],
                "jaccard": jaccard_scores(answers, gold),
                "answers": answers,
                "gold": gold,
                "seconds": round(time.perf_counter() - begun, 1),
            },
        )

    def report(self, names: Sequence[str]) -> None:
        """Print the table over all parts that are measured, and write `results.json`."""
        found = {name: self._scores(name) for name in names}
        found = {name: rows for name, rows in found.items() if rows}
        table: list[dict[str, Any]] = []
        print(f"\n{'rung':<16}{'rows':>6}  Jaccard [95 %]            exact  emoji/text  outside top 5  against")
        for name, rows in found.items():
            others = dict.fromkeys(filter(None, (RUNGS.get(name, Rung()).on, HYBRID if name != HYBRID else None)))
            line = _line(name, rows, {other: found[other] for other in others if other in found})
            table.append(line)
            print(
                f"{name:<16}{line['rows']:>6}  {line['jaccard']:.4f} [{line['low']:.4f}, {line['high']:.4f}]"
                f"  {line['exact']:.3f}  {line['length']:.2f} ({line['gold_length']:.2f})"
                f"  {line['outside']:.3f} ({line['gold_outside']:.3f})  {line['difference']}"
            )
        write_json(self._out / "results.json", {"table": table, "rows": found})

    def _scores(self, name: str) -> dict[str, dict[str, Any]]:
        """Return id → score, answer and gold of every row that is measured."""
        rows: dict[str, dict[str, Any]] = {}
        for path in sorted(self._out.glob(f"part-*/{name}.json")):
            part = json.loads(path.read_text(encoding="utf-8"))
            for row_id, score, answer, gold in zip(
                part["ids"], part["jaccard"], part["answers"], part["gold"], strict=True
            ):
                rows[row_id] = {"jaccard": score, "answer": answer, "gold": gold}
        return rows

    def _folder(self, fold: int) -> Path:
        folder = self._out / f"part-{fold}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _split(self, fold: int) -> dict[str, list[dict[str, Any]]]:
        splits: dict[str, list[dict[str, Any]]] = {"train": [], "validation": [], "test": []}
        for row, part in zip(self._rows, self._parts, strict=True):
            held = int(hashlib.sha256(row["doc_id"].encode()).hexdigest()[:8], 16) % 20 == 0
            splits["test" if part == fold else "validation" if held else "train"].append(row)
        return splits

    def _build(self, fold: int) -> Path:
        folder = self._folder(fold) / "data-set"
        if not (folder / "manifest.json").is_file():
            for split, rows in self._split(fold).items():
                with TableWriter(folder / data_file(split), PAIR_COLUMNS) as table:
                    for row in rows:
                        table.add({**row, "emoji_string": " ".join(row["emojis"]), "votes": [row["emojis"]]})
            write_manifest(folder, {"name": f"ladder-{fold}"})
        return folder

    def _recipe(self, fold: int, name: str) -> TrainRecipe:
        chain: list[Rung] = []
        above: str | None = name
        while above is not None:
            chain.append(RUNGS[above])
            above = RUNGS[above].on
        sets = [change for rung in reversed(chain) for change in rung.sets]
        stages = [change.removeprefix("stages=") for change in sets if change.startswith("stages=")]
        plain = [change for change in sets if not change.startswith("stages=")]
        given = [self._stage(fold, stage) for stage in stages[-1].split(",")] if stages else []
        rung = RUNGS[name]
        if rung.again:
            assert rung.on is not None
            plain = [change for change in plain if not change.startswith("model.")]
            plain += [f"model.base={(self._folder(fold) / rung.on).resolve()}", "model.dropout=0.1"]
            given = [self._second_stage(fold, rung.on)]
        overrides = [*plain, *([f"stages=[{', '.join(given)}]"] if given else []), *self._sets]
        return load_text(TrainRecipe, f'name = "{name}"\n{COMMON}', where=name, overrides=overrides)

    def _stage(self, fold: int, stage: str) -> str:
        silver = stage in ("silver", "scores")
        source = self._silver(fold, scores=stage == "scores") if silver else self._corpus
        objective = {"gaps": "span_corruption", "keywords": "keyword_pairs"}.get(stage, "pairs")
        rows = "" if silver else f"rows = {self._silver_rows}, "
        return (
            f"{{name = {json.dumps(stage)}, objective = {json.dumps(objective)}, source = {json.dumps(str(source))}, {rows}"
            f"temperature = 0.5, dropout = 0.0, epochs = {self._silver_epochs if silver else 1.0}, learning_rate = 1e-3, batch_size = {64 if silver else 32}}}"
        )

    def _second_stage(self, fold: int, first: str) -> str:
        """Return the stage of the silver rows with the mean of the baseline's scores and those of the student of this part's rung `first`."""
        from emojit.student import load_student
        from emojit.student.mean_scores import average_scores

        path = self._folder(fold) / f"second-{self._silver_rows}.jsonl"
        if not path.is_file():
            self.measure(fold, first)
            average_scores(self._silver(fold, scores=True), load_student(self._folder(fold) / first), path)
        return (
            f'{{name = "second", objective = "pairs", source = {json.dumps(str(path.resolve()))}, '
            f"temperature = 0.5, dropout = 0.0, epochs = {self._silver_epochs / 2}, learning_rate = 5e-4, batch_size = 64}}"
        )

    def _trained(self, fold: int, name: str, rung: Rung) -> list[list[str]]:
        run = self._folder(fold) / name
        recipe = self._folder(fold) / f"{name}.toml"
        write_text(recipe, dump(self._recipe(fold, name)))
        if not (run / "run.json").is_file():
            command = [
                sys.executable,
                "-m",
                "emojit",
                "train",
                str(recipe),
                "--dataset",
                str(self._build(fold)),
                "--out",
                str(run),
            ]
            if (run / "config.yaml").is_file():
                command.append("--resume")
            left = self._until - time.monotonic()
            try:
                subprocess.run(command, check=True, timeout=None if left == float("inf") else max(left, 1))
            except subprocess.TimeoutExpired as exc:
                raise OutOfTime(f"in {name} of part {fold}") from exc
            except subprocess.CalledProcessError:
                sys.exit(f"stopped: the training of {name} failed, as it says above; {run} holds what there is of it")
        rows = [row for row in read_rows(run / "predictions.parquet") if row["split"] == "test"]
        return [list(row["student"]) for row in rows]  # type: ignore[call-overload]

    def _read_otherwise(self, fold: int, rung: Rung) -> list[list[str]]:
        from emojit.recipe import DecodingConfig
        from emojit.student import load_student
        from emojit.student.calibrate import calibrated
        from emojit.student.predict import make_student

        assert rung.on is not None
        self.measure(fold, rung.on)
        loaded = load_student(self._folder(fold) / rung.on)
        decoding = DecodingConfig(**dict(change.split("=") for change in rung.decoding), batch_size=128)  # type: ignore[arg-type]
        student = make_student(
            loaded.model, loaded.tokenizer, loaded.vocabulary, decoding, source=loaded.source, commit=None
        )
        validation, test = self._split(fold)["validation"], self._split(fold)["test"]
        student = calibrated(student, [row["sns_text"] for row in validation], [row["emojis"] for row in validation])
        return student.predict([row["sns_text"] for row in test])

    def _with_baseline(self, fold: int, beside: str) -> list[list[str]]:
        """Answer by the mean of a student's scores and those of a baseline that learned from the same rows; what a score means is learned from the validation rows."""
        from emojit.student import load_student
        from emojit.student.mean_scores import average_scores

        self.measure(fold, beside)
        split = self._split(fold)
        baseline, asked = _fitted(split["train"]), [row["sns_text"] for row in (*split["validation"], *split["test"])]
        alone, both = (self._folder(fold) / f"{name}-scores.jsonl" for name in ("alone", "both"))
        answers = zip(asked, baseline.predict(asked), best_scores(baseline, asked), strict=True)
        write_text(alone, "".join(f"{json.dumps(dict(zip(_SILVER, row, strict=True)))}\n" for row in answers))
        average_scores(alone, load_student(self._folder(fold) / beside), both)
        means = [json.loads(line)["scores"] for line in both.read_text(encoding="utf-8").splitlines()]
        found = [list(scores)[:CANDIDATES] for scores in means]
        values = np.zeros((len(asked), CANDIDATES))
        for place, (emojis, scores) in enumerate(zip(found, means, strict=True)):
            values[place, : len(emojis)] = [scores[emoji] for emoji in emojis]
        held = len(split["validation"])
        right = np.zeros((held, CANDIDATES))
        for place, row in enumerate(split["validation"]):
            right[place, : len(found[place])] = [emoji in row["emojis"] for emoji in found[place]]
        chooser = Chooser()
        chooser.fit_lengths([row["emojis"] for row in split["train"]])
        chooser.fit_curve(values[:held], right)
        counts = chooser.counts(values[held:]).tolist()
        return [emojis[:count] for emojis, count in zip(found[held:], counts, strict=True)]

    def _hybrid(self, fold: int, rows: list[dict[str, Any]], asked: list[dict[str, Any]]) -> list[list[str]]:
        return _fitted(rows).predict([row["sns_text"] for row in asked])

    def _silver(self, fold: int, *, scores: bool) -> Path:
        """Let the hybrid baseline, which learned from the training rows of this part alone, label texts; the same texts without their scores are the rung below."""
        path = self._folder(fold) / f"scores-{self._silver_rows}.jsonl"
        if not path.is_file():
            build, count = self._build(fold), self._silver_rows
            make_silver(
                HYBRID,
                build,
                path,
                mixed=count,
                swapped=count,
                named=2 * count // 3,
                words=count,
                corpus=str(self._corpus),
                sentences=count,
            )
        if scores:
            return path.resolve()
        plain = path.with_name(f"silver-{self._silver_rows}.jsonl")
        if not plain.is_file():
            rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
            lines = [json.dumps({"text": row["text"], "emojis": row["emojis"]}, ensure_ascii=False) for row in rows]
            write_text(plain, "\n".join(lines) + "\n")
        return plain.resolve()


def _fitted(rows: list[dict[str, Any]]) -> ScoredBaseline:
    baseline = make_baseline(HYBRID)
    assert isinstance(baseline, ScoredBaseline)
    baseline.fit(
        [Example(text=row["sns_text"], emojis=tuple(row["emojis"]), other=row["original_text"]) for row in rows]
    )
    return baseline


def _line(name: str, rows: dict[str, dict[str, Any]], others: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    scores = [row["jaccard"] for row in rows.values()]
    low, high = bootstrap_interval(scores)
    answers, gold = [row["answer"] for row in rows.values()], [row["gold"] for row in rows.values()]
    differences = []
    for other, theirs in others.items():
        gaps = [rows[row_id]["jaccard"] - theirs[row_id]["jaccard"] for row_id in rows if row_id in theirs]
        if gaps:
            worst, best = bootstrap_interval(gaps)
            differences.append(f"{other} {sum(gaps) / len(gaps):+.4f} [{worst:+.4f}, {best:+.4f}]")
    return {
        "rung": name,
        "rows": len(rows),
        "jaccard": sum(scores) / len(scores),
        "low": low,
        "high": high,
        "exact": sum(score == 1 for score in scores) / len(scores),
        "length": sum(map(len, answers)) / len(answers),
        "gold_length": sum(map(len, gold)) / len(gold),
        "outside": _outside(answers),
        "gold_outside": _outside(gold),
        "difference": ", ".join(differences),
    }


def _outside(answers: Sequence[Sequence[str]]) -> float:
    """Return the share of the emoji written that are none of the five most frequent among them."""
    counts = Counter(emoji for answer in answers for emoji in answer)
    return 1 - sum(count for _, count in counts.most_common(5)) / max(counts.total(), 1)


def read_pairs(path: Path) -> tuple[list[dict[str, Any]], np.ndarray]:
    """Return the rows, and the part of each: articles are shuffled with seed 0 and dealt out in turn, as for the baselines."""
    with path.open(encoding="utf-8") as file:
        table = [json.loads(line) for line in file]
    rows = [
        {
            "id": row["id"], "original_text": row["text"], "sns_text": row["sns_text"], "emojis": row["emojis"].split(),
            "source": "ladder", "doc_id": re.sub(r"-\d\d-\d\d$", "", row["id"]),
        }
        for row in table
    ]  # fmt: skip
    place = {article: index for index, article in enumerate(dict.fromkeys(row["doc_id"] for row in rows))}
    dealt = np.random.default_rng(0).permutation(len(place)) % PARTS
    return rows, dealt[[place[row["doc_id"]] for row in rows]]


if __name__ == "__main__":
    main()
