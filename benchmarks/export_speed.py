"""Predictions per second of exports against the float32 student in transformers: same texts, same batches, same decoding, turn by turn.

Either a trained student (`--model`) and exports of it that are there (`--exported`, made with `emojit export --out`), asked the texts that the export's check
asks; or a T5 of the given size with random weights, 1,906 emoji, sentences of the packaged sample, of which all four exports are made here: speed does not
ask what they say, but their equal answers say nothing of a trained student. Every round asks each of them once, so that what else the machine does hits all
alike; the figure is the median over rounds of the ratio within a round, in CPU seconds of this process, which waiting for the processor does not lengthen,
and in seconds of the wall clock.

Examples:
    OMP_NUM_THREADS=1 python benchmarks/export_speed.py --d-model 512 --layers 6
    emojit export runs/v1 --to onnx --int8 --out /tmp/int8
    OMP_NUM_THREADS=1 python benchmarks/export_speed.py --model runs/v1 --exported /tmp/int8
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from emojit.recipe import DecodingConfig, ModelConfig
from emojit.student.export import FORMATS, export, find_records, load_exported
from emojit.student.export.check import check_texts
from emojit.student.export.threads import threads
from emojit.student.model import new_student
from emojit.student.predict import Student, load_student, make_student
from emojit.student.rows import encode_texts

ORIGINAL, PLAIN = "transformers float32", "plain generate"
Ask = Callable[[list[str]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A student of the comparison."""

    student: Student
    size: int
    """Bytes of its weights."""
    equal: float
    """Share of the texts of its check to which it gives the original's set of emoji, in [0, 1]."""
    kept: tuple[str, ...]
    """What an int8 export leaves in float32."""


def main() -> None:
    """Ask all of them in turn, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, metavar="DIR", help="a run or model folder; a new student without it")
    parser.add_argument("--exported", type=Path, nargs="*", default=[], metavar="DIR", help="folders with its exports")
    parser.add_argument("--d-model", type=int, default=256)
    parser.add_argument("--d-ff", type=int, help="four times the width without it")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--vocabulary", type=int, default=8000)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--method", default="greedy")
    given = parser.parse_args()
    torch.set_num_threads(threads())
    with tempfile.TemporaryDirectory() as scratch:
        if given.model is None:
            texts = check_texts(None, None)[0][: given.texts]
            home = new_model(given, texts, Path(scratch) / "student")
            folders = exports_of(home, Path(scratch))
        else:
            texts = check_texts(given.model if (given.model / "run.json").is_file() else None, None)[0][: given.texts]
            home, folders = given.model, given.exported
        original = load_student(home)
        weights = sum(one.numel() for one in original.model.parameters())
        asked = {ORIGINAL: Asked(student=original, size=4 * weights, equal=1.0, kept=())}
        for folder in folders:
            for record in find_records(folder):
                asked[f"{record.format} {record.precision}"] = Asked(
                    student=load_exported(folder, record.format),
                    size=record.size,
                    equal=record.check.share,
                    kept=record.kept_float32,
                )
        ways: dict[str, Ask] = {name: one.student.answer for name, one in asked.items()}
        measured = measure({**ways, PLAIN: lambda texts: plain(original, texts)}, texts, given.rounds)
    print(
        f"{weights / 1e6:.1f}M parameters, {len(texts)} texts, {original.decoding.method},"
        f" {threads()} thread(s), {given.rounds} rounds"
    )
    for name, clocks in measured.items():
        figures = []
        for clock, times in clocks.items():
            ratios = [a / b for a, b in zip(measured[ORIGINAL][clock], times, strict=True)]
            figures.append(f"{clock} {statistics.median(ratios):.2f} times [{min(ratios):.2f}, {max(ratios):.2f}]")
        line = f"{name:22s} {len(texts) / statistics.median(clocks['CPU']):7.1f} texts/CPU s  {'  '.join(figures)}"
        if one := asked.get(name):
            line += f"  {one.size / 1e6:6.1f} MB  sets equal {one.equal:.3f}"
            line += f"  float32: {', '.join(one.kept)}" if one.kept else ""
        print(line)


def plain(student: Student, texts: list[str]) -> None:
    """Ask a student by `generate` as its `generation_config.json` says, in the same batches: greedily where the method is `mbr`."""
    ids = encode_texts(student.tokenizer, texts, max_tokens=student.max_input_tokens).input_ids
    for batch in student.batches(ids, None, quiet=True):
        padded = student.tokenizer.pad({"input_ids": [ids[row] for row in batch]}, return_tensors="pt")
        found = student.model.generate(input_ids=padded["input_ids"], attention_mask=padded["attention_mask"])
        for row in found.tolist():
            student.vocabulary.decode(row)


def measure(students: dict[str, Ask], texts: list[str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each student's rounds, by clock."""
    seconds: dict[str, dict[str, list[float]]] = {name: {"CPU": [], "wall": []} for name in students}
    for ask in students.values():
        ask(texts[:64])
    for _ in range(rounds):
        for name, ask in students.items():
            cpu, wall = time.process_time(), time.perf_counter()
            ask(texts)
            seconds[name]["CPU"].append(time.process_time() - cpu)
            seconds[name]["wall"].append(time.perf_counter() - wall)
    return seconds


def new_model(given: argparse.Namespace, texts: list[str], home: Path) -> Path:
    """Save a student with random weights."""
    torch.manual_seed(0)
    config = ModelConfig(
        vocab_size=given.vocabulary,
        d_model=given.d_model,
        d_ff=given.d_ff or 4 * given.d_model,
        num_layers=given.layers,
        num_heads=given.d_model // 64,
    )
    new = new_student(config, texts)
    decoding = DecodingConfig(method=given.method)
    made = make_student(new.model, new.tokenizer, new.vocabulary, decoding, source="new", commit=None)
    made.model.save_pretrained(home)
    made.tokenizer.save_pretrained(home)
    made.save_decoding(home)
    return home


def exports_of(home: Path, scratch: Path) -> list[Path]:
    """Make every export, whatever its check says."""
    folders = []
    for form in FORMATS:
        for int8 in (False, True):
            folders.append(scratch / f"{form}-{int8}")
            export(home, form, int8=int8, out=folders[-1], force=True)
    return folders


if __name__ == "__main__":
    main()
