"""The rules of the house as a table: what each is set to, its default and its range, and the form to change one."""

from collections.abc import Mapping, Sequence

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.administration import View, address, button, refusal, text
from dashboard.formats import count
from dashboard.words import say
from data import policy

PATH = "/security"
FORMS: Mapping[str, Sequence[str]] = {"rule": ("value",)}
"""The form of a rule and its field."""
_COLUMNS = ("rule", "value", "default", "range", "do")


def drawn(session: Session, view: View, language: str) -> html.Div:
    """The table beside the rule that is to be changed."""
    values = policy.values(session)
    numbers = ("value", "default", "range")
    heads = [
        html.Th(say(f"security.column_{name}", language), scope="col", className="number" if name in numbers else "")
        for name in _COLUMNS
    ]
    rows = [_row(rule, values[name], name == view.get("rule"), language) for name, rule in policy.RULES.items()]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed")
    rule = policy.RULES.get(view.get("rule", ""))
    return html.Div(
        [
            html.Section(html.Div(table, className="scrolls"), className="card"),
            html.Div(_form(rule, values[rule.name], language) if rule else _none(language), className="admin-beside"),
        ],
        className="admin-two",
    )


def rule_words(rule: policy.Rule, language: str) -> str:
    """What a rule is called."""
    return rule.zh if language == "zh" else rule.en[0].upper() + rule.en[1:]


def _row(rule: policy.Rule, value: int, here: bool, language: str) -> html.Tr:
    href = address(PATH, {"part": "policy", "rule": rule.name})
    return html.Tr(
        [
            html.Th(rule_words(rule, language), scope="row"),
            html.Td(html.Strong(count(value)), className="number admin-amber" if value != rule.default else "number"),
            html.Td(count(rule.default), className="number muted"),
            html.Td(f"{count(rule.least)}–{count(rule.most)}", className="number muted"),
            html.Td(dcc.Link(say("security.edit", language), href=href, className="button")),
        ],
        className="pile-here" if here else "",
    )


def _none(language: str) -> html.Section:
    return html.Section(html.P(say("security.rule_none", language), className="muted"), className="card")


def _loses(rule: policy.Rule, value: int, language: str) -> list[html.P]:
    """What turning the rule off costs; amber where it is off."""
    sentence = rule.loses[0 if language == "zh" else 1]
    return [html.P(sentence, className="muted" if value else "admin-amber")] if sentence else []


def _form(rule: policy.Rule, value: int, language: str) -> html.Section:
    label = say("security.rule_value", language, least=count(rule.least), most=count(rule.most))
    return html.Section(
        [
            html.H2(rule_words(rule, language)),
            html.P(say("security.rule_why", language, value=count(value), default=count(rule.default))),
            *_loses(rule, value, language),
            text("rule", "value", label, kind="number", value=value),
            button("rule", say("security.rule_put", language)),
            refusal("rule"),
        ],
        className="card looked admin-form",
    )
