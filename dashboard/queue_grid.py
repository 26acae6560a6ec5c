"""The list of the queue: its grid, and an alert as one row of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import dash_ag_grid as dag

from dashboard.due import age_word, due_word
from dashboard.formats import age_days, percent
from dashboard.reasons import interval_words, read_reasons
from dashboard.words import say
from data.queue import Filter, Listed, address
from data.states import STATES

BLOCK = 100
"""Rows the grid asks for at a time."""

# Colours come from the tokens, so that night and day need no second theme.
THEME = (
    "themeQuartz.withParams({backgroundColor: 'var(--panel)', foregroundColor: 'var(--text)', "
    "headerBackgroundColor: 'var(--panel)', headerTextColor: 'var(--muted)', accentColor: 'var(--accent)', "
    "borderColor: 'var(--line)', rowHoverColor: 'var(--raised)', selectedRowBackgroundColor: 'var(--fill)', "
    "fontFamily: 'inherit', fontSize: 'var(--size-body)', headerFontSize: 'var(--size-small)', "
    "headerFontWeight: 500, rowHeight: 'var(--queue-row)', headerHeight: '2.25rem', cellHorizontalPadding: '0.75rem', "
    "wrapperBorder: false, wrapperBorderRadius: 0, columnBorder: false})"
)


def grid(language: str, *, several: bool = False) -> dag.AgGrid:
    """An empty list that asks for its rows as it is scrolled. `several`: more than one row can be chosen."""
    selection = {"mode": "multiRow" if several else "singleRow", "checkboxes": several, "headerCheckbox": False}
    return dag.AgGrid(
        id="queue-grid",
        className="queue-list",
        columnDefs=_columns(language),
        defaultColDef={"sortable": False, "resizable": True, "suppressHeaderMenuButton": True, "suppressMovable": True},
        rowModelType="infinite",
        getRowId="params.data.id",
        style={"height": "100%", "width": "100%"},
        dashGridOptions={
            "theme": {"function": THEME},
            "rowSelection": selection | {"enableClickSelection": True},
            "selectionColumnDef": {"width": 44, "resizable": False},
            "cacheBlockSize": BLOCK,
            "infiniteInitialRowCount": 12,
            "maxBlocksInCache": 20,
            "localeText": {
                "loadingOoo": say("queue.grid_loading", language),
                "noRowsToShow": say("queue.grid_empty", language),
            },
            "suppressCellFocus": True,
            "animateRows": False,
        },
    )


def _columns(language: str) -> list[dict[str, Any]]:
    """Columns; their cells are drawn by the functions of the same names in assets/31-queue.js."""
    return [
        {
            "field": name,
            "headerName": say(f"queue.column_{name}", language),
            "cellRenderer": f"Queue{name.capitalize()}",
            **more,
        }
        for name, more in (
            ("level", {"flex": 9}),
            ("what", {"flex": 35}),
            ("state", {"flex": 16}),
            ("amount", {"flex": 12, "type": "rightAligned"}),
            ("due", {"flex": 16}),
            ("score", {"flex": 17}),
            ("reason", {"flex": 25}),
        )
    ]


@dataclass(frozen=True)
class Called:
    """Names behind the codes in the rows, in the reader's language."""

    models: Mapping[str, str]
    people: Mapping[str, str]
    units: Mapping[str, str]


def row(
    listed: Listed, language: str, *, now: datetime, today: date, called: Called, wanted: Filter, order: str
) -> dict[str, Any]:
    """An alert as the grid's row: everything already worded, so that the browser only draws."""
    chinese = language == "zh"
    lamp, due = due_word(listed.due_on, today, language)
    place = listed.place if chinese else listed.place_en
    state = STATES[listed.status]
    return {
        "id": str(listed.id),
        "version": listed.version,
        "unit": listed.unit_code,
        "href": f"/alert/{listed.id}{address(wanted, order)}",
        "level": listed.level,
        "level_word": say(f"shell.{listed.level}", language),
        "what": listed.title if chinese else listed.title_en,
        "who": " · ".join(
            part for part in (listed.subject_display, place, called.models.get(listed.source, listed.source)) if part
        ),
        "state": listed.status,
        "state_word": state.name if chinese else state.name_en,
        "holder": _holder(listed, called, language),
        "supervised": say("queue.supervised", language) if listed.supervised else "",
        "check": say("queue.check", language) if listed.drawn else "",
        "check_why": say("queue.check_why", language) if listed.drawn else "",
        "amount": "—" if listed.amount is None else f"{listed.amount:,.0f}",
        "due": due if listed.due_on else "—",
        "due_state": lamp,
        "age": age_word(age_days(listed.raised_at, now), language),
        **_score(listed, language),
    }


def _holder(listed: Listed, called: Called, language: str) -> str:
    """Who has the alert: whoever verifies it, else the unit; nobody before it is dispatched."""
    if listed.assignee:
        return called.people.get(listed.assignee, listed.assignee)
    if listed.unit_code:
        return called.units.get(listed.unit_code, listed.unit_code)
    return say("queue.no_unit", language)


def _score(listed: Listed, language: str) -> dict[str, Any]:
    if listed.p_confirmed is None or listed.p_low is None or listed.p_high is None:
        return {
            "score": None,
            "score_word": say("queue.after_verdict" if listed.drawn else "queue.not_scored", language),
            "interval": "",
            "reason": "",
            "up": True,
        }
    found = read_reasons(listed.reasons)
    top = found.items[0] if found else None
    return {
        "score": [listed.p_confirmed, listed.p_low, listed.p_high],
        "score_word": percent(listed.p_confirmed, digits=0),
        "interval": interval_words(listed.p_low, listed.p_high, language),
        "reason": top.sentence(language) if top else "",
        "up": bool(top and top.contribution >= 0),
    }
