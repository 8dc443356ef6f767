"""Where the store of the embedded Hub lies when `--root` does not say it."""

from __future__ import annotations

import os
from pathlib import Path


def default_root() -> Path:
    """The folder for a user's data, by the XDG rules."""
    data_home = os.environ.get("XDG_DATA_HOME")
    return (Path(data_home) if data_home else Path.home() / ".local" / "share") / "emojit" / "hub"
