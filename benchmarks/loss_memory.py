"""Peak memory of every loss beside that of plain cross entropy, at a vocabulary of 34,000.

    python benchmarks/loss_memory.py [--vocabulary 34000] [--positions 256] [--rows 64]

Every token is allowed here, so that the logits are as large as they can be. What is counted is what a loss and its gradient allocate besides the logits
themselves, as torch's profiler saw it: the highest sum at any moment, in MiB and as a ratio to `torch.nn.functional.cross_entropy` on the same logits.
The seconds are the fastest of several repetitions, for orientation. Exits with 1 when a loss needs more than 1.25 times the memory.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial

os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # the profiler talks otherwise

import torch
from torch.nn.functional import cross_entropy
from torch.profiler import ProfilerActivity, profile
from transformers.modeling_outputs import Seq2SeqLMOutput

from emojit.recipe import LossConfig
from emojit.student.losses import IGNORED, make_loss
from emojit.student.vocabulary import EmojiVocabulary

TARGET = 1.25
"""Largest ratio to the memory of plain cross entropy."""
LOSSES = {
    "cross_entropy": (LossConfig(), 0.0),
    "cross_entropy, smoothing 0.1": (LossConfig(), 0.1),
    "focal": (LossConfig(name="focal", alpha=0.5), 0.0),
    "class_weighted": (LossConfig(name="class_weighted"), 0.0),
    "dice": (LossConfig(name="dice", dice_alpha=0.5), 0.0),
    "majority_or_minority": (LossConfig(name="majority_or_minority"), 0.0),
    "set": (LossConfig(name="set"), 0.0),
    "set, smoothing 0.1": (LossConfig(name="set"), 0.1),
}
END = 1
REPEATS = 5


def batch(rows: int, positions: int, vocabulary: int) -> torch.Tensor:
    """Return labels (B, T): answers of equal length that end with the end token, one padding position each."""
    chance = torch.Generator().manual_seed(0)
    length = positions // rows
    labels = torch.randint(2, vocabulary, (rows, length + 1), generator=chance)
    labels[:, length - 1] = END
    labels[:, length] = IGNORED
    return labels


def peak(step: Callable[[], None]) -> int:
    """Return the most memory that a step holds at any moment beyond what it began with (bytes)."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        step()
    events = [event for event in found.profiler.kineto_results.events() if event.name() == "[memory]"]
    held = highest = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        highest = max(highest, held)
    return highest


def seconds(step: Callable[[], None]) -> float:
    """Return the fastest of several repetitions (s)."""
    found = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        step()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> int:
    """Measure, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", type=int, default=34_000, help="tokens (count)")
    parser.add_argument("--positions", type=int, default=256, help="label positions of a step (count)")
    parser.add_argument("--rows", type=int, default=64, help="answers that share them (count)")
    options = parser.parse_args()
    size = options.vocabulary
    emoji = [token for token in range(size) if token != END]
    vocabulary = EmojiVocabulary(
        id_of={str(token): token for token in emoji},
        emoji_of={token: str(token) for token in emoji},
        eos_id=END,
        pad_id=0,
    )
    labels = batch(options.rows, options.positions, size)
    real = labels[labels != IGNORED]
    logits = torch.randn(len(real), size, generator=torch.Generator().manual_seed(1)).requires_grad_()

    def gradient_of(loss: Callable[[], torch.Tensor]) -> Callable[[], None]:
        def step() -> None:
            torch.autograd.grad(
                loss(), logits
            )  # not kept: a gradient of before that goes would count as memory given back

        return step

    plain = gradient_of(lambda: cross_entropy(logits, real))
    plain()
    base, base_time = peak(plain), seconds(plain)
    print(f"{len(real)} positions x {size:,} logits of float32: {logits.numel() * 4 / 2**20:.0f} MiB")
    print(f"{'loss':30}  {'MiB':>6}  {'ratio':>5}  {'s':>6}")
    print(f"{'torch cross_entropy':30}  {base / 2**20:6.0f}  {1:5.2f}  {base_time:6.3f}")
    worst = 0.0
    for name, (config, smoothing) in LOSSES.items():
        loss = make_loss(config, vocabulary, size, labels[:, :-1].tolist(), label_smoothing=smoothing)
        step = gradient_of(partial(loss, Seq2SeqLMOutput(logits=logits), labels))
        step()
        used = peak(step)
        print(f"{name:30}  {used / 2**20:6.0f}  {used / base:5.2f}  {seconds(step):6.3f}")
        worst = max(worst, used / base)
    verdict = "reached" if worst <= TARGET else "MISSED"
    print(f"the most: {worst:.2f} of plain cross entropy (target at most {TARGET}: {verdict})")
    return int(worst > TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
