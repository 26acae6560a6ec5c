"""The score of an alert: the figure with its interval, and the way to it, one sentence and one bar a step."""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from dash import html

from dashboard.aria import HIDDEN
from dashboard.formats import count, minute, percent
from dashboard.reasons import Reasons, interval_words, read_reasons, score_bar, signed
from dashboard.words import say
from data.dossier import ScoreShown

UNSEEN = 0.0005
"""A step smaller than this, in probability, is not drawn."""


@dataclass(frozen=True)
class Step:
    """One step of the way: from one probability to the next."""

    words: str
    kind: str
    """base, up, down or final."""
    start: float
    end: float
    figure: str


def steps(reasons: Reasons, score: ScoreShown, language: str) -> list[Step]:
    """Base, each reason, the rest, the end: every step begins where the one before ended."""
    found = [Step(say("alert.from_base", language), "base", 0.0, reasons.p_base, percent(reasons.p_base))]
    moves = [(item.sentence(language), item.points) for item in reasons.items]
    moves.append((say("alert.rest", language), reasons.rest_points))
    moves.append((say("alert.calibration", language), 100 * (score.p_confirmed - reasons.p_margin)))
    at = reasons.p_base
    for position, (words, points) in enumerate(moves):
        if position >= len(reasons.items) and abs(points) < 100 * UNSEEN:
            continue
        after = at + points / 100
        found.append(Step(words, "up" if points >= 0 else "down", at, after, signed(points)))
        at = after
    found.append(Step(say("alert.final", language), "final", 0.0, score.p_confirmed, percent(score.p_confirmed)))
    return found


def score_card(score: ScoreShown | None, language: str, *, drawn: bool = False) -> html.Section:
    """The likelihood with its interval, where it comes from, and why; of a random check, why it is not told yet."""
    if score is None:
        return html.Section(
            [
                html.H2(say("alert.score", language)),
                html.P(say("queue.after_verdict" if drawn else "queue.not_scored", language), className="unscored"),
                html.P(say("queue.check_why" if drawn else "queue.not_scored_why", language), className="muted"),
            ],
            className="card score-card",
        )
    reasons = read_reasons(score.reasons)
    return html.Section(
        [
            html.H2(say("alert.score", language)),
            html.Div(
                [
                    html.Span(percent(score.p_confirmed, digits=0), className="score-figure"),
                    html.Div(
                        [
                            html.Div(interval_words(score.p_low, score.p_high, language)),
                            html.Div(_when(score, language), className="muted small"),
                        ]
                    ),
                ],
                className="score-head",
            ),
            score_bar(score.p_confirmed, score.p_low, score.p_high, language),
            html.P(_source(score, language), className="muted small"),
            *(_why(steps(reasons, score, language), language) if reasons else ()),
        ],
        className="card score-card",
    )


def _when(score: ScoreShown, language: str) -> str:
    scored = say("alert.scored_at", language, time=minute(score.scored_at))
    return scored if score.rank is None else f"{say('alert.rank', language, n=count(score.rank))} · {scored}"


def _source(score: ScoreShown, language: str) -> str:
    if score.n_learned is None:
        return say("alert.score_prior", language)
    return say("alert.score_what", language, n=count(score.n_learned))


def _why(way: list[Step], language: str) -> list[Any]:
    low, high = span(way)
    axis = html.Li(
        [
            html.Span(),
            html.Span([html.Span(percent(low, digits=0)), html.Span(percent(high, digits=0))], className="axis"),
        ],
        className="step step-axis",
        **HIDDEN,
    )
    return [
        html.H3(say("alert.why", language), className="why-head"),
        html.Ol([axis, *(_line(step, low, high) for step in way)], className="waterfall"),
        html.P(say("alert.points_note", language), className="muted small"),
    ]


def span(way: list[Step]) -> tuple[float, float]:
    """The stretch of probability that is drawn: all steps with some air, to full tens of per cent."""
    ends = [step.end for step in way]
    return max(0.0, floor(10 * min(ends) - 0.2) / 10), min(1.0, ceil(10 * max(ends) + 0.2) / 10)


def _line(step: Step, low: float, high: float) -> html.Li:
    """A sentence, its bar and its points; where the way begins and ends is a mark, as the scale need not begin at 0."""
    ends = (step.end, step.end) if step.kind in ("base", "final") else (step.start, step.end)
    left, right = ((min(high, max(low, end)) - low) / (high - low) for end in sorted(ends))
    bar = html.Span(
        className=f"step-bar step-{step.kind}", style={"left": f"{left:.2%}", "width": f"{right - left:.2%}"}
    )
    return html.Li(
        [
            html.Span(step.words, className="step-words"),
            html.Span(bar, className="step-track", **HIDDEN),
            html.Span(step.figure, className="step-figure"),
        ],
        className=f"step step-of-{step.kind}",
    )
