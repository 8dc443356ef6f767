"""Curves for a viewer besides `train_log.csv`: TensorBoard or trackio, both on this machine."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emojit.errors import MissingExtraError
from emojit.student.ranks import is_first

if TYPE_CHECKING:
    from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


def report_callbacks(
    report_to: Literal["none", "tensorboard", "trackio"], folder: Path, name: str
) -> list[TrainerCallback]:
    """Return what sends the Trainer's log to the viewer that the recipe names.

    Args:
        report_to: the recipe's `train.report_to`.
        folder: the run folder; TensorBoard's files go into `tensorboard/` in it.
        name: name of the recipe; trackio's project.

    Raises:
        MissingExtraError: the viewer is not installed.
    """
    if report_to == "none" or not is_first():
        return []
    if importlib.util.find_spec(report_to) is None:
        raise MissingExtraError(
            f"train.report_to: {report_to} is not installed", hint=f"pip install 'emojit[{report_to}]'"
        )
    return [_tensorboard(folder)] if report_to == "tensorboard" else [_trackio(folder, name)]


def _tensorboard(folder: Path) -> TrainerCallback:
    from torch.utils.tensorboard import SummaryWriter
    from transformers.integrations import TensorBoardCallback

    return TensorBoardCallback(SummaryWriter(folder / "tensorboard"))


def _trackio(folder: Path, name: str) -> TrainerCallback:
    """Not the library's callback: its end of training may publish a Space (transformers 5.23)."""
    import trackio
    from transformers import TrainerCallback

    class ToTrackio(TrainerCallback):  # type: ignore[misc]  # transformers is not followed by mypy
        """Sends numbers to trackio's data base on this machine."""

        def on_train_begin(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
        ) -> None:
            """Open the run, or go on with it."""
            with redirect_stdout(sys.stderr):  # it speaks there, where one JSON object may be awaited
                trackio.init(project=name, name=folder.name, resume="allow", embed=False)

        def on_log(
            self,
            args: TrainingArguments,
            state: TrainerState,
            control: TrainerControl,
            logs: dict[str, float] | None = None,
            **kwargs: object,
        ) -> None:
            """Send one entry."""
            trackio.log({**(logs or {}), "epoch": state.epoch}, step=state.global_step)

        def on_train_end(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: object
        ) -> None:
            """Close the run."""
            with redirect_stdout(sys.stderr):
                trackio.finish()

    return ToTrackio()
