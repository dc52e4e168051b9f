"""Templates with what never changes compiled into them."""

from __future__ import annotations

import pytest
from jinja2 import DictLoader, FileSystemLoader, StrictUndefined, TemplateAssertionError

from tests.support.web import framed_app
from vap_meet.domain.appointment import Language
from vap_meet.web.appkeys import RENDERER
from vap_meet.web.assets import bundled
from vap_meet.web.render import bdi, json_block, lines
from vap_meet.web.templates import Templates


class Words:
    """Texts that remember how often they were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def t(self, key: str, **params: object) -> str:
        self.asked.append(key)
        return f"<{key} {params['n']}>" if params else f"<{key}>"


@pytest.fixture
def words():
    return Words()


def compiled(words, text, **others):
    loader = DictLoader({"page": text, **others})
    return Templates(standing={"t": words.t}, loader=loader, autoescape=True).get_template("page")


def test_a_literal_key_is_asked_for_once_and_never_while_rendering(words):
    page = compiled(words, "{% if shown %}{{ t('one') }}{% endif %}{{ x }}")
    assert words.asked == ["one"]
    assert [page.render(shown=shown, x=shown) for shown in (1, 0, 1)] == ["&lt;one&gt;1", "0", "&lt;one&gt;1"]
    assert words.asked == ["one"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ t(key) }}", "&lt;late&gt;"),
        ("{{ t('some', n=key) }}", "&lt;some late&gt;"),
        ("{{ t('a' if key else 'b') }}", "&lt;a&gt;"),
        ("{{ t(*[key]) }}", "&lt;late&gt;"),
        ("{{ t('count', **{'n': 3}) }}", "&lt;count 3&gt;"),
    ],
)
def test_what_depends_on_the_rendering_is_asked_for_then(words, text, shown):
    page = compiled(words, text)
    assert words.asked == []
    assert page.render(key="late") == shown


def test_a_macro_and_a_parameter_have_their_words_too(words):
    macros = "{% macro field(label) %}[{{ label }} {{ t('inner') }}]{% endmacro %}"
    page = compiled(words, "{% import 'm' as m %}{{ m.field(t('outer')) }}{{ t('x')|length }}", m=macros)
    assert page.render() == "[&lt;outer&gt; &lt;inner&gt;]3"


@pytest.mark.parametrize(
    "text",
    [
        "{% set t = 1 %}",
        "{% for t in (1, 2) %}{{ t('one') }}{% endfor %}",
        "{% macro m(t) %}{{ t('one') }}{% endmacro %}",
        "{% with t = 1 %}{{ t('one') }}{% endwith %}",
    ],
)
def test_a_template_that_means_something_else_by_the_name_is_refused(words, text):
    with pytest.raises(TemplateAssertionError):
        compiled(words, text)


@pytest.mark.parametrize("language", Language)
def test_every_text_that_a_template_names_is_there(language):
    texts = framed_app([])[RENDERER].catalogues[language]
    pages = Templates(
        standing={"t": texts.t}, loader=FileSystemLoader(bundled("templates")), undefined=StrictUndefined
    )
    pages.filters.update(json_block=json_block, bdi=bdi, lines=lines)
    names = pages.list_templates()
    assert len(names) > 50
    for name in names:
        pages.get_template(name)
