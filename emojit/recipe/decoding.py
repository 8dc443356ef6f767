"""How emoji are read out of a student: the section `[decoding]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emojit.errors import ConfigError
from emojit.recipe.ranges import positive

_BEAM_METHODS = ("beam", "diverse_beam")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingConfig:
    """How emoji are read out of the student (section `[decoding]`)."""

    method: Literal["greedy", "beam", "diverse_beam", "sample", "mbr"] = "greedy"
    """"greedy" takes the likeliest emoji again and again; "beam" and "diverse_beam" search `num_beams` wide; "sample" draws one answer; "mbr" takes the
    set with the highest expected Jaccard, under the distribution of the first emoji (one step of the decoder) or under `samples` answers."""
    length: Literal["model", "calibrated"] = "model"
    """Who decides how many emoji: the student, or the student with what fits the validation rows best; "calibrated" is fitted at the end of training."""
    min_emojis: int = 1
    """Fewest emoji per text, 1 to `max_emojis`. A student that is unsure spreads its probability over many emoji and would rather end: raise this."""
    max_emojis: int = 5
    """Most emoji per text, up to 5."""
    num_beams: int = 1
    """Beams of "beam" and "diverse_beam" (count, at least 2 there, 1 elsewhere). "greedy" with more than one is "beam", as in `generate`: so run recipes
    that were written before there was a method."""
    diversity_penalty: float = 0.5
    """Of "diverse_beam": nats taken off an emoji for each earlier beam that chose it at the same step, >= 0."""
    samples: int = 0
    """Of "mbr": answers that are drawn (count); 0 draws none and uses the distribution of the first emoji."""
    temperature: float = 1.0
    """Of "sample", and of "mbr" with samples: divides the logits, > 0."""
    seed: int = 0
    """Of what is drawn. A text's draws depend on this and on the text alone."""
    batch_size: int = 64
    """Texts per generation step (count)."""

    def __post_init__(self) -> None:
        positive("decoding", self, "num_beams", "batch_size", "temperature")
        if not 1 <= self.min_emojis <= self.max_emojis <= 5:
            raise ConfigError(
                "decoding: need 1 <= min_emojis <= max_emojis <= 5,"
                f" got min_emojis {self.min_emojis} and max_emojis {self.max_emojis}"
            )
        for name in ("diversity_penalty", "samples", "seed"):
            if getattr(self, name) < 0:
                raise ConfigError(f"decoding.{name} must be >= 0, got {getattr(self, name)}")
        if self.num_beams > 1 and self.method == "greedy":
            object.__setattr__(self, "method", "beam")
        if (self.num_beams > 1) != (self.method in _BEAM_METHODS):
            raise ConfigError(
                f"decoding.num_beams {self.num_beams} does not go with decoding.method {self.method!r}",
                hint='"beam" and "diverse_beam" need num_beams of at least 2, the other methods know no beams (1)',
            )
        if self.samples and self.method != "mbr":
            raise ConfigError(
                f"decoding.samples {self.samples} does not go with decoding.method {self.method!r}",
                hint='samples are for method "mbr"; "sample" draws one answer',
            )
