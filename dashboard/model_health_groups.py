"""Groups, weak spots and what moves the scores: the parts of the health page that look inside the whole."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.administration import name_in
from dashboard.charts import chart, swarm_plot
from dashboard.formats import NOTHING, count, percent
from dashboard.model_health import Shown, table, twin
from dashboard.words import say, words
from data.tables import Domain, Region, Score, SupervisionModel

KINDS = ("county", "place", "age", "sex", "source", "domain")
MOST_FACTS = 10
MOST_DOTS = 400
"""Alerts whose stored contributions are drawn, the first of the queue."""


def group_names(session: Session, language: str) -> dict[tuple[str, str], str]:
    """What groups are called: kind and group -> name."""
    name = name_in(language)
    regions = session.execute(select(Region.code, getattr(Region, name)).where(Region.level == 3)).all()
    domains = session.execute(select(Domain.code, getattr(Domain, name))).all()
    models = session.execute(
        select(SupervisionModel.code, getattr(SupervisionModel, name)).order_by(SupervisionModel.version)
    ).all()
    found = {("county", code): text for code, text in regions} | {("domain", code): text for code, text in domains}
    return found | {("source", code): f"{code} {text}" for code, text in models}


def named(row: Mapping[str, Any], known: Mapping[tuple[str, str], str], language: str) -> str:
    """A group's name."""
    by, group = str(row["by"]), str(row["group"])
    key = f"model_health.group_{by}_{group}"
    return say(key, language) if key in words() else known.get((by, group), group)


def groups(session: Session, shown: Shown, language: str) -> html.Section | None:
    """Of each group: share of alerts, confirmed, said, difference, share on top; small groups without figures."""
    rows = shown.metrics.get("groups") or []
    if not rows:
        return None
    known = group_names(session, language)
    heads = [say(f"model_health.group_{name}", language) for name in ("name", "n", "confirmed", "said", "gap", "top")]
    parts: list[Any] = []
    for kind in KINDS:
        of_kind = [row for row in rows if row["by"] == kind]
        if not of_kind:
            continue
        lines = [_line(row, named(row, known, language), language) for row in of_kind if not row.get("small")]
        n_small = sum(bool(row.get("small")) for row in of_kind)
        note = html.P(say("model_health.small", language, n=n_small), className="muted small") if n_small else None
        content = [html.Summary(say(f"model_health.kind_{kind}", language, n=len(of_kind))), table(heads, lines), note]
        parts.append(html.Details(content, className="what", open=kind in ("county", "place", "age", "sex")))
    return html.Section(
        [
            html.H2(say("model_health.groups", language)),
            html.P(say("model_health.groups_why", language), className="muted small"),
            *parts,
        ],
        className="card health-part",
    )


def _line(row: Mapping[str, Any], name: str, language: str) -> list[Any]:
    confirmed = row.get("confirmed")
    apart = confirmed is not None and abs(row["gap"]) > 2 * row["gap_error"]
    gap = NOTHING if confirmed is None else f"{100 * row['gap']:+.0f}"
    return [
        name,
        _with(count(row["n"]), percent(row["share"], digits=0)),
        NOTHING if confirmed is None else _interval(confirmed, f", n={row['n_concluded']}"),
        NOTHING if confirmed is None else percent(row["mean_p"], digits=0),
        _with(gap, say("model_health.apart", language), style="late-note") if apart else gap,
        _interval(row["top"]),
    ]


def _interval(one: Mapping[str, Any], more: str = "") -> list[Any]:
    span = f"{percent(one['low'], digits=0)}–{percent(one['high'], digits=0)}{more}"
    return _with(percent(one["value"], digits=0), span)


def _with(figure: str, note: str, *, style: str = "") -> list[Any]:
    return [html.Span(figure, className=style), html.Span(note, className=style or "muted small")]


def weak(session: Session, shown: Shown, language: str) -> html.Section | None:
    """Where the model is worst, in words."""
    if "weak" not in shown.metrics or not shown.metrics.get("figures"):
        return None
    known = group_names(session, language)
    lines = [html.Li(weak_words(one, named(one, known, language), language)) for one in shown.metrics["weak"]]
    nothing = html.P(say("model_health.no_weak", language), className="muted")
    return html.Section(
        [html.H2(say("model_health.weak", language)), html.Ul(lines, className="model-list") if lines else nothing],
        className="card health-part",
    )


