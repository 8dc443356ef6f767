"""The filters of a recipe put together: `Scanner` for what looks at one article alone, `duplicate` for what remembers.

To add a filter: write the function in `emojit.corpus.rules`, name it in `emojit.recipe.corpus.FILTER_ORDER`, put it into `make_filters`, and give it
lines in the tests. The reasons are counted in the log, in `statistics.json` and on the card.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

from emojit.corpus import rules
from emojit.corpus.digest_set import DigestSet
from emojit.corpus.records import Article, Scanned, ScannedArticle, sentence_ids
from emojit.corpus.rules import Filter
from emojit.corpus.sections import meta_items
from emojit.corpus.split import split_sentences
from emojit.corpus.suspects import Suspects
from emojit.corpus.words import flagger
from emojit.recipe import FilterConfig
from emojit.recipe.corpus import REMEMBERING

META_SECTION = "meta_section"
"""The one filter that looks at where a sentence stands: under 脚注, 参考文献, 外部リンク and the like."""


class Scanner:
    """Splits an article and asks every filter that looks at one article alone. Cheap to make, so that every process has its own.

    Pure: what it answers depends on the recipe and the article and on nothing it saw before.
    """

    def __init__(self, config: FilterConfig) -> None:
        """Prepare the filters of `config.order` without `duplicate` and `near_duplicate`, which `emojit.corpus.choice` asks."""
        names = [name for name in config.order if name not in REMEMBERING]
        place = names.index(META_SECTION) if META_SECTION in names else None
        names = [name for name in names if name != META_SECTION]
        chain = make_filters(config, names)
        self._suspects = Suspects(list(zip(names, chain, strict=True)))
        self._before_meta = None if place is None else chain[:place]
        self._flags = flagger(config.flags)

    def scan(self, article: Article) -> list[Scanned]:
        """Return every sentence, heading and list line of an article in order, with None (kept) or the reason it is dropped for.

        What is kept carries its flags, and so does what `sensitive` drops; for other reasons the words are not looked at.
        """
        return self.columns(article).sentences()

    def columns(self, article: Article) -> ScannedArticle:
        """Return the same as columns, for a caller in another process that puts the sentences together itself."""
        texts = split_sentences(article.text)
        reasons: list[str | None] = []
        flags: dict[int, tuple[str, ...]] = {}
        for text, filters in zip(texts, self._suspects.filters(texts), strict=True):
            for check in filters:
                if (reason := check(text)) is not None:
                    break
            else:
                reason = None
            if (reason is None or reason == "sensitive") and (found := self._flags(text)):
                flags[len(reasons)] = found
            reasons.append(reason)
        if self._before_meta is not None:
            for index in meta_items(texts):
                reasons[index] = _first_reason(self._before_meta, texts[index]) or META_SECTION
                flags.pop(index, None)
        return ScannedArticle(
            source=article.source,
            doc_id=article.doc_id,
            title=article.title,
            url=article.url,
            licence=article.licence,
            ids=list(map(sentence_ids(article.source, article.doc_id), texts)),
            texts=texts,
            reasons=reasons,
            flags=flags,
        )


def make_filters(config: FilterConfig, names: Sequence[str]) -> list[Filter]:
    """Return the filters of these names that look at one sentence alone, in this order, with the limits of a recipe."""
    known: dict[str, Filter] = {
        "heading": rules.heading,
        "list_item": rules.list_item,
        "truncated": rules.truncated,
        "orphan_close": rules.orphan_close,
        "unbalanced_brackets": rules.unbalanced_brackets,
        "empty_brackets": rules.empty_brackets,
        "template_rest": rules.template_rest,
        "no_ending": rules.no_ending,
        "too_short": rules.too_short(config.min_chars),
        "too_long": rules.too_long(config.max_chars),
        "low_kana": rules.low_kana(config.min_kana),
        "needs_context": rules.needs_context,
        "url_or_markup": rules.url_or_markup,
        "contains_emoji": rules.contains_emoji,
        "personal_data": rules.personal_data,
        "sensitive": sensitive(config.drop_flags),
    }
    return [known[name] for name in names]


def sensitive(drop_flags: tuple[str, ...]) -> Filter:
    """Drop sentences with a word of one of these lists; with none of them, the default, nothing is dropped and the flags only say what was found."""
    flags = flagger(drop_flags)

    def check(text: str) -> str | None:
        return "sensitive" if flags(text) else None

    return check


def duplicate() -> Filter:
    """Drop a sentence that was offered before, in any article; width, case and blanks do not count.

    What is remembered is 8 bytes of a hash for each sentence, 16 to 32 bytes of memory; two different sentences among a million share one with a
    probability of 3e-8.
    """
    seen = DigestSet()

    def check(text: str) -> str | None:
        # Taken ahead of the slow normalisation, the commonest of what it changes spares most sentences the rest.
        key = text.replace("（", "(").replace("）", ")")
        if not unicodedata.is_normalized("NFKC", key):
            key = unicodedata.normalize("NFKC", key)
        key = "".join(key.split()).casefold()
        digest = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())
        return None if seen.add(digest) else "duplicate"

    return check


def _first_reason(chain: Sequence[Filter], text: str) -> str | None:
    for check in chain:
        reason = check(text)
        if reason is not None:
            return reason
    return None
