"""Questions to the teacher and their replies: prompts, the asynchronous engine, the reply store, reading a reply."""

from __future__ import annotations

from emojit.teacher.conversation import banned_forms, choose, converse
from emojit.teacher.engine import Counts, Engine, Teacher, run, together
from emojit.teacher.factory import make_teacher, open_store
from emojit.teacher.labelling import label, progress_note
from emojit.teacher.permission import check_licence
from emojit.teacher.prices import reply_cost, usage_cost
from emojit.teacher.prompts import (
    emoji_question,
    post_question,
    prompt_id,
    prompt_texts,
    rewrite_question,
    sampling_params,
)
from emojit.teacher.reading import Rewrite, Unreadable, read_emojis, read_rewrite
from emojit.teacher.recorded import RecordedTeacher, ReplayTeacher
from emojit.teacher.records import (
    REPLY_COLUMNS,
    Labelled,
    LabelRun,
    Question,
    Reply,
    Task,
    release_columns,
    reply_from_columns,
)
from emojit.teacher.store import ReplyStore

__all__ = [
    "REPLY_COLUMNS",
    "Counts",
    "Engine",
    "LabelRun",
    "Labelled",
    "Question",
    "RecordedTeacher",
    "ReplayTeacher",
    "Reply",
    "ReplyStore",
    "Rewrite",
    "Task",
    "Teacher",
    "Unreadable",
    "banned_forms",
    "check_licence",
    "choose",
    "converse",
    "emoji_question",
    "label",
    "make_teacher",
    "open_store",
    "post_question",
    "progress_note",
    "prompt_id",
    "prompt_texts",
    "read_emojis",
    "read_rewrite",
    "release_columns",
    "reply_cost",
    "reply_from_columns",
    "rewrite_question",
    "run",
    "sampling_params",
    "together",
    "usage_cost",
]
