"""A stranger's program: loads everything that `emojit demo` published, with nothing but the public libraries.

Run as a file in a fresh process (`python -I load_back.py DATASET MODEL JACCARD DIVERSITY`); it imports no emojit and prints one JSON object.
`HF_ENDPOINT` says which Hub.
"""

from __future__ import annotations

import atexit
import gc
import json
import sys

gc.set_threshold(10_000, 10, 10)  # the imports make millions of objects that all stay: two seconds less
atexit.register(gc.freeze)


def main(dataset_id: str, model_id: str, jaccard_id: str, diversity_id: str) -> None:
    """Load two versions of the data set, the model and both metrics by their Hub ids and use them on a few test rows."""
    import evaluate
    import torch
    from datasets import load_dataset
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    versions = {tag: load_dataset(dataset_id, revision=tag) for tag in ("v1", "v2")}
    test = versions["v2"]["test"].select(range(min(8, len(versions["v2"]["test"]))))

    tokenizer = AutoTokenizer.from_pretrained(model_id, revision="v1")
    model = AutoModelForSeq2SeqLM.from_pretrained(model_id, revision="v1")
    inputs = tokenizer(test["sns_text"][:], return_tensors="pt", padding=True)
    with torch.no_grad():
        sequences = model.generate(**inputs)  # (rows, steps); generation_config.json asks for 1-5 distinct emoji
    special = set(tokenizer.all_special_ids)
    # Read by token id: decoding to text puts no blanks between emoji.
    predictions = [[tokenizer.convert_ids_to_tokens(i) for i in row if i not in special] for row in sequences.tolist()]

    jaccard = evaluate.load(jaccard_id).compute(predictions=predictions, references=test["emojis"][:])
    diversity = evaluate.load(diversity_id).compute(predictions=predictions, references=test["emojis"][:])
    found = {
        "emojit_imported": any(name.split(".")[0] == "emojit" for name in sys.modules),
        "rows": {tag: {split: len(rows) for split, rows in data.items()} for tag, data in versions.items()},
        "samples": [
            {"text": text, "predicted": " ".join(predicted), "teacher": emoji}
            for text, predicted, emoji in zip(test["sns_text"], predictions, test["emoji_string"], strict=True)
        ],
        "jaccard": jaccard,
        "diversity": diversity,
    }
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
