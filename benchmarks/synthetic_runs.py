"""Run folders without a training: records, logs and answers of students of a stated quality, for tests and benchmarks of reports.

    python benchmarks/synthetic_runs.py FOLDER [--variants 25] [--seeds 2] [--rows 2000]

writes a folder of experiments as `emojit experiment run` leaves it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emojit.dataset.parquet import TableWriter
from emojit.emoji import INVENTORY
from emojit.experiment.layout import PlanFolder, RunStatus
from emojit.provenance import Code, Hardware
from emojit.recipe import PlanConfig, PublishedConfig, SuccessConfig, TrainRecipe, VariantConfig
from emojit.student.artefacts import published
from emojit.student.record import DataRecord, ModelRecord, RunRecord, TrainingRecord

_KINDS = 300
"""Different emoji in the gold (count)."""
COLUMNS = {"id": "string", "split": "string", "text": "string", "emojis": "strings", "student": "strings"}


def gold(rows: int, *, split: str = "test") -> list[tuple[str, str, list[str]]]:
    """Return id, text and emoji of so many rows, the emoji with Zipf's frequencies, 1 to 5 of them."""
    rng = np.random.default_rng([rows, len(split)])
    shares = 1 / np.arange(1, _KINDS + 1)
    shares /= shares.sum()
    found = []
    for place in range(rows):
        drawn = rng.choice(_KINDS, size=rng.integers(1, 6), replace=False, p=shares)
        row = hashlib.sha256(f"{split}/{place}".encode()).hexdigest()[:16]
        found.append((row, f"{place} 番目の文です。", [INVENTORY[index] for index in drawn]))
    return found


def answer(rows: Sequence[tuple[str, str, list[str]]], *, quality: float, seed: int) -> list[list[str]]:
    """Return answers that keep each emoji of the gold with this probability and replace it by one of the five most common otherwise."""
    rng = np.random.default_rng(seed)
    answers = []
    for _, _, emojis in rows:
        kept = rng.random(len(emojis)) < quality
        others = rng.integers(5, size=len(emojis))
        answers.append(
            list(dict.fromkeys(e if k else INVENTORY[o] for e, k, o in zip(emojis, kept, others, strict=True)))
        )
    return answers


