"""What every Trainer here does beyond transformers': it stops at a loss that is no number, and goes on in the middle of an epoch, bit for bit.

Imported only by functions: it needs torch and transformers at the top, for its class derives from theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch  # noqa: TID253  (see the docstring above)
from transformers import Trainer  # noqa: TID253

from emojit.errors import StudentError
from emojit.student.order import GroupedOrder
from emojit.student.rows import Features
from emojit.student.run_folder import last_checkpoint

_PLACE = "place_{}.pt"
"""In a checkpoint, one per process: where in the epoch it was made, as far as the library does not note it."""


class ResumableTrainer(Trainer):  # type: ignore[misc]  # transformers is not followed by mypy
    """A Trainer with rows of like length together, whose checkpoints say where in the epoch they were made."""

    order: GroupedOrder

    def _get_train_sampler(self, train_dataset: Sequence[Features] | None = None) -> GroupedOrder:
        lengths = self._lengths(train_dataset or self.train_dataset)
        processes = self.args.world_size
        group = self.args.train_batch_size * self.args.gradient_accumulation_steps * processes
        self.order = GroupedOrder(lengths, group, processes=processes)
        return self.order

    def _lengths(self, rows: Sequence[Features]) -> list[int]:
        return [len(row["input_ids"]) for row in rows]

    def training_step(
        self,
        model: torch.nn.Module,
        inputs: dict[str, torch.Tensor],
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Return the loss of one batch (scalar) after its gradients are added.

        Raises:
            StudentError: it is no number.
        """
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            self._give_up(f"the loss is {loss.item()} at step {self.state.global_step + 1}")
        return loss

    def _give_up(self, what: str) -> None:
        checkpoint = last_checkpoint(Path(self.args.output_dir), self.args.world_size)
        kept = f"; the last good checkpoint is {checkpoint}" if checkpoint else ""
        raise StudentError(
            f"{what}: training has come apart{kept}",
            hint="in a new run, lower train.learning_rate or raise train.warmup_ratio"
            + (f", or go on with --set model.base={checkpoint}" if checkpoint else ""),
        )

    def _save_checkpoint(self, model: torch.nn.Module, trial: None) -> None:
        # Schedule-free AdamW trains at one point and answers at another; a checkpoint inside an epoch would else hold the first (transformers 5.23).
        self.optimizer.eval()
        # A gradient that is no number shows in the loss of the next step only.
        if not all(bool(torch.isfinite(parameter).all()) for parameter in self.model.parameters()):
            self._give_up(f"the weights are no numbers after step {self.state.global_step}")
        super()._save_checkpoint(model, trial)

    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        place = {"order": self.order.drawn_from, "loss": self._tr_loss.cpu(), "logged": self._globalstep_last_logged}
        torch.save(place, Path(output_dir) / _PLACE.format(self.args.process_index))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is None:
            return
        if self.state.epoch % 1:  # made inside an epoch, whose order was drawn before
            self.order.draw_next_from = self._place(checkpoint)["order"]

    def _load_rng_state(self, checkpoint: str | None) -> None:
        super()._load_rng_state(checkpoint)
        if checkpoint is not None:
            place = self._place(checkpoint)
            self._tr_loss = place["loss"].to(self.args.device)
            self._globalstep_last_logged = place["logged"]

    def _place(self, checkpoint: str) -> dict[str, torch.Tensor]:
        place: dict[str, torch.Tensor] = torch.load(Path(checkpoint) / _PLACE.format(self.args.process_index))
        return place
