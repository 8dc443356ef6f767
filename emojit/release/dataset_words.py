"""What the names in a data set mean, in the words of its card: columns, flags, stages."""

from __future__ import annotations

COLUMNS = (
    ("id", "string", "16 hex digits of the SHA-256 of source, doc_id and the original text"),
    ("original_text", "string", "the sentence as it stands in the article"),
    ("sns_text", "string", "the teacher's rewrite as a casual post, without emoji: what a model reads"),
    ("emojis", "list of string", "one to five distinct emoji, the teacher's answer: what a model answers"),
    ("emoji_string", "string", "the same emoji, joined by one blank"),
    (
        "votes",
        "list of list of string",
        "every readable answer the teacher gave about this post, in the order of asking",
    ),
    (
        "source",
        "string",
        "which corpus the article is from; teacher for a post that the teacher wrote for a rare emoji",
    ),
    ("doc_id", "string", "the article's id within the corpus"),
    ("title", "string or null", "the article's title"),
    ("url", "string or null", "the article's address"),
    (
        "licence",
        "string or null",
        "the licence of the text, as the corpus states it; of a post for a rare emoji that of the teacher's output",
    ),
    ("teacher", "string", "model name of the teacher"),
    ("prompt_id", "string", "hash of the prompts' wording"),
    ("flags", "list of string", "what a reader may want to filter by; each is explained below"),
)
"""(name, type, meaning) of every column of the data set."""

FLAGS = {
    "sexual": "the sentence holds a word of the list of sexual words; a matching word is no judgement of the sentence",
    "violent": "the sentence holds a word of the list of words for violence and death; most such sentences are plain history",
    "discriminatory": "the sentence holds a word of the list of discriminatory words",
    "emoji_in_rewrite": "the teacher put emoji into its rewrite; they were taken out",
    "steered": "the prompt named emoji that were over the cap and asked for others, so the answer is not the teacher's free choice",
    "rare_emoji": "the teacher wrote the post for a rare emoji: original_text is that post, no sentence of a corpus",
}
"""Flag of a row and what it means."""

STAGES = {
    "source": "corpus",
    "filter": "filter",
    "rewrite": "rewrite",
    "emoji": "emoji choice",
    "pair": "pair",
    "post": "post for a rare emoji",
}
"""Stages of a rejection in the order of the build, as the card calls them."""
