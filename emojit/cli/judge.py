"""`emojit judge`: a language model scores answers, chooses between two, or guesses texts from emoji."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emojit.cli import output
from emojit.cli.options import DryRunOption, JsonOption, OutOption, SetOption
from emojit.cli.stopping import stopped_by_sigterm

if TYPE_CHECKING:
    from emojit.evaluation.judge.plan import JudgePlan
    from emojit.evaluation.judge.records import Stage
    from emojit.evaluation.judge.session import JudgeResult

app = typer.Typer(no_args_is_help=True, help="Let a language model judge answers.", rich_markup_mode=None)

RecipeArgument = Annotated[str, typer.Argument(metavar="[RECIPE]", help="TOML file or packaged recipe.")]
PredictionsOption = Annotated[
    list[str],
    typer.Option(
        "--predictions",
        metavar="[NAME=]FILE",
        help="eval_predictions.parquet of `emojit evaluate`; may be repeated. NAME renames its first system.",
    ),
]
SystemsOption = Annotated[
    str | None,
    typer.Option(
        "--systems",
        metavar="NAME,…",
        help="Systems that are judged; without it gold and the first one of each file.",
        show_default=False,
    ),
]
SampleOption = Annotated[int | None, typer.Option("--sample", help="Texts to draw; 0 means all.")]
TextsOption = Annotated[
    Path | None,
    typer.Option(
        "--texts",
        metavar="TASK|FILE",
        help="Judge these texts instead of a sample: a folder of `emojit rate prepare`, or a file of ids.",
        show_default=False,
    ),
]
AsksOption = Annotated[
    int | None, typer.Option("--asks", help="Independent answers to every question; 2 for self-agreement.")
]
BaseUrlOption = Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Endpoint of the judge.")]
ModelOption = Annotated[str | None, typer.Option("--model", metavar="NAME", help="Model name at the endpoint.")]
ConcurrencyOption = Annotated[int | None, typer.Option("--concurrency", help="Questions in flight at most.")]
StoreOption = Annotated[
    Path | None, typer.Option("--store", help="File of the replies; beside the folder otherwise.", dir_okay=False)
]
MaxCostOption = Annotated[
    float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Stop before this run costs more.")
]


_HELP: dict[Stage, str] = {
    "scores": """Score answers: semantic match and naturalness 0 to 4, misleading or not, the greatest fault, and why.

    The key of the judge comes from EMOJIT_API_KEY or OPENAI_API_KEY. Replies are stored beside the folder, so the same command asks nothing twice.

    Example: emojit judge scores --predictions runs/a/eval_predictions.parquet --model my-judge --out outputs/judge/a --dry-run
    """,
    "pairs": """Choose between the answers of two systems, each pair in both orders; pairs that the order decides are ties.

    More than two systems get strengths by Bradley and Terry. Key and replies as in `emojit judge scores`.

    Example: emojit judge pairs --predictions A=runs/a/eval_predictions.parquet --predictions B=runs/b/eval_predictions.parquet --systems A,B
    """,
    "guess": """Guess the text from the emoji among four: how much of the meaning the emoji carry.

    Key and replies as in `emojit judge scores`.

    Example: emojit judge guess --predictions runs/a/eval_predictions.parquet --systems gold,student,constant --model my-judge
    """,
}


def _register(stage: Stage) -> None:
    """Make the command of a stage: all three take the same options."""

    def ask(
        predictions: PredictionsOption,
        recipe: RecipeArgument = "judge",
        systems: SystemsOption = None,
        sample: SampleOption = None,
        texts: TextsOption = None,
        asks: AsksOption = None,
        base_url: BaseUrlOption = None,
        model: ModelOption = None,
        concurrency: ConcurrencyOption = None,
        out: OutOption = None,
        store: StoreOption = None,
        overrides: SetOption = None,
        dry_run: DryRunOption = False,
        max_cost: MaxCostOption = None,
        as_json: JsonOption = False,
    ) -> None:
        from emojit.evaluation.judge.session import default_store, judge
        from emojit.recipe import JudgeRecipe, load

        given = {
            "systems": None if systems is None else [name.strip() for name in systems.split(",") if name.strip()],
            "sample": sample,
            "asks": asks,
            "teacher.base_url": base_url,
            "teacher.model": model,
            "teacher.concurrency": concurrency,
        }
        options = [
            f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in given.items() if value is not None
        ]
        resolved = load(JudgeRecipe, recipe, overrides=[*options, *(overrides or ())])
        folder = out or Path("outputs") / "judge" / resolved.name
        if dry_run:
            from emojit.evaluation.judge.plan import plan

            planned = plan(stage, resolved, predictions, texts=texts, store=store or default_store(folder))
            result = {"recipe": recipe, "out": str(folder), "max_cost": max_cost, **dataclasses.asdict(planned)}
            output.show(result, as_json=as_json, text=_plan_text(folder, planned, max_cost))
        else:
            with stopped_by_sigterm():
                judged = judge(
                    stage,
                    resolved,
                    predictions,
                    out=folder,
                    texts=texts,
                    store=store,
                    max_cost=max_cost,
                    quiet=as_json,
                )
            output.show(_facts(stage, judged), as_json=as_json, text=_result_text(judged))

    app.command(name=stage, help=_HELP[stage])(ask)


for _stage in _HELP:
    _register(_stage)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Folder that `emojit judge` wrote.", file_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Write judge.json and judge.md of a folder again; nothing is asked.

    Example: emojit judge report outputs/judge/judge
    """
    from emojit.evaluation.judge.page import markdown
    from emojit.evaluation.judge.session import write_report

    made = write_report(folder)
    output.show(made.as_dict(), as_json=as_json, text=markdown(made).rstrip())


