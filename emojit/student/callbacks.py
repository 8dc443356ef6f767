"""What happens beside the steps of training: the bar, checkpoints inside an epoch, and the weights that may be averaged later.

Imported only by functions: it needs transformers at the top, for its classes derive from theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from transformers import TrainerCallback  # noqa: TID253  (see the docstring above)

from emojit.logs import progress
from emojit.student.averaging import Candidates
from emojit.student.changing_rows import ChangingRows
from emojit.student.kept import KeptWeights

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from transformers import PreTrainedModel, TrainerControl, TrainerState, TrainingArguments


class ProgressBar(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """A bar on stderr with steps, time left, loss and the best validation score; the library's own prints to stdout."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._shown: dict[str, str] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Open the bar where the run stands, which is not zero after `--resume`."""
        self._bar = progress(total=state.max_steps, label="train", unit="step", quiet=self._quiet)
        self._bar.update(state.global_step)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Move the bar."""
        self._bar.update(state.global_step - self._bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: object,
    ) -> None:
        """Show what was measured."""
        for key, name in (("loss", "loss"), ("eval_jaccard", "jaccard")):
            if logs and key in logs:
                self._shown[name] = f"{logs[key]:.3f}"
        if state.best_metric is not None:
            self._shown["best"] = f"{state.best_metric:.3f}"
        self._bar.set_postfix(self._shown)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Close the bar."""
        self._bar.close()


class SaveEvery(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """A checkpoint inside the epochs. The library's own `save_steps` would move the evaluation along with it."""

    def __init__(self, steps: int, *, epoch: int) -> None:
        """Take the updates between two checkpoints and in an epoch, at whose end there is one anyhow (counts)."""
        self._steps = steps
        self._epoch = epoch

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Ask for one."""
        done = state.global_step % self._epoch
        if done and done % self._steps == 0 and state.global_step < state.max_steps:
            control.should_save = True


class KeepForAverage(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """The weights of the epochs that may be averaged; their checkpoints are deleted on the way."""

    def __init__(self, candidates: Candidates, metric: str) -> None:
        self._candidates = candidates
        self._metric = f"eval_{metric}"

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """After `--resume`: forget what came after the checkpoint, and keep its own weights if the run was killed before that."""
        if state.is_world_process_zero:
            self._candidates.forget_after(state.global_step)
            self._keep(args, state)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object) -> None:
        """Keep the weights of an epoch that was measured."""
        if state.is_world_process_zero:
            self._keep(args, state)

    def _keep(self, args: TrainingArguments, state: TrainerState) -> None:
        scores = {entry["step"]: entry[self._metric] for entry in state.log_history if self._metric in entry}
        if state.global_step in scores:
            checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            self._candidates.keep(checkpoint / "model.safetensors", state.global_step, scores)


class KeepWeights(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Light checkpoints for whoever looks back at the run. Training does not notice: no number is drawn, no weight changes."""

    def __init__(self, kept: KeptWeights, model: PreTrainedModel) -> None:
        """Take the model itself, without the wrappers of compilation and several processes."""
        self._kept = kept
        self._model = model

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """After `--resume`: forget what came after the checkpoint."""
        if state.is_world_process_zero:
            self._kept.forget_after(state.global_step)

    def on_step_end(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        optimizer: Optimizer | None = None,
        **kwargs: object,
    ) -> None:
        """Keep the weights where it is time to."""
        if state.is_world_process_zero and state.global_step in self._kept.due:
            with _as_it_answers(self._model, optimizer):
                self._kept.save(self._model, state.global_step)


@contextmanager
def _as_it_answers(model: PreTrainedModel, optimizer: Optimizer | None) -> Iterator[None]:
    """Show the weights that schedule-free AdamW would answer with; afterwards those that it trains with are back, to the last bit."""
    if optimizer is None or not any(group.get("train_mode") for group in optimizer.param_groups):
        yield
        return
    before = [parameter.detach().clone() for parameter in model.parameters()]
    optimizer.eval()
    try:
        yield
    finally:
        optimizer.train()
        for parameter, value in zip(model.parameters(), before, strict=True):
            parameter.data.copy_(value)


class NewOrder(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
    """Tells the rows which epoch begins."""

    def __init__(self, rows: ChangingRows) -> None:
        self._rows = rows

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
    ) -> None:
        """Draw what changes; the epoch of a run that was resumed in the middle of one has a fraction."""
        self._rows.start_epoch(int(state.epoch or 0))
