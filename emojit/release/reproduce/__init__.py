"""Reproduce: make a release again from what it holds, with the code at hand, and say where the two differ."""

from __future__ import annotations