def weak_words(one: Mapping[str, Any], name: str, language: str) -> str:
    """One weak spot in a sentence."""
    kind = say(f"model_health.by_{one['by']}", language)
    if one["sign"] == "order":
        return say("model_health.weak_order", language, by=kind, name=name, n=count(one["n"]), auc=f"{one['auc']:.2f}")
    key = "weak_low" if one["share"] > one["mean_p"] else "weak_high"
    return say(f"model_health.{key}", language, by=kind, name=name, n=count(one["n"]),
               p=percent(one["mean_p"], digits=0), share=percent(one["share"], digits=0))  # fmt: skip


def importance(shown: Shown, language: str) -> html.Section | None:
    """What moves the scores most, as bars."""
    facts = (shown.metrics.get("importance") or [])[:MOST_FACTS]
    if not facts:
        return None
    longest = max(one["points"] for one in facts) or 1.0
    bars = [
        html.Li(
            [
                html.Span(one[language], className="fact-name"),
                html.Span(html.Span(className="fact-bar", style={"width": f"{one['points'] / longest:.1%}"}),
                          className="fact-track"),
                html.Span(say("model_health.points", language, n=f"{one['points']:.1f}"), className="fact-figure"),
            ]
        )
        for one in facts
    ]  # fmt: skip
    return html.Section(
        [
            html.H2(say("model_health.importance", language)),
            html.P(say("model_health.importance_why", language), className="muted small"),
            html.Ol(bars, className="movers"),
        ],
        className="card health-part",
    )


def swarm(session: Session, shown: Shown, language: str, theme: str) -> html.Section | None:
    """Every stored contribution of the queue as a dot, by fact."""
    wanted = select(Score.reasons).where(Score.risk_model_id == shown.model.id, Score.queue_rank.is_not(None))
    stored = [json.loads(text)["items"] for text in session.scalars(wanted.order_by(Score.queue_rank).limit(MOST_DOTS))]
    found: dict[str, list[tuple[float, Any]]] = {}
    for items in stored:
        for item in items:
            found.setdefault(item["feature"], []).append((float(item["points"]), item["value"]))
    if not found:
        return None
    called = {one["fact"]: one[language] for one in shown.metrics.get("importance") or []}
    ordered = sorted(found, key=lambda fact: -sum(abs(points) for points, _ in found[fact]))[:MOST_FACTS]
    facts = [{"name": _short(called.get(fact, fact)), "dots": _dots(found[fact])} for fact in ordered]
    figure = swarm_plot(facts, say("model_health.axis_points", language), theme)
    heads = [say(f"model_health.swarm_{name}", language) for name in ("fact", "n", "mean", "up")]
    rows = []
    for one, fact in zip(facts, ordered, strict=True):
        points = np.array([value for value, _ in found[fact]])
        rows.append(
            [
                one["name"],
                count(len(points)),
                f"{np.abs(points).mean():.1f}",
                percent(float((points > 0).mean()), digits=0),
            ]
        )
    title = say("model_health.swarm", language, n=count(len(stored)))
    return html.Section(
        [
            html.H2(title),
            html.P(say("model_health.swarm_why", language), className="muted small"),
            chart(figure, title, height=4 + 2.4 * len(facts)),
            twin(heads, rows, language),
        ],
        className="card health-part",
    )


def _short(name: str) -> str:
    return name if len(name) <= 22 else name[:21] + "…"


def _dots(values: list[tuple[float, Any]]) -> list[list[float | None]]:
    """Points, a height that keeps dots apart, and where the value stands among the others (None: it is no number)."""
    numbers = np.array(
        [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else np.nan for _, v in values]
    )
    ranks = np.full(len(values), np.nan)
    known = np.isfinite(numbers)
    if known.sum() > 1:
        order = np.argsort(np.argsort(numbers[known]))
        ranks[known] = order / (known.sum() - 1)
    heights = (np.arange(len(values)) * 0.618034) % 1.0 - 0.5
    return [
        [round(points, 2), round(float(0.6 * height), 3), None if np.isnan(rank) else round(float(rank), 2)]
        for (points, _), height, rank in zip(values, heights, ranks, strict=True)
    ]
