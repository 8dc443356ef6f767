"""Rendering a card: Jinja templates that refuse a missing variable, and front matter as YAML."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from emojit.errors import CardError
from emojit.release.markdown import FILTERS
from emojit.resources import resource


def render(template: str, context: Mapping[str, object]) -> str:
    """Render a packaged template.

    Nothing is escaped by itself: a template says with a filter of `emojit.release.markdown` what text from data becomes.

    Args:
        template: folder and file, such as "dataset_cards/dataset.md.jinja".
        context: the variables of the template.

    Returns:
        The card, with exactly one line break at its end.

    Raises:
        CardError: the template asks for a variable that is not in `context`.
    """
    import jinja2

    path = resource(template)
    environment = jinja2.Environment(  # Markdown, not HTML
        loader=jinja2.FileSystemLoader(path.parent, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    try:
        text = environment.get_template(path.name).render(context)
    except jinja2.UndefinedError as exc:
        raise CardError(f"{template}: a fact of the card is missing: {exc.message}") from exc
    return text.rstrip("\n") + "\n"


def front_matter(fields: Mapping[str, object]) -> str:
    """Write the metadata of a card as YAML, in the order given; keys whose value is None are left out."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=120).rstrip("\n")
