"""A feed to measure on: as many alerts as asked for, over four years, with outcomes a few weeks late."""

import numpy as np
import pandas as pd


def feed(n_alerts: int, seed: int = 0) -> pd.DataFrame:
    """(n_alerts,) alerts in order of raised_at with the columns the ranker reads; a fifth have no outcome."""
    draw = np.random.Generator(np.random.PCG64(seed))
    seconds = np.sort(draw.integers(0, 4 * 365 * 86400, n_alerts))
    raised = pd.Series(pd.Timestamp("2022-01-01") + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
    source, town, handler = draw.integers(0, 30, n_alerts), draw.integers(0, 90, n_alerts), draw.zipf(1.5, n_alerts)
    amount = draw.lognormal(7, 1.2, n_alerts)
    odds = 0.08 * (source - 15) + 0.6 * np.sin(town) + 0.4 * np.sin(handler % 500) + 0.2 * (np.log(amount) - 7)
    confirmed = draw.random(n_alerts) < 1 / (1 + np.exp(-odds - 0.5))
    known = draw.random(n_alerts) < 0.8
    late = pd.to_timedelta(draw.lognormal(3, 0.6, n_alerts), unit="D")
    return pd.DataFrame(
        {
            "alert_id": np.arange(n_alerts).astype(str),
            "raised_at": raised,
            "region": pd.Series(town + 100).map("9901{:03}".format),
            "domain": pd.Series(source % 6).map("domain {}".format),
            "source": pd.Series(source).map("M{:02}".format),
            "amount": amount,
            "known_at": (raised + late).astype("datetime64[us]").where(pd.Series(known)),
            "label": np.where(known, confirmed.astype(float), np.nan),
            "handler": pd.Series(handler % 500).map("handler {}".format),
            "months": draw.integers(1, 24, n_alerts).astype(float),
        }
    )
