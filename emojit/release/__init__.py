"""Folder to Hub and back: cards, staging, commit and tag, reading back.

`emojit.release.cards` renders a card from a folder's files, `emojit.release.staging` lays out a model repository, `emojit.release.push` publishes a
folder as a tagged version.
"""

from __future__ import annotations
