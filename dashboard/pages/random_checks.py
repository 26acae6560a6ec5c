"""Random checks: what is the confirmation rate of all alerts, and was the slice drawn as the rule says?"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dash
from dash import Dash, html

from dashboard import shell, visitor
from dashboard.formats import NOTHING, count, percent
from dashboard.words import say
from data import check_slice, policy
from data.confirmation import rate
from data.office_time import utc_now

if TYPE_CHECKING:
    from scoring.unbiased import Checked, Estimate

RIGHT = "assess"
WEEKS = 26
"""Weeks that are pooled: a single one holds too few checks."""
SHOWN = 12
"""Misdrawn alerts that are named."""


def layout(lang: str | None = None, **_query: Any) -> html.Div:
    """The figures of all alerts beside those of what was verified, the rule, and the slice week by week."""
    language, now = shell.language_of(lang), utc_now()
    return shell.frame("random_checks", language, html.Div(body(language, now=now), className="work"))


def body(language: str, *, now: datetime) -> list[Any]:
    """The page below the header, of the alerts that the visitor sees."""
    # Loaded with the page: the others start without pandas.
    from scoring.unbiased import Checked, slice_of

    since = now - timedelta(weeks=WEEKS)
    with visitor.seen() as session:
        alerts = slice_of(session, since=since)
        weeks = check_slice.weeks(session, since=since)
        waiting = check_slice.waiting(session, now=now)
        rule = _rule(
            check_slice.share(session),
            check_slice.seed(session),
            check_slice.misdrawn(session, since=since),
            now,
            language,
        )
    checked, verified = Checked(alerts), alerts[~alerts["open"].astype(bool) & alerts["label"].notna()]
    naive = Checked(verified.assign(share=1.0, drawn=True))
    return [
        html.Div(html.Div(_heading(checked, naive, language)), className="work-head"),
        html.Section(
            [
                html.H2(say("random_checks.figures", language)),
                html.Div(_figures(checked, naive, language), className="scrolls"),
                *[html.P(said, className="muted small") for said in _basis(checked, waiting, language)],
            ],
            className="card",
        ),
        html.Section(rule, className="card"),
        html.Section([html.H2(say("random_checks.weeks", language)), _weeks(weeks, language)], className="card"),
        _what(language),
    ]


def _heading(checked: "Checked", naive: "Checked", language: str) -> list[Any]:
    found = checked.confirmed() if checked.n_alerts else None
    if found is None or found.value is None:
        counts = {"drawn": count(checked.n_drawn), "concluded": count(checked.n_concluded), "weeks": WEEKS}
        title, lead = say("random_checks.title_none", language), say("random_checks.lead_none", language, **counts)
        return [html.H1(title), html.P(lead, className="lead")]
    low, high = percent(found.low, digits=0), percent(found.high, digits=0)
    plain = rate(naive.n_confirmed, naive.n_alerts)
    lead = say(
        "random_checks.lead", language,
        naive=percent(plain["share"]), k=count(plain["n_confirmed"]), n=count(plain["n"]),
    )  # fmt: skip
    title = say("random_checks.title", language, rate=percent(found.value, digits=0), low=low, high=high)
    return [html.H1(title), html.P(lead, className="lead")]


def _figures(checked: "Checked", naive: "Checked", language: str) -> html.Table:
    heads = [
        html.Th(
            say(f"random_checks.column_{name}", language, **({"weeks": WEEKS} if name == "figure" else {})),
            scope="col",
            className="" if name == "figure" else "number",
        )
        for name in ("figure", "all", "verified", "late")
    ]
    ours, theirs = checked.figures(), naive.figures()
    rows = [
        html.Tr(
            [
                html.Th(say(f"random_checks.row_{name}", language), scope="row"),
                _estimated(found, language),
                html.Td(percent(theirs[name].value) if name in theirs else NOTHING, className="number muted"),
                html.Td(_between(found.floor, found.ceiling, language), className="number muted"),
            ]
        )
        for name, found in ours.items()
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed", id="checked")


def _estimated(found: "Estimate", language: str) -> html.Td:
    interval = html.Span(_between(found.low, found.high, language), className="muted small")
    return html.Td([html.Span(percent(found.value), className="share"), interval], className="number")


def _between(low: float, high: float, language: str) -> str:
    return say("random_checks.between", language, low=percent(low, digits=0), high=percent(high, digits=0))


def _basis(checked: "Checked", waiting: check_slice.Waiting, language: str) -> list[str]:
    """What the figures rest on, what is left out of them, and what waits."""
    counts = {name: count(getattr(checked, f"n_{name}")) for name in ("alerts", "whole", "drawn", "concluded")}
    said = [say("random_checks.basis", language, **counts)]
    if checked.n_fresh:
        said.append(say("random_checks.fresh", language, n=count(checked.n_fresh)))
    if waiting.n:
        return [*said, say("random_checks.waiting", language, n=count(waiting.n), days=count(waiting.oldest_days))]
    return [*said, say("random_checks.waiting_none", language)] if checked.n_drawn else said


def _rule(share: float, seed: int, misdrawn: list[int], now: datetime, language: str) -> list[Any]:
    loses = policy.RULES[check_slice.SHARE].loses[0 if language == "zh" else 1]
    week = check_slice.week(now)
    text = f"SHA-256({seed}|12|{week}) → {check_slice.lot(seed, 12, now):.4f}"
    if misdrawn:
        ids = ", ".join(f"#{number}" for number in misdrawn[:SHOWN])
        again = html.P(say("random_checks.not_followed", language, n=count(len(misdrawn)), ids=ids), className="error")
    else:
        again = html.P(say("random_checks.followed", language, weeks=WEEKS))
    standing = (
        html.P(say("random_checks.share", language, share=percent(share, digits=0)))
        if share
        else html.P([say("random_checks.off", language), loses], className="admin-amber")
    )
    return [
        html.H2(say("random_checks.rule", language)),
        standing,
        html.P(say("random_checks.formula", language)),
        html.P(say("random_checks.example", language, seed=seed, week=week, text=text), className="muted small"),
        again,
    ]


def _weeks(weeks: list[check_slice.Week], language: str) -> Any:
    if not weeks:
        return html.P(say("random_checks.none", language), className="muted")
    names = ("week", "raised", "share", "drawn", "concluded")
    heads = [
        html.Th(
            say(f"random_checks.column_{name}", language), scope="col", className="" if name == "week" else "number"
        )
        for name in names
    ]
    rows = [
        html.Tr(
            [
                html.Th(one.week, scope="row"),
                html.Td(count(one.n_alerts), className="number"),
                html.Td(percent(one.share, digits=0), className="number muted"),
                html.Td(count(one.n_drawn), className="number"),
                html.Td(count(one.n_concluded), className="number"),
            ]
        )
        for one in weeks
    ]
    return html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed"), className="scrolls"
    )


def _what(language: str) -> html.Details:
    said = [html.Li(say(f"random_checks.what_{name}", language)) for name in ("two", "interval", "blind")]
    return html.Details([html.Summary(say("random_checks.what", language)), html.Ul(said)], className="card what")


def register(_app: Dash) -> None:
    """File the page."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/random-checks", layout=layout, title="明镜 · 随机抽查"
    )
