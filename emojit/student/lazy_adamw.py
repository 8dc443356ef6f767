"""AdamW that leaves the rows of an embedding alone whose tokens a batch does not have.

Of the words of a vocabulary a batch has few. AdamW reads and writes all rows and both their moments at every step, which is a large part of a small
student's step (`benchmarks/training_step.py` says how large), and it goes on to move a row by the momentum of the last text that had its word. Here the gradient of the embedding
holds the rows of the batch (`torch.nn.Embedding(sparse=True)`), and those alone are updated: `torch.optim.SparseAdam`, the "lazy" Adam of TensorFlow Addons.

Imported only by functions: it needs torch at the top, for its class derives from torch's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch  # noqa: TID253  (see the docstring above)
from torch.nn.utils import get_total_norm  # noqa: TID253

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class LazyAdamW(torch.optim.Optimizer):  # type: ignore[misc]  # torch does not export its type
    """AdamW for most parameters, and its lazy variant, without weight decay, for the tables.

    Args:
        groups: parameter groups as AdamW takes them, without the tables.
        tables: matrices whose gradients hold rows (sparse tensors).
        lr: learning rate.
        betas: decay of both moments, each in [0, 1).
        eps: what is added to the root of the second moment.
    """

    def __init__(
        self,
        groups: Sequence[dict[str, Any]],
        tables: Sequence[torch.nn.Parameter],
        *,
        lr: float,
        betas: tuple[float, float],
        eps: float,
    ) -> None:
        super().__init__([*groups, {"params": list(tables)}], {"lr": lr, "betas": betas, "eps": eps})
        self._parts: dict[str, torch.optim.Optimizer] = {
            "dense": torch.optim.AdamW(groups, lr=lr, betas=betas, eps=eps),
            "rows": torch.optim.SparseAdam(list(tables), lr=lr, betas=betas, eps=eps),
        }
        self._share_groups()

    def _share_groups(self) -> None:
        """Let whoever sets the learning rate of a group, a schedule, set it for the part that the group belongs to."""
        self.param_groups = [group for part in self._parts.values() for group in part.param_groups]

    def step(self, closure: Callable[[], float] | None = None) -> None:
        """Update every parameter that has a gradient; a closure is not asked."""
        for part in self._parts.values():
            part.step()

    def state_dict(self) -> dict[str, Any]:
        """Return the state of both parts."""
        return {name: part.state_dict() for name, part in self._parts.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the state of both parts."""
        for name, part in self._parts.items():
            part.load_state_dict(state_dict[name])
        self._share_groups()


@contextmanager
def gradients_by_row(model: PreTrainedModel) -> Iterator[None]:
    """Let the gradient of the token embedding hold the rows of the batch, in this context."""
    modules = [module for module in model.modules() if _reads_tokens(module, model)]
    before = [module.sparse for module in modules]
    for module in modules:
        module.sparse = True
    try:
        yield
    finally:
        for module, sparse in zip(modules, before, strict=True):
            module.sparse = sparse


def _reads_tokens(module: torch.nn.Module, model: PreTrainedModel) -> bool:
    table = model.get_input_embeddings().weight
    return isinstance(module, torch.nn.Embedding) and module.weight is table


def clip_gradients(parameters: Iterable[torch.nn.Parameter], most: float) -> torch.Tensor:
    """Scale gradients to a norm of at most `most`, in place, and return the norm before (scalar): `torch.nn.utils.clip_grad_norm_`, which takes no rows (2.13)."""
    gradients = []
    for parameter in parameters:
        if parameter.grad is None:
            continue
        if parameter.grad.is_sparse:
            parameter.grad = parameter.grad.coalesce()  # a token that occurs twice has one row
            gradients.append(parameter.grad.values())
        else:
            gradients.append(parameter.grad)
    norm = get_total_norm(gradients)
    scale = (most / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(scale)
    return norm
