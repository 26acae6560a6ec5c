"""Deaths of people whom no episode has, and the register of them."""

import numpy as np
import pandas as pd

from data.simulator.benefits import of_age_in
from data.simulator.calendar import Dates, days, draw_from
from data.simulator.episodes import Ground, texts_of
from data.simulator.overpayments import DEATH_SOURCE

_DEATHS_A_YEAR = 0.0078


def die(ground: Ground) -> Dates:
    """The day of death of each person whom no episode has; missing for the living. The same at each call."""
    draw = draw_from(ground.seed, "deaths")
    people, calendar = ground.people, ground.calendar
    age = people.age_on(calendar.first_day)
    risk = np.exp((age - 60) * 0.09) * ~ground.taken
    n = int(people.n * _DEATHS_A_YEAR * calendar.n_months / 12 * 0.6)
    chosen = np.sort(draw.choice(people.n, n, replace=False, p=risk / risk.sum()))
    died = np.full(people.n, np.datetime64("NaT", "D"))
    died[chosen] = calendar.first_day + days(draw.integers(0, calendar.n_months * 30, n))
    return died


def ordinary_deaths(ground: Ground, died: Dates) -> pd.DataFrame:
    """The register `death` of people whose benefits stopped in time: 6 % known late, 1 % never.

    Who dies before an age at which something is paid unasked is known to be dead before anybody asks why it is not.
    """
    draw = draw_from(ground.seed, "register of deaths")
    person = np.flatnonzero(~np.isnat(died))
    awaited = of_age_in(ground, person) >= ground.calendar.number(died[person])
    kept = (draw.random(len(person)) >= 0.01) | awaited
    person, awaited = person[kept], awaited[kept]
    n = len(person)
    lag = np.exp(draw.normal(np.log(9), 0.9, n)).astype(np.int64).clip(0, np.where(awaited, 18, 300))
    cremated = died[person] + days(draw.integers(1, 5, n))
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "death_date": died[person],
            "register_date": died[person] + days(lag),
            "cremation_date": np.where(draw.random(n) < 0.6, cremated, np.datetime64("NaT", "D")),
            "source": DEATH_SOURCE,
            "received_on": died[person] + days(lag + draw.integers(1, 15, n)),
        }
    )
