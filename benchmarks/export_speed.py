"""Predictions per second of exports against the float32 student in transformers: same texts, same batches, same decoding, turn by turn.

A T5 of the given size with random weights (speed does not ask what they say), 1,906 emoji, sentences of the packaged sample. Every round asks each of them
once, so that what else the machine does hits all alike; the figure is the median over rounds of the ratio within a round.

Example: OMP_NUM_THREADS=1 python benchmarks/export_speed.py --d-model 512 --layers 6
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import torch

from emojit.recipe import DecodingConfig, ModelConfig
from emojit.resources import resource
from emojit.student.export import export, load_exported
from emojit.student.export.threads import threads
from emojit.student.model import new_student
from emojit.student.predict import load_student, make_student

FORMS = ("onnx", "ctranslate2")


def main() -> None:
    """Make a student, export it four times, ask all of them, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--d-ff", type=int, help="four times the width without it")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--method", default="greedy")
    given = parser.parse_args()
    torch.set_num_threads(threads())
    torch.manual_seed(0)
    lines = resource("sample/replies.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["sns_text"] for line in lines][: given.texts]
    config = ModelConfig(
        vocab_size=given.vocabulary,
        d_model=given.d_model,
        d_ff=given.d_ff or 4 * given.d_model,
        num_layers=given.layers,
        num_heads=given.d_model // 64,
    )
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "student"
        new = new_student(config, texts)
        decoding = DecodingConfig(method=given.method)
        made = make_student(new.model, new.tokenizer, new.vocabulary, decoding, source="new", commit=None)
        made.model.save_pretrained(home)
        made.tokenizer.save_pretrained(home)
        made.save_decoding(home)
        asked = {"transformers float32": load_student(home)}
        sizes = {"transformers float32": (home / "model.safetensors").stat().st_size}
        equal = {"transformers float32": 1.0}
        kept: dict[str, tuple[str, ...]] = {"transformers float32": ()}
        for form in FORMS:
            for int8 in (False, True):
                out = Path(scratch) / f"{form}-{int8}"
                result = export(home, form, int8=int8, out=out, force=True)
                name = f"{form} {result.record.precision}"
                asked[name] = load_exported(out, form)
                sizes[name], kept[name] = result.record.size, result.record.kept_float32
                equal[name] = result.record.check.share
        seconds: dict[str, list[float]] = {name: [] for name in asked}
        for student in asked.values():
            student.answer(texts[:64])
        for _ in range(given.rounds):
            for name, student in asked.items():
                start = time.perf_counter()
                student.answer(texts)
                seconds[name].append(time.perf_counter() - start)
        parameters = sum(one.numel() for one in made.model.parameters())
    print(
        f"{parameters / 1e6:.1f}M parameters, {len(texts)} texts, {given.method}, {threads()} thread(s), {given.rounds} rounds"
    )
    base = seconds["transformers float32"]
    for name, times in seconds.items():
        ratios = [one / other for one, other in zip(base, times, strict=True)]
        print(
            f"{name:22s} {len(texts) / statistics.median(times):7.1f} texts/s  {statistics.median(ratios):5.2f} times"
            f"  [{min(ratios):.2f}, {max(ratios):.2f}]  {sizes[name] / 1e6:6.1f} MB  sets equal {equal[name]:.3f}"
            + (f"  float32: {', '.join(kept[name])}" if kept[name] else "")
        )


if __name__ == "__main__":
    main()
