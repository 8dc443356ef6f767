"""The average of the weights after several epochs, which often scores better than each of them.

Source: Izmailov et al. (2018), "Averaging Weights Leads to Wider Optima and Better Generalization"; for the last k checkpoints of a Transformer Vaswani et
al. (2017), "Attention Is All You Need", section 6.1.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """A folder with the weights of the epochs that may be averaged, one file each."""

    folder: Path
    which: Literal["last", "best"]
    """The last ones, or those with the best score on validation."""
    count: int
    """How many are kept (count)."""
    greater_is_better: bool
    """Whether a high score is a good one."""

    def keep(self, weights: Path, step: int, scores: Mapping[int, float]) -> None:
        """Keep the weights of a step, and let those go that no average will use.

        Args:
            weights: the file; a second name is given to it, which costs no space, or a copy is made where the disk has no such names.
            step: updates made.
            scores: step to score of all epochs so far.
        """
        path = self._path(step)
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            try:
                os.link(weights, partial)
            except OSError:
                shutil.copyfile(weights, partial)
            partial.replace(path)
        wanted = self._chosen(scores)
        for known in self.steps():
            if known not in wanted:
                self._path(known).unlink()

    def forget_after(self, step: int) -> None:
        """Delete the weights of later steps: a resumed run makes them again."""
        for known in self.steps():
            if known > step:
                self._path(known).unlink()

    def steps(self) -> list[int]:
        """Return the steps whose weights are kept, in rising order."""
        return sorted(int(path.stem.removeprefix("step-")) for path in self.folder.glob("step-*.safetensors"))

    def average(self) -> dict[str, Tensor]:
        """Return the mean of all kept weights, added in float64."""
        return mean_weights([self._path(step) for step in self.steps()])

    def _chosen(self, scores: Mapping[int, float]) -> set[int]:
        if self.which == "last":
            return set(sorted(scores)[-self.count :])
        sign = -1 if self.greater_is_better else 1
        return set(sorted(scores, key=lambda step: (sign * scores[step], step))[: self.count])

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step}.safetensors"


def mean_weights(files: Sequence[Path]) -> dict[str, Tensor]:
    """Return the mean of each tensor over several weight files of one model, in the files' own types."""
    from safetensors.torch import load_file

    first = load_file(files[0])
    total = {name: tensor.double() for name, tensor in first.items()}
    for file in files[1:]:
        for name, tensor in load_file(file).items():
            total[name] += tensor
    return {name: (tensor / len(files)).to(first[name].dtype) for name, tensor in total.items()}
