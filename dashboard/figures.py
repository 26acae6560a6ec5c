"""Figures as plain plotly dictionaries: a line with its interval, bars by week. Pure functions, no plotly import.

Sizes are in px of a 1080p screen; the browser multiplies them by its rem / 16, so that 4K looks the same. The bundle
in assets draws scatter, bar and pie traces only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Figure = dict[str, Any]

COLOURS: dict[str, dict[str, str]] = {
    "night": {
        "text": "#E8EEF5",
        "muted": "#9FB0C3",
        "line": "#24344A",
        "accent": "#56B4E9",
        "band": "rgba(86,180,233,0.24)",
        "quiet": "#4F7CA8",
        "red": "#F0625D",
        "panel": "#151F2D",
    },
    "day": {
        "text": "#17212E",
        "muted": "#526275",
        "line": "#D9E1EA",
        "accent": "#1F6FB2",
        "band": "rgba(31,111,178,0.18)",
        "quiet": "#6F93B8",
        "red": "#C62F2B",
        "panel": "#FFFFFF",
    },
}
"""What the figures need of the tokens in assets/10-tokens.css; a test holds the two together."""
FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif'
TEXT_SIZE = 23
CIVIDIS = ("#00224E", "#3B496C", "#707173", "#A59C74", "#FEE838")
"""Five steps of Cividis, dark to bright: readable with every kind of colour vision and in grey."""


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a #RRGGBB ground."""
    return "#FFFFFF" if luminance(colour) < 0.18 else "#0B0F14"


def luminance(colour: str) -> float:
    """Relative luminance of #RRGGBB. Source: WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two #RRGGBB colours, 1 to 21. Source: WCAG 2.1."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def rate_by_month(
    months: Sequence[Mapping[str, Any]], n_word: str, theme: str, *, line: tuple[float, str] | None = None
) -> Figure:
    """Confirmation rate by month as a line in its 95 % band, with n below each month; months without n are gaps.

    `months`: month (YYYY-MM), share, low, high (or None) and n, oldest first; `line`: a share for the whole time, with
    its words, as a dashed line.
    """
    colour = COLOURS[theme]
    shares = [m["share"] for m in months]
    known = [i for i, share in enumerate(shares) if share is not None]
    labels = [str(int(m["month"][5:])) for m in months]
    notes = [f"{m['month']}: {m['share']:.1%} (n={m['n']})" if m["n"] else f"{m['month']}: n=0" for m in months]
    shown: Figure = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": list(range(len(months))),
        "y": shares,
        "line": {"color": colour["accent"], "width": 4},
        "marker": {"size": 11, "color": colour["accent"]},
        "cliponaxis": False,
        "hovertext": notes,
        "hoverinfo": "text",
    }
    layout = _layout(colour, left=72, bottom=70)
    layout["xaxis"] |= {
        "tickvals": list(range(len(months))),
        "ticktext": labels,
        "range": [-0.5, len(months) - 0.5],
    }
    layout["yaxis"] |= {"range": [0, 1.04], "tickvals": [0, 0.5, 1], "ticktext": ["0", "50%", "100%"]}
    layout["annotations"] = _counts(months, n_word, colour)
    if known:
        layout["annotations"].append(_last(known[-1], shares[known[-1]], colour, len(months)))
    data = [_band(months, colour), shown]
    if line is not None:
        data.append(_level(line, colour, len(months)))
        layout["annotations"].append(_named(line, colour))
    return {"data": data, "layout": layout}


def _level(line: tuple[float, str], colour: Mapping[str, str], n_months: int) -> Figure:
    """A share over the whole time as a dashed line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [-0.5, n_months - 0.5],
        "y": [line[0], line[0]],
        "line": {"color": colour["muted"], "width": 3, "dash": "dash"},
        "hovertext": line[1],
        "hoverinfo": "text",
    }


def _named(line: tuple[float, str], colour: Mapping[str, str]) -> Figure:
    """The words of a dashed line, at its left end: below it, where there is room, as the months mostly run above."""
    above = line[0] < 0.3
    return {
        "text": line[1],
        "x": -0.4,
        "xanchor": "left",
        "y": line[0],
        "yanchor": "bottom" if above else "top",
        "yshift": 4 if above else -4,
        "showarrow": False,
        "font": {"size": TEXT_SIZE, "color": colour["muted"]},
    }


def _counts(months: Sequence[Mapping[str, Any]], n_word: str, colour: Mapping[str, str]) -> list[Figure]:
    """A line of counts below the months, as large as lets them stand apart; thousands as k."""
    texts = [_short(m["n"]) for m in months]
    size = TEXT_SIZE if max(map(len, texts), default=0) < 3 else TEXT_SIZE - 4
    place = {"yref": "paper", "y": 0, "yanchor": "top", "yshift": -31, "showarrow": False}
    font = {"size": size, "color": colour["muted"]}
    named = {"text": n_word, "xref": "paper", "x": 0, "xanchor": "right", "xshift": -12, "font": font}
    return [place | named] + [place | {"text": text, "x": i, "font": font} for i, text in enumerate(texts)]


