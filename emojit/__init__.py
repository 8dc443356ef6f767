"""emojit: distil a large language model's choice of emoji for Japanese text into a small student.

Importing the package does nothing: no network, no torch, no set-up of logging. Each room is imported by its own name, for example
`from emojit.emoji import extract`.
"""

from __future__ import annotations

__version__ = "0.1.0"
