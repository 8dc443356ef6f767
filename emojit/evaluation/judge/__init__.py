"""A language model as judge: absolute scores, choices between two answers, texts guessed from emoji.

`emojit.evaluation.judge.session` is the way in; `emojit.evaluation.judge.schema` is the layout of `judge.json`, `emojit.evaluation.judge.folder` that of the
files beside it. The questions go through the teacher's engine, so replies are stored, limits kept and costs counted as in a build.
"""

from __future__ import annotations
