"""Model health in words: what the order is worth, whether its likelihoods can be believed, and what drifts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.charts import calibration_plot, chart
from dashboard.formats import count, day, local, minute, percent
from dashboard.words import say
from data import risk_models
from data.actors import names
from data.errors import NotFound
from data.office_time import utc_now
from data.risk_models import Filed

FIGURES = ("first_half", "auc", "precision_10", "brier")
"""What is compared with the table of past rates, in the order it is shown."""
_BELIEVED = 0.8
"""Share of the groups whose interval holds what was said of them, from which the likelihoods are called credible."""
_SPOKEN = 0.7
_OFF = 0.04
"""Mean likelihood and share confirmed may differ by this much, or by chance (two standard errors)."""
_REACHES_ALL = 0.95
DRIFTS = ("data", "scores", "calibration", "expected")


@dataclass(frozen=True)
class Shown:
    """The risk model on the page, and how it did when it was last looked at."""

    model: Filed
    is_live: bool
    live: Filed | None
    checked_at: datetime | None
    check: Mapping[str, Any]

    @classmethod
    def of(cls, session: Session, asked: str) -> "Shown | None":
        """The model of that number, else the live one, else the newest; None where there is none."""
        live = risk_models.live_model(session)
        if asked:
            if not (asked.isascii() and asked.isdecimal() and len(asked) <= 9):
                raise NotFound(f"There is no risk model {asked[:20]!r}.", "没有这个风险模型，请从列表中选择。")
            model = risk_models.one_model(session, int(asked))
        else:
            filed = [] if live else risk_models.filed_models(session)
            if live is None and not filed:
                return None
            model = live or filed[0]
        found = risk_models.newest_check(session, model.id)
        is_live = live is not None and live.id == model.id
        return cls(model, is_live, live, found[0] if found else None, found[1] if found else {})

    @property
    def metrics(self) -> Mapping[str, Any]:
        """What was filed with it."""
        return self.model.metrics

    @property
    def months(self) -> list[dict[str, Any]]:
        """By month, since it is live where that is known, else on the slice after its twin's data."""
        return list(self.check.get("months") or self.metrics.get("months") or [])

    @property
    def bins(self) -> list[dict[str, Any]]:
        """Calibration: what came of what was said, since it is live or on the later slice."""
        lived = (self.check.get("calibration") or {}).get("bins")
        return list(lived or self.metrics.get("calibration") or [])


# Head


def headline(session: Session, shown: Shown, language: str) -> list[Any]:
    """The one sentence, the second one, and which model this is; a notice where scores are withdrawn."""
    off = risk_models.withdrawn(session)
    parts: list[Any] = []
    if off is not None:
        who = names(session, [off.actor], language=language)[off.actor]
        words = say("model_health.withdrawn", language, name=who, time=minute(off.at), why=off.note)
        parts.append(html.P(words, className="notice", role="status"))
    if not shown.is_live:
        parts.append(
            html.P([say("model_health.not_live", language, n=shown.model.id), " ",
                    dcc.Link(say("model_health.to_live", language), href="/model-health")], className="notice")
        )  # fmt: skip
    head = html.Div(
        [
            html.P(say("model_health.title", language), className="muted"),
            html.H1(worth(shown, language)),
            html.P(credible(shown, language), className="lead"),
            html.P(_which(session, shown, language), className="muted"),
        ],
        className="health-head",
    )
    return [*parts, head]


def worth(shown: Shown, language: str) -> str:
    """What the order is worth, in one sentence."""
    if shown.model.stands_in:
        return say("model_health.chance" if shown.metrics.get("chance") else "model_health.stands_in", language)
    if shown.metrics.get("better_than_chance") is False:
        return say("model_health.chance_later", language)
    months = shown.months
    if months:
        last = months[-1]
        words = say("model_health.worth", language, month=_month(last["month"], language),
                    share=percent(last["first_half"], digits=0))  # fmt: skip
        if len(months) > 1:
            before = months[-2]
            words += say("model_health.worth_before", language, month=_month(before["month"], language, small=True),
                         share=percent(before["first_half"], digits=0))  # fmt: skip
        return words + _best(last.get("best"), language)
    figure = (shown.metrics.get("figures") or {}).get("first_half")
    if figure is None or figure["value"] is None:
        return say("model_health.unmeasured", language)
    best = (shown.metrics.get("later") or {}).get("best")
    share = percent(figure["value"], digits=0)
    return say("model_health.worth_slice", language, share=share) + _best(best, language)


