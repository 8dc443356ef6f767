"""How emoji are read out of a student: the section `[decoding]`."""

from __future__ import annotations

from dataclasses import dataclass

from emojit.errors import ConfigError
from emojit.recipe.ranges import positive


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingConfig:
    """How emoji are read out of the student (section `[decoding]`)."""

    min_emojis: int = 1
    """Fewest emoji per text, 1 to `max_emojis`. A student that is unsure spreads its probability over many emoji and would rather end: raise this."""
    max_emojis: int = 5
    """Most emoji per text, up to 5."""
    num_beams: int = 1
    """Beams of the search (count); 1 is greedy."""
    batch_size: int = 64
    """Texts per generation step (count)."""

    def __post_init__(self) -> None:
        positive("decoding", self, "num_beams", "batch_size")
        if not 1 <= self.min_emojis <= self.max_emojis <= 5:
            raise ConfigError(
                "decoding: need 1 <= min_emojis <= max_emojis <= 5,"
                f" got min_emojis {self.min_emojis} and max_emojis {self.max_emojis}"
            )
