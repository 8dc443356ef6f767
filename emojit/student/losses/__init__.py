"""What training minimises, one loss per file, all over the tokens that an answer may hold.

`make_loss` makes the one that the recipe's section `[loss]` names; `text_loss` is the cross entropy over the whole vocabulary, for stages that learn text.
"""

from __future__ import annotations

from emojit.student.losses.answer_loss import AnswerLoss
from emojit.student.losses.head import prunable
from emojit.student.losses.making import make_loss, text_loss
from emojit.student.losses.positions import IGNORED

__all__ = ["IGNORED", "AnswerLoss", "make_loss", "prunable", "text_loss"]