def _best(best: float | None, language: str) -> str:
    """What the best order could reach, where that is not all: half of a list that is mostly confirmed holds no more."""
    words = (
        ""
        if best is None or best > _REACHES_ALL
        else say("model_health.worth_best", language, best=percent(best, digits=0))
    )
    return words + say("model_health.stop", language)


def _month(month: str, language: str, *, small: bool = False) -> str:
    """A month as one says it: this one, the last one, or its number."""
    now = local(utc_now())
    gap = (now.year - int(month[:4])) * 12 + now.month - int(month[5:])
    if gap in (0, 1):
        words = say(f"model_health.month_{gap}", language)
    else:
        words = say("model_health.month_named", language, year=month[:4], month=str(int(month[5:])))
    return words if small else words[0].upper() + words[1:]


def credible(shown: Shown, language: str) -> str:
    """Whether the likelihoods can be believed, with an example."""
    bins = shown.bins
    if not bins:
        return say("model_health.no_calibration", language)
    said_of = min(bins, key=lambda one: abs(one["p"] - _SPOKEN))
    key = "credible" if _is_credible(bins) else "too_low" if _gap(bins) > 0 else "too_high"
    return say(f"model_health.{key}", language, p=percent(said_of["p"], digits=0),
               share=percent(said_of["share"], digits=0), n=count(said_of["n"]))  # fmt: skip


def _gap(bins: Sequence[Mapping[str, Any]]) -> float:
    """By how much the share confirmed lies above what was said, over all groups."""
    return float(sum(one["n"] * (one["share"] - one["p"]) for one in bins) / sum(one["n"] for one in bins))


def _is_credible(bins: Sequence[Mapping[str, Any]]) -> bool:
    """Whether most groups hold what was said of them, and all together do not lie off it beyond chance."""
    n = sum(one["n"] for one in bins)
    error = sqrt(sum(one["n"] * one["p"] * (1 - one["p"]) for one in bins)) / n
    held = sum(one["low"] <= one["p"] <= one["high"] for one in bins) / len(bins)
    return bool(held >= _BELIEVED and abs(_gap(bins)) <= max(_OFF, 2 * error))


def _which(session: Session, shown: Shown, language: str) -> str:
    model = shown.model
    event = next(
        (one for one in risk_models.events(session, risk_models.MAKES_LIVE) if one.risk_model_id == model.id), None
    )
    told = say("model_health.which", language, n=model.id, rows=count(model.n_rows), day=day(model.as_of))
    if event is None:
        return told
    who = names(session, [event.actor], language=language)[event.actor]
    return told + say(f"model_health.event_line_{event.kind}", language, name=who, time=minute(event.at))


# Calibration


def calibration(shown: Shown, language: str, theme: str) -> html.Section | None:
    """What was said against what came of it, with the same as a table."""
    bins = shown.bins
    if not bins:
        return None
    lived = bool((shown.check.get("calibration") or {}).get("bins"))
    figure = calibration_plot(
        bins, say("model_health.axis_said", language), say("model_health.axis_came", language), theme
    )
    heads = [say(f"model_health.bin_{name}", language) for name in ("said", "came", "interval", "n")]
    rows = [[percent(one["p"], digits=0), percent(one["share"], digits=0), _span(one), count(one["n"])] for one in bins]
    return html.Section(
        [
            html.H2(say("model_health.calibration", language)),
            html.P(_since(shown, language, lived=lived), className="muted small"),
            html.Div(
                [chart(figure, credible(shown, language), height=21), table(heads, rows)], className="health-chart"
            ),
        ],
        className="card health-part",
    )


