"""From what a network says about the next emoji to an answer: one to five distinct emoji of its vocabulary, and nothing else.

`network` is what a model must be able to do (transformers in `torch_network`; every other runtime implements the same two methods), `settings` says how an
answer is read out of it, `answer` does it with numpy alone: `search` walks, `mbr` weighs sets. `generation` is what plain `generate` can carry of it and
`calibration` fits the number of emoji to validation rows. All but the last two stand alone (numpy, no other room): the demo Space carries copies.
"""

from __future__ import annotations

from emojit.student.decoding.answer import answers, candidates
from emojit.student.decoding.generation import EmojiOnly, generation_config
from emojit.student.decoding.network import Network, Session
from emojit.student.decoding.settings import FILE_NAME, Settings, read_settings, write_settings

__all__ = [
    "FILE_NAME",
    "EmojiOnly",
    "Network",
    "Session",
    "Settings",
    "answers",
    "candidates",
    "generation_config",
    "read_settings",
    "write_settings",
]
