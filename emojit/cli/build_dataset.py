"""`emojit build-dataset`: from articles to a build folder, or the plan of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emojit.cli import output
from emojit.cli.options import DryRunOption, JsonOption, OutOption, SetOption
from emojit.cli.stopping import stopped_by_sigterm

if TYPE_CHECKING:
    from emojit.dataset.build import BuildResult
    from emojit.dataset.plan import BuildPlan


def build_dataset(
    recipe: Annotated[str, typer.Argument(metavar="[RECIPE]", help="TOML file or packaged recipe.")] = "sample",
    corpus: Annotated[str | None, typer.Option("--corpus", metavar="FILE|REPO", help="Articles to read.")] = None,
    teacher: Annotated[Literal["recorded", "openai"] | None, typer.Option("--teacher", help="Who is asked.")] = None,
    base_url: Annotated[str | None, typer.Option("--base-url", metavar="URL", help="Endpoint of the teacher.")] = None,
    model: Annotated[str | None, typer.Option("--model", metavar="NAME", help="Model name at the endpoint.")] = None,
    concurrency: Annotated[int | None, typer.Option("--concurrency", help="Questions in flight at most.")] = None,
    count: Annotated[int | None, typer.Option("--count", help="Pairs to end with; 0 means every sentence.")] = None,
    out: OutOption = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="File of the replies; beside the folder otherwise.", dir_okay=False)
    ] = None,
    overrides: SetOption = None,
    dry_run: DryRunOption = False,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", metavar="USD", min=0, help="Stop before this run costs more.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Build a data set: articles, sentences, filters, teacher, pairs, splits, card.

    The key of the teacher comes from EMOJIT_API_KEY or OPENAI_API_KEY. Every reply is stored beside the folder, so the same command goes on after a
    crash and asks nothing twice. Where the corpus does not give --count pairs, the build stands with what it gave, says how many are missing and
    why, and exits with 0.

    Example: emojit build-dataset openai --corpus articles.jsonl --model my-model --out builds/v1 --dry-run
    """
    from emojit.recipe import BuildRecipe, load

    given = {
        "corpus.source": corpus,
        "teacher.kind": teacher,
        "teacher.base_url": base_url,
        "teacher.model": model,
        "teacher.concurrency": concurrency,
        "count": count,
    }
    options = [f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in given.items() if value is not None]
    resolved = load(BuildRecipe, recipe, overrides=[*options, *(overrides or ())])
    out = out or Path("builds") / resolved.name
    if dry_run:
        from emojit.dataset.build import default_store
        from emojit.dataset.plan import plan

        planned = plan(resolved, store=store or default_store(out), quiet=as_json)
        result = {"recipe": recipe, "out": str(out), "max_cost": max_cost, **dataclasses.asdict(planned)}
        output.show(result, as_json=as_json, text=_plan_text(recipe, out, planned, max_cost))
    else:
        from emojit.dataset.build import build
        from emojit.release.cards import render_dataset_card

        with stopped_by_sigterm():
            built = build(
                resolved, out, render_card=render_dataset_card, store=store, max_cost=max_cost, quiet=as_json
            )
        output.show(built.as_dict(), as_json=as_json, text=_result_text(built))


def _plan_text(recipe: str, out: Path, plan: BuildPlan, max_cost: float | None) -> str:
    from emojit.teacher.budget import dollars

    source = plan.inputs.get("repo") or plan.inputs.get("path")
    left_out = f", {plan.left_out:,} left out by corpus.share" if plan.left_out else ""
    splits = ", ".join(f"{split} {n:,}" for split, n in plan.splits.items())
    wanted = f"{plan.wanted:,} wanted, from {plan.pair_yield:.0%} of the sentences ({plan.yield_basis})"
    guess = plan.estimate
    tokens = f"about {guess.prompt_tokens:,} in prompts and {guess.completion_tokens:,} in answers"
    cost = "not known" if guess.cost_usd is None else f"about {dollars(guess.cost_usd)}"
    enough = ""
    if max_cost is not None and guess.cost_usd is not None:
        enough = (
            "enough"
            if guess.cost_usd <= max_cost
            else f"the run would stop after {max_cost / guess.cost_usd:.0%} of that"
        )
    return "\n".join(
        [
            f"recipe      {recipe} ({plan.name})",
            f"folder      {out}",
            f"corpus      {source}: {plan.articles:,} articles{left_out}",
            *(f"            {n:,} lines cannot be read: {reason}" for reason, n in plan.unreadable.items()),
            f"sentences   {plan.candidates:,} offered, {plan.kept:,} kept",
            *(f"            {n:>9,}  {reason}" for reason, n in plan.dropped.items()),
            *([f"pairs       {wanted}"] if plan.wanted else []),
            f"splits      {splits}",
            f"licence     {plan.licence}",
            f"questions   {plan.questions:,}, of which {plan.stored:,} are answered in the reply store",
            *([f"tokens      {tokens} ({guess.tokens_basis})"] if guess.prompt_tokens else []),
            f"cost        {cost} ({guess.price_basis})",
            *([f"limit       {dollars(max_cost)}: {enough}"] if max_cost is not None and enough else []),
            *([f"refused     the build would not ask the teacher: {plan.refusal}"] if plan.refusal else []),
            "dry run: nothing was asked and nothing written",
        ]
    )


def _result_text(result: BuildResult) -> str:
    from emojit.teacher.budget import dollars

    rows = ", ".join(f"{split} {n:,}" for split, n in result.rows.items())
    if result.already_complete:
        return f"{result.folder} is already complete with the same content ({rows}); nothing was done"
    dropped = [
        f"  {n:>9,}  {stage}: {reason}" for stage, counts in result.rejected.items() for reason, n in counts.items()
    ]
    return "\n".join(
        [
            f"built {result.folder} in {result.seconds:.1f} s",
            f"pairs: {sum(result.rows.values()):,} ({rows})",
            *([f"missing: {result.short_of:,} of {result.wanted:,} pairs: {result.why}"] if result.short_of else []),
            f"questions: {result.asked:,} asked, {result.from_store:,} answered by the reply store {result.store or ''}".rstrip(),
            *([f"cost: {dollars(result.spent_usd)} in this run"] if result.spent_usd else []),
            *(["rejected:", *dropped] if dropped else []),
        ]
    )
