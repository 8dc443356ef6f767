"""Questions to the teacher and their replies: prompts, the asynchronous engine, the reply store, reading a reply."""

from __future__ import annotations

from emojit.teacher.engine import Teacher, label, question_count, stored_count
from emojit.teacher.factory import make_teacher, open_store
from emojit.teacher.prompts import emoji_question, prompt_id, prompt_texts, rewrite_question
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
    "emoji_question",
    "label",
    "make_teacher",
    "open_store",
    "prompt_id",
    "prompt_texts",
    "question_count",
    "read_emojis",
    "read_rewrite",
    "release_columns",
    "reply_from_columns",
    "rewrite_question",
    "stored_count",
]
