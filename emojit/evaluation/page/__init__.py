"""The report of one model as a page that stands alone: light and dark, readable on a phone, without a request or a script."""

from __future__ import annotations
