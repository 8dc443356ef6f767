"""The compact map of digests: what a dict would say, in a fraction of its memory."""

from __future__ import annotations

import random
import sys

from hypothesis import given
from hypothesis import strategies as st

from emojit.dataset.digests import DigestMap, text_digest

DIGESTS = st.integers(0, 2**64 - 1) | st.integers(0, 7) | st.sampled_from([1 << 10, 1 << 11, (1 << 64) - 1])


@given(st.lists(st.tuples(DIGESTS, st.integers(0, 2**64 - 1)), max_size=200))
def test_it_remembers_the_first_number_of_each_digest(entries):
    found, expected = DigestMap(), {}
    for digest, value in entries:
        digest = digest or 1  # 0 and 1 are one digest
        assert found.add(digest, value) is (digest not in expected)
        expected.setdefault(digest, value)

    assert len(found) == len(expected)
    assert {digest: found.get(digest) for digest in expected} == expected


def test_a_hundred_thousand_entries_cost_at_most_64_bytes_each():
    rng, entries = random.Random(0), DigestMap()
    digests = [rng.getrandbits(64) for _ in range(100_000)]
    for number, digest in enumerate(digests):
        assert entries.add(digest, number)

    size = sys.getsizeof(entries._digests) + sys.getsizeof(entries._values)
    assert size <= 64 * len(entries)
    assert all(entries.get(digest) == number for number, digest in enumerate(digests))
    assert entries.get(rng.getrandbits(64)) is None


def test_digests_of_texts_are_the_same_in_every_process():
    assert text_digest("雨だね") == 0x193AB82590FA70B1 != text_digest("雨だよ")
