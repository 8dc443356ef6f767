"""What a large corpus is remembered in: flat arrays that answer as Python's own containers would, in a fraction of their memory."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from emojit.corpus.bands import BandTable
from emojit.corpus.digest_set import DigestSet
from emojit.corpus.near import NearDuplicates
from emojit.corpus.texts import Texts

DIGESTS = st.integers(0, 2**64 - 1) | st.integers(0, 7) | st.sampled_from([1 << 10, 1 << 11, (1 << 64) - 1])


@given(st.lists(DIGESTS, max_size=200))
def test_a_digest_is_new_once(digests):
    known, expected = DigestSet(), set()
    for digest in digests:
        digest = digest or 1  # 0 and 1 are one digest
        assert known.add(digest) is (digest not in expected)
        expected.add(digest)

    assert len(known) == len(expected)


def test_a_digest_takes_at_most_32_bytes():
    rng, known = random.Random(0), DigestSet()
    digests = [rng.getrandbits(64) for _ in range(50_000)]

    assert all(map(known.add, digests))
    assert not any(map(known.add, digests))
    assert known.nbytes <= 32 * len(known)


@given(st.lists(st.text(st.characters(), max_size=20)))
def test_texts_come_back_as_they_were(texts):
    kept = Texts()
    for text in texts:
        kept.append(text)

    assert [kept[number] for number in range(len(kept))] == texts


def test_a_table_that_was_made_for_its_entries_does_not_grow():
    rng, table = random.Random(1), BandTable(expected=80_000)
    made = table.nbytes
    for number in range(10_000):
        table.add(number, [rng.randrange(2**32) for _ in range(8)])

    assert table.nbytes == made <= 24 * len(table)


def test_a_guess_that_is_far_too_high_costs_a_bounded_amount():
    assert BandTable(expected=10**12).nbytes < 150 * 10**6


def test_the_expected_number_changes_no_answer():
    rng = random.Random(2)
    texts = ["".join(rng.choices("あいうえおかきくけこ、。", k=20)) for _ in range(500)]
    grown, made = NearDuplicates(0.5), NearDuplicates(0.5, expected=500)

    assert list(map(grown.add, texts)) == list(map(made.add, texts))
