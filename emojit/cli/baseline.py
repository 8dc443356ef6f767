"""`emojit baseline`: fit one of the simple models, and keep it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import DatasetOption, JsonOption, RevisionOption

if TYPE_CHECKING:
    from emojit.baselines import Baseline

app = typer.Typer(no_args_is_help=True, help="Simple models: fit, save and list them.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Which one: see `emojit baseline list`.")]
FolderOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to make.", file_okay=False)]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="For bert: base, epochs, loss and the like; may be repeated."),
]
LabelledOption = Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON lines to write.", dir_okay=False)]
SwappedOption = Annotated[
    int, typer.Option("--swapped", min=0, help="Texts with other nouns, those of the corpus, to label.")
]
NamedOption = Annotated[
    int, typer.Option("--named", min=0, help="Short texts about a word that an emoji is called by, to label.")
]
WordsOption = Annotated[
    int, typer.Option("--words", min=0, help="Words to label, each alone: those of the data set, then of the corpus.")
]
MixedOption = Annotated[int, typer.Option("--mixed", min=0, help="Recombinations of the data set's texts to label.")]
CorpusOption = Annotated[
    str | None,
    typer.Option("--corpus", metavar="FILE|REPO", help="Where further sentences come from, as for a build."),
]
SentencesOption = Annotated[int, typer.Option("--sentences", min=0, help="Sentences of the corpus to label.")]
PartsOption = Annotated[
    int,
    typer.Option("--parts", min=2, help="Models that label what they have not learned: more are better and slower."),
]
ColumnOption = Annotated[str, typer.Option("--column", help="Column that is read: sns_text or original_text.")]


@app.command()
def fit(
    name: NameArgument,
    dataset: DatasetOption,
    out: FolderOption,
    revision: RevisionOption = None,
    column: ColumnOption = "sns_text",
    overrides: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit a baseline on the training split and save it: predict, evaluate and push take the folder like a student's.

    `bert` fine-tunes an encoder, which takes long without a GPU: --set base=tohoku-nlp/bert-base-japanese-v3 --set loss=bce.

    Example: emojit baseline fit linear --dataset builds/v1 --out outputs/linear
    """
    from emojit.baselines.fitting import fit_baseline

    unfitted = _with_settings(name, overrides) if overrides else None
    record = fit_baseline(name, dataset, out, revision=revision, input_column=column, baseline=unfitted)
    rows = sum(record.data.rows.values())
    next_step = f"next: emojit evaluate --model {out} --dataset {dataset}"
    output.show(
        {"out": str(out), **record.as_dict()},
        as_json=as_json,
        text=f"{name} fitted on {rows:,} rows in {record.seconds:.1f} s: {out}\n{next_step}",
    )


@app.command()
def label(
    name: NameArgument,
    dataset: DatasetOption,
    out: LabelledOption,
    revision: RevisionOption = None,
    column: ColumnOption = "sns_text",
    mixed: MixedOption = 0,
    swapped: SwappedOption = 0,
    named: NamedOption = 0,
    words: WordsOption = 0,
    corpus: CorpusOption = None,
    sentences: SentencesOption = 0,
    parts: PartsOption = 10,
    seed: Annotated[int, typer.Option("--seed", help="Of mixtures and choice.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Let a baseline label texts, with a score per emoji: what a stage of a student learns from (`objective = "pairs"`).

    Labelled are the texts of the training split, each by a model that has not seen its article; recombinations of their clauses; the same with other
    nouns; clauses about words that emoji are called by; single words; and sentences of a corpus.

    Example: emojit baseline label hybrid --dataset builds/v1 --corpus wiki.jsonl --sentences 60000 --mixed 60000 --swapped 60000 --named 40000 --words 60000 --out silver.jsonl
    """
    from emojit.baselines.silver import make_silver
    from emojit.errors import UsageError

    if (corpus is None) != (sentences == 0):
        raise UsageError(
            "--corpus and --sentences belong together", hint="for example --corpus wiki.jsonl --sentences 60000"
        )
    counts = make_silver(
        name,
        dataset,
        out,
        revision=revision,
        input_column=column,
        mixed=mixed,
        swapped=swapped,
        named=named,
        words=words,
        corpus=corpus,
        sentences=sentences,
        parts=parts,
        seed=seed,
        quiet=as_json,
    )
    output.show(
        {"out": str(out), "rows": counts.rows, **dataclasses.asdict(counts)},
        as_json=as_json,
        text=f"{counts.rows:,} rows: {counts.posts:,} texts of the data set, {_of(counts.mixtures, mixed)} mixtures, "
        f"{_of(counts.swapped, swapped)} with other nouns, {_of(counts.named, named)} about words of emoji, "
        f"{_of(counts.words, words)} words alone, "
        f'{_of(counts.sentences, sentences)} sentences: {out}\nnext: a stage with source = "{out}", see docs/training.md',
    )


@app.command()
def average(
    silver: Annotated[Path, typer.Argument(metavar="FILE", help="Rows of `emojit baseline label`.")],
    student: Annotated[str, typer.Option("--student", metavar="DIR|REPO", help="A trained student, with its scores.")],
    out: LabelledOption,
    revision: RevisionOption = None,
    weight: Annotated[float, typer.Option("--weight", help="The student's share of the mean, in (0, 1).")] = 0.5,
    as_json: JsonOption = False,
) -> None:
    """Take the mean of silver rows' scores and a student's: what a second student, or the same one, learns from next.

    Example: emojit baseline average silver.jsonl --student outputs/first --out second.jsonl
    """
    from emojit.student.mean_scores import average_scores
    from emojit.student.predict import load_student

    rows = average_scores(silver, load_student(student, revision), out, weight=weight, quiet=as_json)
    output.show(
        {"out": str(out), "rows": rows},
        as_json=as_json,
        text=f'{rows:,} rows: {out}\nnext: a stage with source = "{out}", see docs/training.md',
    )


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the baselines, the simplest first.

    Example: emojit baseline list
    """
    from emojit.baselines.registry import KINDS, default_names

    always = default_names()
    rows = [
        {
            "name": name,
            "about": kind.about,
            "every_evaluation": name in always,
            "extra": "words" if kind.needs_words else "train" if kind.network else None,
        }
        for name, kind in KINDS.items()
    ]
    width = max(map(len, KINDS))
    lines = [
        f"{name:<{width}}  {kind.about}{'; needs emojit[words]' if kind.needs_words else '; needs emojit[train]' if kind.network else ''}"
        for name, kind in KINDS.items()
    ]
    output.show({"baselines": rows}, as_json=as_json, text="\n".join(lines))


def _of(made: int, wanted: int) -> str:
    """Say how many there are, and how many were asked for where no more were to be had: filters leave out much of some corpora."""
    return f"{made:,}" if made >= wanted else f"{made:,} of {wanted:,}"


def _with_settings(name: str, overrides: list[str]) -> Baseline:
    """Return an unfitted encoder with other settings; nothing else has any."""
    from emojit.baselines.bert import Bert
    from emojit.baselines.bert_config import BertConfig
    from emojit.errors import UsageError
    from emojit.recipe import load_text

    if name != Bert.name:
        raise UsageError(f"--set {overrides[0]}: {name} has no settings", hint="leave --set out; only bert has some")
    return Bert(load_text(BertConfig, "", where="--set", overrides=overrides))