def write_run(
    folder: Path,
    *,
    quality: float,
    seed: int,
    rows: int,
    changes: Mapping[str, Any] | None = None,
    emojis: int | None = None,
    fingerprint: str = "e0e0e0e0e0e0e0e0",
    order: int | None = None,
    per_article: int | None = None,
    answers: Mapping[str, list[list[str]]] | None = None,
) -> None:
    """Write one run folder.

    Args:
        folder: where to.
        quality: of the student; see `answer`.
        seed: of the run; of its answers, too.
        rows: test rows, and half as many for validation (counts).
        changes: dotted keys of the recipe to values.
        emojis: emoji that it can write, the first of the inventory; None means all.
        fingerprint: of the test rows.
        order: shuffles the rows of the file with this seed; None leaves them.
        per_article: rows of one article (count), the neighbours in the order of the ids; None says nothing of articles.
        answers: split to answers in place of synthetic ones.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for split, number in (("validation", max(1, rows // 2)), ("test", rows)):
        expected = gold(number, split=split)
        found = (answers or {}).get(split) or answer(expected, quality=quality, seed=seed * 1000 + int(1000 * quality))
        lines += [
            {"id": row, "split": split, "text": text, "emojis": emoji, "student": student}
            for (row, text, emoji), student in zip(expected, found, strict=True)
        ]
    if per_article is not None:
        for place, line in enumerate(sorted(lines, key=lambda line: (line["split"], line["id"]))):
            line["article"] = f"{line['split']}/{place // per_article}"
    if order is not None:
        lines = [lines[place] for place in np.random.default_rng(order).permutation(len(lines))]
    columns = COLUMNS if per_article is None else {**COLUMNS, "article": "string"}
    with TableWriter(folder / "predictions.parquet", columns) as table:
        for line in lines:
            table.add(line)
    recipe = published(TrainRecipe(), "you/pairs")
    for key, value in {**(changes or {}), "train.seed": seed}.items():
        section, _, name = key.partition(".")
        recipe[section][name] = value
    _write_log(folder / "train_log.csv", quality)
    _write_model(folder, emojis)
    record = _record(recipe, seed=seed, rows=rows, quality=quality, emojis=emojis, fingerprint=fingerprint)
    text = json.dumps(record.as_dict(), ensure_ascii=False, indent=2)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def write_plan(folder: Path, qualities: Mapping[str, float], *, seeds: Sequence[int], rows: int) -> PlanFolder:
    """Write a folder of experiments whose runs are all done.

    Args:
        folder: where to.
        qualities: variant to quality; "base" must be among them.
        seeds: of every variant.
        rows: test rows (count).
    """
    plan = PlanConfig(
        name="synthetic",
        base="t5-base-japanese",
        dataset="you/pairs",
        seeds=tuple(seeds),
        success=SuccessConfig(jaccard=0.5, outside_top=0.2),
        variants=tuple(
            VariantConfig(name=name, hypothesis=f"{name} helps.", set={"train.learning_rate": 1e-4 * place})
            for place, name in enumerate(qualities, start=1)
            if name != "base"
        ),
        published=(PublishedConfig(variant="base", jaccard=0.0449, outside_top=0.0, remark="another test set"),),
    )
    found = PlanFolder(folder)
    found.write_plan(plan)
    for variant in plan.every_variant():
        for seed in variant.seeds:
            write_run(
                found.run(variant.name, seed),
                quality=qualities[variant.name],
                seed=seed,
                rows=rows,
                changes=variant.set,
            )
    found.write_statuses(
        [
            RunStatus(variant=variant.name, seed=seed, state="done", seconds=1.0)
            for variant in plan.every_variant()
            for seed in variant.seeds
        ]
    )
    expected = gold(rows)
    with TableWriter(found.baselines, {"id": "string", "split": "string", "constant": "strings"}) as table:
        for row, _, _ in expected:
            table.add({"id": row, "split": "test", "constant": [INVENTORY[0]]})
    return found


def _write_log(path: Path, quality: float) -> None:
    lines = [
        "step,epoch,loss,learning_rate,grad_norm,eval_loss,eval_jaccard,eval_exact_match,eval_mean_emojis,eval_distinct,eval_outside_top"
    ]
    for epoch in range(1, 11):
        reached = quality * (1 - 0.5**epoch)
        lines.append(
            f"{epoch * 100},{epoch}.0,{5 - reached},0.0001,1.0,{5.5 - reached},{reached},{reached / 2},2.5,{20 * epoch},{reached / 3}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_model(folder: Path, emojis: int | None) -> None:
    (folder / "model").mkdir(exist_ok=True)
    tokens = [{"id": place, "content": emoji} for place, emoji in enumerate(INVENTORY[:emojis])]
    (folder / "model" / "tokenizer.json").write_text(json.dumps({"added_tokens": tokens}), encoding="utf-8")
    (folder / "model" / "generation_config.json").write_text(json.dumps({"suppress_tokens": []}), encoding="utf-8")


def _record(
    recipe: dict[str, Any], *, seed: int, rows: int, quality: float, emojis: int | None, fingerprint: str
) -> RunRecord:
    return RunRecord(
        schema_version=1,
        name="synthetic",
        started="2026-01-01T00:00:00+00:00",
        seed=seed,
        recipe=recipe,
        data=DataRecord(
            name="you/pairs", repo_id="you/pairs", revision="v1", commit="c0ffee" * 6 + "abcd", manifest_sha256=None,
            fingerprints={"train": "a0" * 8, "validation": "b0" * 8, "test": fingerprint},
            rows={"train": 8 * rows, "validation": rows // 2, "test": rows}, extra_rows={}, cut={}, licence="cc0-1.0",
        ),
        model=ModelRecord(
            base=None, base_commit=None, base_licence=None, parameters=1000, vocabulary=2000, new_emoji=len(INVENTORY),
            emojis=len(INVENTORY) if emojis is None else emojis,
        ),
        training=TrainingRecord(
            steps=1000, epochs=10.0, best_step=800, best_epoch=8.0, stopped_early=False, train_loss=1.0, resumed_from=None, bf16=False,
        ),
        validation={"jaccard": quality},
        seconds={"total": 60.0},
        code=Code(version="0.1.0", commit="1a2b3c4d" * 5, changed=False),
        versions={},
        hardware=Hardware(system="Linux", cpu="any", cores=1, memory_gib=None, gpus=()),
    )  # fmt: skip


def main() -> int:
    """Write a folder of experiments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--variants", type=int, default=25, help="variants, the base among them (count)")
    parser.add_argument("--seeds", type=int, default=2, help="seeds of each (count)")
    parser.add_argument("--rows", type=int, default=2000, help="test rows (count)")
    given = parser.parse_args()
    write_plan(given.folder, qualities(given.variants), seeds=range(given.seeds), rows=given.rows)
    print(given.folder)
    return 0


def qualities(variants: int) -> dict[str, float]:
    """Return so many variants around the base, better and worse ones."""
    return {
        "base": 0.5,
        **{f"variant-{place:02}": 0.5 + 0.02 * (place - variants // 2) / 2 for place in range(1, variants)},
    }


if __name__ == "__main__":
    raise SystemExit(main())
