"""The student: an encoder-decoder that reads Japanese text and writes one to five distinct emoji.

`emojit.student.train` trains one into a run folder, `emojit.student.predict` loads one and asks it. Torch and transformers are imported inside
functions, or at the top of modules that only functions import.
"""

from __future__ import annotations

from emojit.student.predict import Predictions, Student, load_student
from emojit.student.ranks import is_first
from emojit.student.record import RunRecord, read_run
from emojit.student.train import RunResult, train

__all__ = ["Predictions", "RunRecord", "RunResult", "Student", "is_first", "load_student", "read_run", "train"]
