"""The card of a metric, fitted to where it is published: its snippet loads this version, from this repository."""

from __future__ import annotations

import re

_GAP = re.compile(r'"<user>/[A-Za-z0-9._-]+"\)(?:  # or the path of this folder)?')
"""The address that a metric's card leaves open as long as the metric lies in a folder."""


def addressed(card: str, repo_id: str, version: str) -> str:
    """Return the card with repository and version in its snippet, so that it runs as it stands; a card that leaves nothing open comes back as it is."""
    return _GAP.sub(lambda _: f'"{repo_id}", revision="{version}")', card)
