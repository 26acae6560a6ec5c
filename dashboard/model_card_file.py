"""The model card as a file: Markdown to read and print, JSON for other programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from dashboard.formats import NOTHING, count, day, minute, percent
from dashboard.model_health import FIGURES
from dashboard.model_health_groups import group_names, named, weak_words
from dashboard.words import say
from data import risk_models
from data.actors import names
from data.errors import NotFound
from data.risk_models import Filed


def written(session: Session, number: int, kind: str, language: str) -> tuple[str, str]:
    """The card of a risk model and its media type; `kind`: md or json. Raises NotFound."""
    model = risk_models.one_model(session, number)
    if kind == "json":
        return json.dumps(_plain(session, model), ensure_ascii=False, indent=2), "application/json"
    if kind == "md":
        return _markdown(session, model, language), "text/markdown"
    raise NotFound(f"A model card is a .md or a .json file, not .{kind[:10]}.", "模型卡只有 .md 与 .json 两种文件。")


def _plain(session: Session, model: Filed) -> dict[str, Any]:
    return {
        "id": model.id,
        "state": model.state,
        "fingerprint": model.fingerprint,
        "learnt_rows": model.n_rows,
        "data_until": model.as_of.isoformat(),
        "trained_at": model.trained_at.isoformat(),
        "events": [
            {"at": one.at.isoformat(), "actor": one.actor, "kind": one.kind, "note": one.note}
            for one in risk_models.events(session)
            if one.risk_model_id == model.id
        ],
        **model.metrics,
    }


def _markdown(session: Session, model: Filed, language: str) -> str:
    metrics = model.metrics
    parts = [
        f"# {say('model_health.card_title', language, n=model.id)}",
        say("model_health.card_lead", language),
        _facts(session, model, language),
    ]
    window: Mapping[str, Any] = metrics.get("window") or {}
    if window.get("first"):
        words = say("model_health.card_window", language, first=window["first"][:10], last=window["last"][:10],
                    n=count(window["n"]), confirmed=count(window["n_confirmed"]))  # fmt: skip
        parts += [_head("card_data", language), words, _dropped(metrics, language)]
    parts += [_head("gain", language), _gains(metrics, language)]
    bins = metrics.get("calibration") or []
    heads = [say(f"model_health.bin_{name}", language) for name in ("said", "came", "interval", "n")]
    rows = [
        [percent(one["p"], digits=0), percent(one["share"], digits=0),
         f"{percent(one['low'], digits=0)}–{percent(one['high'], digits=0)}", count(one["n"])]
        for one in bins
    ]  # fmt: skip
    parts += [_head("calibration", language), _table(heads, rows, language)]
    known = group_names(session, language)
    weak = [f"- {weak_words(one, named(one, known, language), language)}" for one in metrics.get("weak") or []]
    parts += [_head("weak", language), "\n".join(weak) or say("model_health.no_weak", language)]
    parts += [_head("groups", language), say("model_health.groups_why", language), _groups(metrics, known, language)]
    facts = [[one[language], f"{one['points']:.1f}"] for one in (metrics.get("importance") or [])[:20]]
    heads = [say("model_health.fact_name", language), say("model_health.axis_points", language)]
    parts += [_head("importance", language), _table(heads, facts, language)]
    held = [
        f"- `{one['column']}`: "
        + say(f"model_health.leak_{one['sign']}", language, auc=f"{one['auc']:.2f}", n=count(one["n"]))
        for one in metrics.get("held_back") or []
    ]
    parts += [_head("columns", language), "\n".join(held) or say("model_health.no_columns", language)]
    notes = "\n".join(f"- {note}" for note in metrics.get("notes") or []) or NOTHING
    parts += [_head("card_notes", language), notes]
    return "\n\n".join(parts) + "\n"


def _head(key: str, language: str) -> str:
    return f"## {say(f'model_health.{key}', language)}"


def _facts(session: Session, model: Filed, language: str) -> str:
    done = [one for one in risk_models.events(session) if one.risk_model_id == model.id]
    called = names(session, {one.actor for one in done}, language=language)
    lines = [
        say("model_health.card_state", language, state=say(f"model_health.state_{model.state}", language)),
        say("model_health.card_until", language, day=day(model.as_of), trained=minute(model.trained_at)),
        say("model_health.card_print", language, print=model.fingerprint),
    ]
    lines += [
        f"{minute(one.at)} "
        + say(f"model_health.event_{one.kind}", language, n=model.id, column=one.about)
        + f" · {called[one.actor]}"
        + (f" · {one.note}" if one.note else "")
        for one in done
    ]
    return "\n".join(f"- {line}" for line in lines)


def _dropped(metrics: Mapping[str, Any], language: str) -> str:
    dropped: Mapping[str, int] = metrics.get("dropped") or {}
    reasons = {"no outcome known by then": "dropped_open", "outcome teaches nothing": "dropped_nothing"}
    lines = [
        f"- {say(f'model_health.{reasons[reason]}', language) if reason in reasons else reason}: {count(n)}"
        for reason, n in dropped.items()
    ]
    return "\n".join(lines) or say("model_health.nothing_dropped", language)


def _gains(metrics: Mapping[str, Any], language: str) -> str:
    ours, theirs = metrics.get("figures"), metrics.get("past_rate")
    if not ours or not theirs:
        return say("model_health.unmeasured", language)
    heads = [say(f"model_health.gain_{name}", language) for name in ("what", "ours", "past")]
    rows = [
        [say(f"model_health.figure_{name}", language), _interval(ours[name]), _interval(theirs[name])]
        for name in FIGURES
        if name in ours
    ]
    return _table(heads, rows, language)


def _interval(one: Mapping[str, Any]) -> str:
    if one.get("value") is None:
        return NOTHING
    span = "" if one.get("low") is None else f" ({one['low']:.3f}–{one['high']:.3f})"
    return f"{one['value']:.3f}{span}"


def _groups(metrics: Mapping[str, Any], known: Mapping[tuple[str, str], str], language: str) -> str:
    heads = [say(f"model_health.group_{name}", language) for name in ("name", "n", "confirmed", "said", "top")]
    rows = []
    for row in metrics.get("groups") or []:
        by = say(f"model_health.by_{row['by']}", language)
        name = f"{by} {named(row, known, language)}"
        if row.get("small"):
            rows.append([name, say("model_health.few", language), NOTHING, NOTHING, NOTHING])
            continue
        confirmed = row.get("confirmed")
        rows.append(
            [
                name,
                count(row["n"]),
                NOTHING if confirmed is None else f"{percent(confirmed['value'], digits=0)} (n={row['n_concluded']})",
                NOTHING if confirmed is None else percent(row["mean_p"], digits=0),
                percent(row["top"]["value"], digits=0),
            ]
        )
    return _table(heads, rows, language)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], language: str) -> str:
    if not rows:
        return say("model_health.unmeasured", language)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "/") for cell in line) + " |" for line in lines)
