"""The preview: an alert in brief, beside the list, so that one can choose without leaving it."""

from datetime import date

from dash import dcc, html

from dashboard import shell
from dashboard.due import due_lamp
from dashboard.formats import day, percent, yuan
from dashboard.reasons import interval_words, read_reasons, score_bar, signed
from dashboard.words import say
from data.dossier import Dossier, Precedents
from data.states import STATES

SHOWN = 4


def empty_preview(language: str, key: str = "queue.preview_empty") -> html.Div:
    """What stands there before an alert is chosen, or when it is gone."""
    return html.Div(say(key, language), className="preview-empty muted")


def preview(found: Dossier, language: str, *, today: date, href: str) -> html.Div:
    """An alert in brief, with the way to its page."""
    alert, chinese = found.alert, language == "zh"
    return html.Div(
        [
            html.Div(
                [shell.level_shape(alert.level, language), due_lamp(alert.due_on, today, language)],
                className="preview-top",
            ),
            html.H2(alert.title if chinese else alert.title_en),
            _facts(found, language),
            _score(found, language),
            html.Section(
                [html.H3(say("queue.past", language)), html.P(rate_sentence(found.precedents, language))],
                className="preview-part",
            ),
            dcc.Link(
                [say("queue.open", language), html.Kbd(say("queue.open_key", language))],
                href=href,
                id="preview-open",
                className="button preview-open",
            ),
        ],
        className="preview-body",
    )


def _facts(found: Dossier, language: str) -> html.Dl:
    alert, chinese = found.alert, language == "zh"
    state = STATES[alert.status]
    verifier = found.names.get(alert.assignee or "", ("", ""))[0 if chinese else 1]
    facts = (
        ("state", state.name if chinese else state.name_en),
        ("supervision", say("queue.supervised_why", language) if alert.supervised_at else ""),
        ("subject", alert.subject_display),
        ("place", found.place if chinese else found.place_en),
        ("model", found.model if chinese else found.model_en),
        ("unit", found.unit if chinese else found.unit_en),
        ("verifier", verifier),
        ("amount", "" if alert.amount is None else say("queue.yuan", language, amount=yuan(alert.amount))),
        (
            "recoverable",
            "" if alert.recoverable is None else say("queue.yuan", language, amount=yuan(alert.recoverable)),
        ),
        ("raised", day(alert.raised_at)),
    )
    return html.Dl(
        [part for name, value in facts if value for part in (html.Dt(say(f"queue.{name}", language)), html.Dd(value))],
        className="facts",
    )


def _score(found: Dossier, language: str) -> html.Section:
    score = found.score
    if score is None:
        drawn = found.alert.drawn
        return html.Section(
            [
                html.H3(say("queue.check" if drawn else "queue.not_scored", language)),
                html.P(say("queue.check_why" if drawn else "queue.not_scored_why", language), className="muted"),
            ],
            className="preview-part",
        )
    reasons = read_reasons(score.reasons)
    lines = [
        html.Li([html.Span(reason.sentence(language)), html.Span(signed(reason.points), className="points")])
        for reason in (reasons.items[:SHOWN] if reasons else ())
    ]
    return html.Section(
        [
            html.H3(say("queue.likelihood", language)),
            html.Div(
                [
                    html.Span(percent(score.p_confirmed, digits=0), className="preview-score"),
                    html.Span(interval_words(score.p_low, score.p_high, language), className="muted small"),
                ],
                className="preview-figure",
            ),
            score_bar(score.p_confirmed, score.p_low, score.p_high, language),
            html.Ul(lines, className="preview-reasons"),
        ],
        className="preview-part",
    )


def rate_sentence(past: Precedents, language: str) -> str:
    """How alerts of the same rule ended: a rate never without its counts and interval."""
    if not past.n_concluded:
        return say("queue.past_none", language)
    kind = "queue.past_served" if past.served else "queue.past_rate"
    return say(
        kind, language, n=f"{past.n_concluded:,}", k=f"{past.n_confirmed:,}",
        rate=percent(past.n_confirmed / past.n_concluded), low=percent(past.low, digits=0),
        high=percent(past.high, digits=0),
    )  # fmt: skip
