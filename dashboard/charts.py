"""Plots of the desk as plain plotly dictionaries, and the box a browser draws them in (assets/08-charts.js)."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import orjson
from dash import html

from dashboard.figures import COLOURS, FONT, Figure

_SIZE = 14
"""px at 1080p; the browser scales it with the page's type."""


def chart(figure: Figure, words: str, *, height: float) -> html.Div:
    """A box that is drawn by the browser; `words` say what is seen, `height` is in rem. Its table twin is beside it."""
    told: dict[str, Any] = {"data-figure": orjson.dumps(figure).decode(), "aria-label": words}
    return html.Div(className="chart", role="img", style={"height": f"{height}rem"}, **told)


def calibration_plot(bins: Sequence[Mapping[str, Any]], said: str, came: str, theme: str) -> Figure:
    """Shares confirmed against likelihoods said, each with its interval, on the line where both are the same."""
    colour = COLOURS[theme]
    reach = min(1.0, ceil(10 * max(max(one["p"], one["high"]) for one in bins) + 0.2) / 10)
    line = {"type": "scatter", "mode": "lines", "x": [0, reach], "y": [0, reach], "hoverinfo": "skip",
            "line": {"color": colour["muted"], "width": 1.5, "dash": "dot"}}  # fmt: skip
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [one["p"] for one in bins],
        "y": [one["share"] for one in bins],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [one["high"] - one["share"] for one in bins],
            "arrayminus": [one["share"] - one["low"] for one in bins],
            "color": colour["accent"],
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"size": 10, "color": colour["accent"]},
        "hovertext": [f"{one['p']:.0%} → {one['share']:.0%} (n={one['n']})" for one in bins],
        "hoverinfo": "text",
        "cliponaxis": False,
    }
    layout = _layout(colour)
    step = 0.25 if reach > 0.8 else 0.1
    ticks = [round(step * i, 2) for i in range(int(reach / step + 1e-9) + 1)]
    share = {"range": [-0.02 * reach, 1.02 * reach], "tickvals": ticks, "tickformat": ".0%"}
    layout["xaxis"] |= share | {"title": _title(said, colour)}
    layout["yaxis"] |= share | {"title": _title(came, colour)}
    return {"data": [line, points], "layout": layout}


def swarm_plot(facts: Sequence[Mapping[str, Any]], axis: str, theme: str) -> Figure:
    """Every stored contribution as a dot: facts from the top, percentage points across, lighter where the value is low.

    `facts`: name, and dots [points, height in -0.4..0.4, shade in 0..1 or None], most important first.
    """
    colour = COLOURS[theme]
    shades = _SHADES[theme]
    traces = []
    for row, fact in enumerate(facts):
        dots = fact["dots"]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [dot[0] for dot in dots],
                "y": [-row + dot[1] for dot in dots],
                "marker": {
                    "size": 6,
                    "opacity": 0.8,
                    "color": [colour["muted"] if dot[2] is None else shades[min(4, int(dot[2] * 5))] for dot in dots],
                },
                "hovertext": [f"{fact['name']}: {dot[0]:+.1f}" for dot in dots],
                "hoverinfo": "text",
            }
        )
    layout = _layout(colour, left=190)
    layout["xaxis"] |= {"title": _title(axis, colour), "zeroline": True, "zerolinecolor": colour["muted"]}
    layout["yaxis"] |= {
        "tickvals": [-row for row in range(len(facts))],
        "ticktext": [fact["name"] for fact in facts],
        "range": [-len(facts) + 0.4, 0.6],
    }
    return {"data": traces, "layout": layout}


_SHADES = {
    "night": ("#2B4B8C", "#4F7CA8", "#8C8FA0", "#C9A85C", "#FEE838"),
    "day": ("#00224E", "#3B5C9A", "#7C7B78", "#B08D3C", "#D8A400"),
}
"""Cividis, held apart from the ground of each theme."""


def _title(text: str, colour: Mapping[str, str]) -> Figure:
    return {"text": text, "font": {"size": _SIZE, "color": colour["muted"]}, "standoff": 8}


def _layout(colour: Mapping[str, str], *, left: int = 58) -> Figure:
    axis: Figure = {
        "showgrid": True,
        "gridcolor": colour["line"],
        "gridwidth": 1,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"size": _SIZE, "color": colour["muted"]},
        "ticks": "",
        "automargin": False,
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": _SIZE, "color": colour["text"]},
        "margin": {"l": left, "r": 12, "t": 10, "b": 50},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"font": {"size": _SIZE, "family": FONT}},
        "xaxis": dict(axis),
        "yaxis": dict(axis),
    }
