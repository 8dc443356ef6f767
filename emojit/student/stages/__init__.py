"""What a student learns before the teacher's pairs: gaps in sentences, emoji whose names a sentence holds, answers of another model.

`train_stages` runs the tables `[[stages]]` of a recipe; `stage_rows` makes the rows of one.
"""

from __future__ import annotations

from emojit.student.stages.held_out import HeldOut, held_out
from emojit.student.stages.rows import StageRows, stage_rows
from emojit.student.stages.run import train_stages
from emojit.student.stages.sentences import Located, Sentences
from emojit.student.stages.texts import stage_texts

__all__ = ["HeldOut", "Located", "Sentences", "StageRows", "held_out", "stage_rows", "stage_texts", "train_stages"]
