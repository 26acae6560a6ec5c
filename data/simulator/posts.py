"""Public-welfare posts and social insurance, with what is planted in them: posts held in name only (M07).

Source: field/models.md, M07; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, day_in_month, days, draw_from, month_text
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.overpayments import months_from
from data.simulator.planting import Planted, day_within, with_subject

_HOLDERS, _INSURED, _INSURED_AWAY = 0.0025, 0.38, 0.08
"""Shares of residents who hold a post and who are insured; of the insured, those insured in another county."""
_POSTS = ("村级保洁员", "护林员", "护路员", "河道巡查员", "乡村公益图书管理员")
_PAY = 900.0


def ordinary_posts(ground: Ground) -> dict[str, pd.DataFrame]:
    """Posts whose holders work there and draw their own pay, and the insurance of everybody else."""
    draw = draw_from(ground.seed, "public posts")
    people, calendar = ground.people, ground.calendar
    age = people.age_on(calendar.first_day)
    free = np.flatnonzero((age >= 18) & (age < 60) & ~ground.taken)
    chosen = draw.permutation(free)[: int(people.n * (_HOLDERS + _INSURED))]
    n_holders = max(3, int(people.n * _HOLDERS))
    holder, insured = chosen[:n_holders], np.sort(chosen[n_holders:])
    months = np.arange(-LEAD_MONTHS, calendar.n_months)
    person, month = np.repeat(holder, len(months)), np.tile(months, len(holder))
    paid = day_in_month(calendar.month(month + 1), 1 + person % 14)
    rows = _post_rows(ground, person, month, person, person)
    n = len(insured)
    since = calendar.number(np.full(n, calendar.first_day)) - draw.integers(LEAD_MONTHS, 120, n)
    place = np.where(draw.random(n) < _INSURED_AWAY, draw.integers(1, len(_places(ground)), n), 0)
    left = draw.random(n) < 0.1
    last = np.where(left, np.minimum(since + draw.integers(6, 60, n), calendar.n_months - 2), calendar.n_months)
    known = np.full(n, calendar.first_day - np.timedelta64(200, "D"))
    after: Dates = calendar.month(last + 1).astype("datetime64[D]")
    ended = after + days(draw.integers(3, 15, n))
    known = np.where(left, np.maximum(known, ended), known)
    return {
        "public_post": rows.assign(received_on=paid),
        "si_enrol": _insurance_rows(draw, ground, insured, place, since, last, left).assign(received_on=known),
    }


def _places(ground: Ground) -> tuple[str, ...]:
    """Where people are insured: the county first, then those to which people move."""
    return (ground.places.county.code, *ground.places.county.elsewhere)


def _post_rows(ground: Ground, person: Integers, month: Integers, holder: Integers, drawer: Integers) -> pd.DataFrame:
    """The register `public_post`: pay for a month goes to the account of `holder` and is drawn by `drawer`."""
    village = ground.people.village[person]
    town = ground.places.town_of[village]
    ids = ground.people.id_no
    return pd.DataFrame(
        {
            "id_no": texts_of(ids, person),
            "name": texts_of(ground.people.name, person),
            "village": texts_of(ground.places.villages, village),
            "post_name": texts_of(_POSTS, person % len(_POSTS)),
            "work_month": month_text(ground.calendar.month(month)),
            "amount": _PAY,
            "account_holder_id": texts_of(ids, holder),
            "withdrawer_id": texts_of(ids, drawer),
            "seasonal": False,
            "remote_allowed": False,
            "handler_id": texts_of(ids, ground.officials.handlers[town, village % 4]),
        }
    )


def _insurance_rows(
    draw: np.random.Generator,
    ground: Ground,
    person: Integers,
    place: Integers,
    since: Integers,
    last: Integers,
    left: Flags,
) -> pd.DataFrame:
    """The register `si_enrol`: who is insured by which firm, in which county, from which month to which."""
    firms = ground.enterprises
    employer = draw.choice(np.flatnonzero(~firms.individual), len(person))
    until = pd.Series(month_text(ground.calendar.month(last)), dtype="str")
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "employer_uscc": texts_of(firms.uscc, employer),
            "employer": texts_of(firms.name, employer),
            "place": texts_of(_places(ground), place),
            "from_month": month_text(ground.calendar.month(since)),
            "to_month": until.where(left),
        }
    )


def plant_ghost_post(ground: Ground, recipe: Recipe) -> Planted:
    """M07: the holder of a public-welfare post is insured elsewhere, or somebody else draws the pay."""
    draw = draw_from(ground.seed, "plant M07")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    town = episodes["town"].to_numpy()
    n = len(month)
    age = ground.people.age_on(ground.calendar.first_day)
    busy = np.union1d(ground.officials.employees["person"], ground.officials.cadres["person"])
    free = ~np.isin(np.arange(ground.people.n), busy)
    person = claim(draw, ground, (age >= 25) & (age < 60) & free, town)
    relative = claim(draw, ground, (age >= 20) & (age < 75) & free, town)
    drawn = np.where(genuine, mechanism != "left_post", mechanism == "family_card") | (draw.random(n) < 0.08)
    away = ~drawn | np.where(genuine, draw.random(n) < 0.65, draw.random(n) < 0.08)
    span = months_from(hint(draw, genuine, 0.6), 0.9, 0.6).clip(1, 8)
    lagging = flag(draw, mechanism == "insurance_lag", 0.8, 0.0)
    span = np.where(lagging, np.minimum(span, 2), span)
    received = day_within(draw, ground.calendar, month)
    cadre = _cadre_of_village(draw, ground, ground.people.village[person])
    by_cadre = drawn & flag(draw, genuine, 0.45, 0.1)
    drawer = np.where(drawn, np.where(by_cadre, cadre, relative), person)
    place = np.repeat(np.arange(n), span)
    worked = month[place] - span[place] + np.arange(len(place)) - np.repeat(np.cumsum(span) - span, span)
    own_account = flag(draw, genuine, 0.6, 0.3)
    rows = _post_rows(
        ground, person[place], worked, np.where(own_account, person, drawer)[place], drawer[place]
    ).assign(
        seasonal=flag(draw, mechanism == "seasonal", 0.6, 0.1)[place],
        remote_allowed=flag(draw, mechanism == "remote_duty", 0.75, 0.03)[place],
        received_on=received[place],
    )
    insured = np.flatnonzero(away)
    since = month - span - np.where(lagging, draw.integers(6, 60, n), draw.integers(0, 3, n))
    far = draw.integers(1, len(_places(ground)), len(insured))
    insurance = _insurance_rows(
        draw, ground, person[insured], far, since[insured], month[insured], np.zeros(len(insured), dtype=bool)
    )
    related = drawn & ~by_cadre & flag(draw, mechanism == "family_card", 0.75, 0.4)
    kin_of_cadre = flag(draw, genuine, 0.35, 0.2) & ~by_cadre
    kin = _kin_rows(
        draw,
        ground,
        np.concatenate([person[related], person[kin_of_cadre]]),
        np.concatenate([relative[related], cadre[kin_of_cadre]]),
    )
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        rows={
            "public_post": rows,
            "si_enrol": insurance.assign(received_on=received[insured]),
            "kinship": kin,
        },
    )


def _cadre_of_village(draw: np.random.Generator, ground: Ground, village: Integers) -> Integers:
    """A cadre now in office of each village, or of another where it has none."""
    serving = ground.officials.cadres[ground.officials.cadres["end_date"].isna()]
    shuffled = serving.iloc[draw.permutation(len(serving))]
    by_village = shuffled.drop_duplicates("village").set_index("village")["person"]
    found = by_village.reindex(village).to_numpy()
    anybody = draw.choice(serving["person"].to_numpy(), len(village))
    return np.where(np.isnan(found), anybody, found).astype(np.int64)


def _kin_rows(draw: np.random.Generator, ground: Ground, person: Integers, kin: Integers) -> pd.DataFrame:
    """The register `kinship` between each holder of a post and a relative."""
    n = len(person)
    near = draw.random(n) < 0.6
    return pd.DataFrame(
        {
            "pid_a": texts_of(ground.people.id_no, person),
            "pid_b": texts_of(ground.people.id_no, kin),
            "relation": np.where(near, "spouse", "sibling"),
            "degree": np.where(near, 1.0, 2.0),
            "confidence": draw.uniform(0.7, 1.0, n).round(2),
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )
