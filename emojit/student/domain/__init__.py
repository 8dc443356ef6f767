"""Domain runs: an encoder such as BERT goes on learning masked words of the corpus' own sentences, and is measured by words of articles it never read."""

from __future__ import annotations

from emojit.student.domain.run import DomainResult, train_domain

__all__ = ["DomainResult", "train_domain"]
