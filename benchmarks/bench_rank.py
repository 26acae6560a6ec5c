"""Learning from 90,000 alerts and ranking 26,000 with reasons, against default LightGBM without reasons."""

import resource
import time

import lightgbm
import numpy as np
import pandas as pd
from feed import feed

from scoring.ranker import learn

N_PAST, N_NEW = 90_000, 26_000


def main() -> None:
    alerts = feed(N_PAST + N_NEW)
    as_of = alerts.raised_at.iloc[N_PAST].to_pydatetime()
    new = np.arange(N_PAST, N_PAST + N_NEW)
    alerts.loc[new, "label"] = np.nan
    alerts.loc[new, "known_at"] = pd.NaT
    silent = (alerts.raised_at.iloc[-1] - alerts.raised_at.iloc[N_PAST]).days
    began = time.perf_counter()
    ranker = learn(alerts, as_of=as_of, silent_days=float(silent))
    learnt = time.perf_counter()
    scores = ranker.score(alerts, new)
    reasons = [scores.reasons_text(i) for i in range(len(new))]
    explained = time.perf_counter()
    plain = alerts[["region", "domain", "source", "handler"]].astype("category")
    plain = plain.assign(amount=alerts.amount, months=alerts.months)
    taught = np.flatnonzero(alerts.label.notna())
    other = time.perf_counter()
    model = lightgbm.LGBMClassifier(verbose=-1).fit(plain.iloc[taught], alerts.label.iloc[taught])
    model.predict_proba(plain.iloc[new])
    default = time.perf_counter() - other
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"learn {learnt - began:.1f} s, score and explain {len(reasons):,} alerts {explained - learnt:.1f} s")
    print(
        f"default LightGBM, no reasons: {default:.1f} s, ratio {(explained - began) / default:.1f}; peak {peak:,.0f} MB"
    )


main()