def _short(n: int) -> str:
    return str(n) if n < 1000 else f"{n / 1000:.1f}k" if n < 9950 else f"{n / 1000:.0f}k"


def _last(x: int, share: float, colour: Mapping[str, str], n_months: int) -> Figure:
    """The last share in figures; at the edge it grows to the left, where `100%` has room."""
    at_edge = x == n_months - 1
    return {
        "xanchor": "right" if at_edge else "center",
        "xshift": 28 if at_edge else 0,
        "text": f"<b>{share:.0%}</b>",
        "x": x,
        "y": share,
        "yanchor": "bottom" if share < 0.8 else "top",
        "yshift": 10 if share < 0.8 else -10,
        "showarrow": False,
        "font": {"size": TEXT_SIZE + 3, "color": colour["text"]},
    }


def _band(months: Sequence[Mapping[str, Any]], colour: Mapping[str, str]) -> Figure:
    """The intervals as one closed outline for each run of months that have one."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    run: list[int] = []
    for i in range(len(months) + 1):
        if i < len(months) and months[i]["low"] is not None:
            run.append(i)
        elif run:
            # A month on its own still shows its interval, as a narrow block.
            at: list[float] = [float(j) for j in run] if len(run) > 1 else [run[0] - 0.2, run[0] + 0.2]
            rows = [months[j] for j in run] if len(run) > 1 else [months[run[0]]] * 2
            xs += [*at, *reversed(at), None]
            ys += [*(m["low"] for m in rows), *(m["high"] for m in reversed(rows)), None]
            run = []
    return {
        "type": "scatter",
        "mode": "lines",
        "x": xs,
        "y": ys,
        "fill": "toself",
        "fillcolor": colour["band"],
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def alerts_by_week(weeks: Sequence[Mapping[str, Any]], months_of_year: Sequence[str], theme: str) -> Figure:
    """Alerts by week as bars, red ones at the foot; the last week, not over yet, is paler.

    `weeks`: monday (YYYY-MM-DD), n and red, oldest first; `months_of_year`: twelve short names.
    """
    colour = COLOURS[theme]
    xs = list(range(len(weeks)))
    paler = [1.0] * (len(weeks) - 1) + [0.55]
    notes = [f"{w['monday']}: {w['n']}" for w in weeks]

    def bars(values: list[int], name: str) -> Figure:
        return {
            "type": "bar",
            "x": xs,
            "y": values,
            "marker": {"color": colour[name], "opacity": paler},
            "hovertext": notes,
            "hoverinfo": "text",
        }

    layout = _layout(colour, left=60, bottom=38)
    layout |= {"barmode": "stack", "bargap": 0.28}
    ticks = [i for i in xs[1:] if weeks[i]["monday"][:7] != weeks[i - 1]["monday"][:7]]
    names = [months_of_year[int(weeks[i]["monday"][5:7]) - 1] for i in ticks]
    layout["xaxis"] |= {"tickvals": ticks, "ticktext": names, "range": [-0.6, len(weeks) - 0.4]}
    layout["yaxis"] |= _whole_ticks(max((w["n"] for w in weeks), default=0))
    return {
        "data": [bars([w["red"] for w in weeks], "red"), bars([w["n"] - w["red"] for w in weeks], "quiet")],
        "layout": layout,
    }


def _whole_ticks(highest: int) -> Figure:
    """Zero and two round whole numbers."""
    step = next(s * 10**k for k in range(12) for s in (1, 2, 5) if s * 10**k * 2 >= max(highest, 2))
    values = [0, step, step * 2]
    return {"range": [0, step * 2.1], "tickvals": values, "ticktext": [f"{value:,}" for value in values]}


def _layout(colour: Mapping[str, str], *, left: int, bottom: int) -> Figure:
    axis: Figure = {
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"size": TEXT_SIZE, "color": colour["muted"]},
        "ticks": "",
        "automargin": False,
        "ticklabeloverflow": "allow",
    }
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": TEXT_SIZE, "color": colour["text"]},
        "margin": {"l": left, "r": 14, "t": 16, "b": bottom},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {"font": {"size": TEXT_SIZE, "family": FONT}},
        "xaxis": axis | {"showline": True, "linecolor": colour["muted"], "linewidth": 1, "tickangle": 0},
        "yaxis": axis | {"showgrid": True, "gridcolor": colour["line"], "gridwidth": 1},
    }