def _facts(stage: Stage, judged: JudgeResult) -> dict[str, object]:
    asked = judged.asked
    return {
        "stage": stage,
        "out": str(judged.out),
        "store": str(judged.store),
        "asked": asked.counts.asked,
        "from_store": asked.counts.from_store,
        "spent_usd": asked.counts.spent_usd,
        "judgements": asked.rows,
        "rejected": asked.rejected,
        "report": judged.report.as_dict(),
    }


def _plan_text(out: Path, plan: JudgePlan, max_cost: float | None) -> str:
    from emojit.teacher.budget import dollars

    guess = plan.estimate
    tokens = f"about {guess.prompt_tokens:,} in prompts and {guess.completion_tokens:,} in answers"
    cost = "not known" if guess.cost_usd is None else f"about {dollars(guess.cost_usd)}"
    return "\n".join(
        [
            f"folder      {out}",
            f"systems     {', '.join(plan.systems)}",
            f"texts       {plan.texts:,} of {plan.of:,}",
            *(f"            {n:>9,}  {topic}" for topic, n in plan.topics.items()),
            f"questions   {plan.questions:,}, of which {plan.questions - plan.to_ask:,} are answered in the reply store",
            f"tokens      {tokens} ({guess.tokens_basis})",
            f"cost        {cost} ({guess.price_basis})",
            *([f"limit       {dollars(max_cost)}"] if max_cost is not None else []),
            "dry run: nothing was asked and nothing written",
        ]
    )


def _result_text(judged: JudgeResult) -> str:
    from emojit.evaluation.judge.page import markdown
    from emojit.teacher.budget import dollars

    counts = judged.asked.counts
    return "\n".join(
        [
            markdown(judged.report).rstrip(),
            "",
            f"written to {judged.out}",
            f"questions: {counts.asked:,} asked, {counts.from_store:,} answered by the reply store {judged.store}",
            *([f"cost: {dollars(counts.spent_usd)} in this run"] if counts.spent_usd else []),
        ]
    )
