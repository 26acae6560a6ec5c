"""The list of the queue: its grid, and an alert as one row of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import dash_ag_grid as dag

from dashboard.due import age_word, due_word
from dashboard.formats import age_days, percent
from dashboard.reasons import interval_words, read_reasons
from dashboard.words import say
from data.queue import Filter, Listed, address

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


def grid(language: str) -> dag.AgGrid:
    """An empty list that asks for its rows as it is scrolled."""
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
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
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
            ("level", {"flex": 8}),
            ("what", {"flex": 42}),
            ("amount", {"flex": 11, "type": "rightAligned"}),
            ("due", {"flex": 13}),
            ("score", {"flex": 18}),
            ("reason", {"flex": 28}),
        )
    ]


def row(
    listed: Listed, language: str, *, now: datetime, today: date, names: Mapping[str, str], wanted: Filter, order: str
) -> dict[str, Any]:
    """An alert as the grid's row: everything already worded, so that the browser only draws.

    `names`: names of supervision models by code.
    """
    chinese = language == "zh"
    state, due = due_word(listed.due_on, today, language)
    place = listed.place if chinese else listed.place_en
    return {
        "id": str(listed.id),
        "href": f"/alert/{listed.id}{address(wanted, order)}",
        "level": listed.level,
        "level_word": say(f"shell.{listed.level}", language),
        "what": listed.title if chinese else listed.title_en,
        "who": " · ".join(
            part for part in (listed.subject_display, place, names.get(listed.source, listed.source)) if part
        ),
        "amount": "—" if listed.amount is None else f"{listed.amount:,.0f}",
        "due": due if listed.status != "closed" else say("queue.status_closed", language),
        "due_state": state if listed.status != "closed" else "none",
        "age": age_word(age_days(listed.raised_at, now), language),
        **_score(listed, language),
    }


def _score(listed: Listed, language: str) -> dict[str, Any]:
    if listed.p_confirmed is None or listed.p_low is None or listed.p_high is None:
        return {
            "score": None,
            "score_word": say("queue.not_scored", language),
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