def _since(shown: Shown, language: str, *, lived: bool) -> str:
    if lived:
        n = (shown.check.get("calibration") or {}).get("n")
        return say("model_health.since_live", language, day=day(shown.model.as_of), n=count(n))
    later = shown.metrics.get("later") or {}
    if not later:
        return ""
    since = day(datetime.fromisoformat(later["since"]))
    return say("model_health.on_slice", language, day=since, n=count(later["n_concluded"]))


def _span(one: Mapping[str, Any]) -> str:
    return f"{percent(one['low'], digits=0)}–{percent(one['high'], digits=0)}"


def twin(heads: Sequence[str], rows: Sequence[Sequence[Any]], language: str) -> html.Details:
    """A chart's figures as a table, opened on demand."""
    return html.Details(
        [html.Summary(say("model_health.as_table", language)), table(heads, rows)], className="what"
    )  # fmt: skip


def table(heads: Sequence[Any], rows: Sequence[Sequence[Any]], *, first: bool = True) -> html.Div:
    """A table whose first column names the row and whose others are figures."""
    head = html.Tr([html.Th(text, scope="col", className="" if i == 0 and first else "number")
                    for i, text in enumerate(heads)])  # fmt: skip
    lines = [
        html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell, className="number") for cell in row[1:])])
        if first
        else html.Tr([html.Td(cell, className="number") for cell in row])
        for row in rows
    ]
    return html.Div(html.Table([html.Thead(head), html.Tbody(lines)], className="rows assessed"), className="scrolls")


# Gain over the table of past rates


def gain(shown: Shown, language: str) -> html.Section | None:
    """How much better than the table of past rates, figure by figure."""
    ours, theirs, gained = (shown.metrics.get(name) or {} for name in ("figures", "past_rate", "gain"))
    if not ours or not gained:
        return None
    heads = [say(f"model_health.gain_{name}", language) for name in ("what", "ours", "past", "gain")]
    rows = []
    for name in FIGURES:
        one, other = ours.get(name), theirs.get(name)
        if not one or one["value"] is None or not other:
            continue
        label = [say(f"model_health.figure_{name}", language),
                 html.Span(say(f"model_health.means_{name}", language), className="muted small")]  # fmt: skip
        rows.append([label, _figure(one, name), _figure(other, name), _gain(gained.get(name), language)])
    first = gained["auc"]
    key = "gain_more" if first["low"] > 0 else "gain_less" if first["high"] < 0 else "gain_same"
    words = say(f"model_health.{key}", language)
    if gained["brier"]["low"] > 0:
        words += say("model_health.gain_brier", language)
    return html.Section(
        [
            html.H2(say("model_health.gain", language)),
            html.P(words),
            html.P(_since(shown, language, lived=False), className="muted small"),
            table(heads, rows),
            _unbiased(shown, language),
        ],
        className="card health-part",
    )


def _unbiased(shown: Shown, language: str) -> html.P | None:
    """What the random checks say of all alerts, where enough of them is concluded to say it."""
    found: Mapping[str, Any] = shown.check.get("unbiased") or {}
    confirmed, half = found.get("confirmed") or {}, found.get("first_half") or {}
    if confirmed.get("value") is None:
        return None
    words = say("model_health.unbiased", language, n=count(found["n_concluded"]), all=count(found["n_alerts"]),
                share=percent(confirmed["value"], digits=0), span=_span(confirmed))  # fmt: skip
    if half.get("value") is not None:
        words += say("model_health.unbiased_half", language, share=percent(half["value"], digits=0), span=_span(half))
    return html.P(words)


def _figure(one: Mapping[str, Any], name: str) -> list[Any]:
    form = "{:.3f}".format if name in ("auc", "brier") else lambda value: percent(value, digits=0)
    span = "" if one.get("low") is None else f"{form(one['low'])}–{form(one['high'])}"
    return [html.Span(form(one["value"]), className="share"), html.Span(span, className="muted small")]


