"""The wall's figures are what plotly's own schema allows: a misspelt property would be dropped without a word."""

import warnings

import pytest

from dashboard import figures

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import plotly.graph_objects

MONTHS = [
    {"month": "2026-09", "n_confirmed": 3, "n": 5, "share": 0.6, "low": 0.23, "high": 0.88},
    {"month": "2026-10", "n_confirmed": 0, "n": 0, "share": None, "low": None, "high": None},
    {"month": "2026-11", "n_confirmed": 9, "n": 10, "share": 0.9, "low": 0.6, "high": 0.98},
]
WEEKS = [{"monday": f"2026-11-{day:02}", "n": n, "red": n // 2, "whole": True} for day, n in ((2, 4), (9, 0), (16, 7))]


@pytest.mark.parametrize("theme", ["night", "day"])
def test_figures_fit_plotlys_schema(theme: str) -> None:
    rate = figures.rate_by_month(MONTHS, "n", theme)
    weeks = figures.alerts_by_week(WEEKS, [str(month) for month in range(1, 13)], theme)
    lined = figures.rate_by_month(MONTHS, "n", theme, line=(0.4, "all 40% (checks)"))
    assert (lined["data"][-1]["y"], lined["layout"]["annotations"][-1]["text"]) == (
        [0.4, 0.4],
        "all 40% (checks)",
    )
    for figure in (rate, lined, weeks):
        assert figure["data"]
        plotly.graph_objects.Figure(data=figure["data"], layout=figure["layout"])