def _gain(one: Mapping[str, Any] | None, language: str) -> Any:
    if one is None:
        return say("model_health.nothing", language)
    style = "good" if one["low"] > 0 else "late-note" if one["high"] < 0 else "muted"
    word = "more" if one["low"] > 0 else "less" if one["high"] < 0 else "same"
    span = html.Span(f"{one['low']:+.3f} – {one['high']:+.3f}", className="muted small")
    return [html.Span([f"{one['value']:+.3f} ", say(f"model_health.word_{word}", language)], className=style), span]


# Drift


def drift(shown: Shown, language: str) -> html.Section:
    """The four things that are watched, each in a sentence with its threshold."""
    title = html.H2(say("model_health.drift", language))
    if not shown.check or "data_level" not in shown.check:
        key = "not_looked" if not shown.check else "too_few"
        words = say(
            f"model_health.{key}", language, n=count(shown.check.get("n_alerts")), fewest=shown.check.get("fewest")
        )
        return html.Section([title, html.P(words, className="muted")], className="card health-part")
    when = say("model_health.looked", language, time=minute(shown.checked_at), n=count(shown.check["n_alerts"]),
               day=day(shown.model.as_of))  # fmt: skip
    lines = [_watched(name, shown.check, language) for name in DRIFTS]
    facts = shown.check.get("data") or []
    heads = [say(f"model_health.fact_{name}", language) for name in ("name", "psi", "chance", "js", "empty", "level")]
    rows = [
        [one[language], f"{one['psi']:.2f}", f"{one['chance']:.2f}", f"{one['js']:.2f}",
         " → ".join(percent(share, digits=0) for share in one["empty"]), _lamp(one["level"], language)]
        for one in facts
    ]  # fmt: skip
    return html.Section(
        [
            title,
            html.P(when, className="muted small"),
            html.Ul(lines, className="watched"),
            twin(heads, rows, language),
        ],
        className="card health-part",
    )


def _watched(name: str, check: Mapping[str, Any], language: str) -> html.Li:
    level, values = _level(name, check, language)
    key = f"model_health.watch_{name}_{level}" if level else f"model_health.watch_{name}_none"
    return html.Li(
        [
            _lamp(level or "none", language),
            html.Div(
                [
                    html.Strong(say(f"model_health.watch_{name}", language)),
                    html.P(say(key, language, **values)),
                    html.P(say(f"model_health.threshold_{name}", language), className="muted small"),
                ]
            ),
        ]
    )


def _level(name: str, check: Mapping[str, Any], language: str) -> tuple[str, dict[str, str]]:
    """How far it is from what it should be (empty where not known), and the values of its sentence."""
    if name == "data":
        facts = check.get("data") or []
        first = facts[0] if facts else {"psi": 0.0}
        moved = [one for one in facts if one["level"] != "stable"][:3]
        return check["data_level"], {
            "n": count(check["n_facts"]), "moved": count(check["n_moved"]), "psi": f"{first['psi']:.2f}",
            "names": ("、" if language == "zh" else ", ").join(one[language] for one in moved),
        }  # fmt: skip
    found = check.get(name)
    if not found:
        return "", {}
    if name == "scores":
        return found["level"], {"psi": f"{found['psi']:.2f}", "mean": percent(found["mean_p"], digits=0)}
    if name == "calibration":
        return found["level"], {
            "p": percent(found["mean_p"], digits=0), "share": percent(found["share"], digits=0), "span": _span(found),
            "n": count(found["n"]), "ece": percent(found["ece"]),
        }  # fmt: skip
    before = found.get("before")
    return found["level"], {
        "auc": f"{found.get('auc', 0.0):.3f}", "before": "—" if before is None else f"{before:.3f}",
        "half": percent(found.get("first_half"), digits=0), "precision": percent(found.get("precision_10"), digits=0),
    }  # fmt: skip


def _lamp(level: str, language: str) -> html.Span:
    """A finding as shape, colour and word."""
    shape: dict[str, Any] = {"aria-hidden": "true"}
    return html.Span(
        [html.Span(className=f"drift-shape drift-{level}", **shape), say(f"model_health.level_{level}", language)],
        className="drift-level",
    )
