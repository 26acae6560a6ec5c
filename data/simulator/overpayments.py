"""Planted episodes in benefit payments: moved out, deceased, too young (M01, M02, M03).

Source: field/models.md, M01 to M03; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.benefits import SCHEMES, open_enrolments
from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Floats, Integers, Texts, days, draw_from
from data.simulator.drift import DEATH_SOURCE_BEGINS
from data.simulator.episodes import Ground, claim, claim_nearest, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.people import People
from data.simulator.places import RENUMBERED
from data.simulator.planting import Planted, day_within, with_subject

_SCHEME_NUMBER = {code: number for number, code in enumerate(SCHEMES)}
_LATER_SOURCE, _NEW_SOURCE = "殡葬管理所", "医保局"
DEATH_SOURCE = "卫健局"


def months_from(hints: Floats, middle: float, spread: float) -> Integers:
    """A number of months, at least 1, whose logarithm follows the hint."""
    months: Integers = 1 + np.floor(np.exp(middle + spread * hints) - 0.5).clip(0, 30).astype(np.int64)
    return months


def days_from(hints: Floats, middle: float, spread: float) -> Integers:
    """A number of days whose logarithm follows the hint."""
    counts: Integers = np.floor(np.exp(middle + spread * hints)).clip(0, 400).astype(np.int64)
    return counts


def person_rows(people: People, villages: Texts, person: Integers, received: Dates) -> pd.DataFrame:
    """The register `person` for these people as they live at home, known from `received` on."""
    home = texts_of(villages, people.village[person])
    nothing = np.full(len(person), np.datetime64("NaT", "D"))
    return pd.DataFrame(
        {
            "id_no": texts_of(people.id_no, person),
            "name": texts_of(people.name, person),
            "sex": texts_of(("女", "男"), people.male[person].astype(np.int64)),
            "birth_date": people.born[person],
            "hukou_region": home,
            "hukou_out_date": nothing,
            "hukou_registered_on": nothing,
            "residence_region": home,
            "household_no": "H" + pd.Series(people.household[person]).astype("str").str.zfill(7),
            "received_on": received,
        }
    )


def plant_moved_out(ground: Ground, recipe: Recipe) -> Planted:
    """M01: an allowance is paid on after the household registration moved away."""
    draw = draw_from(ground.seed, "plant M01")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    age = ground.people.age_on(ground.calendar.first_day)
    person = claim(draw, ground, (age >= 62) & (age <= 79), episodes["town"].to_numpy())
    over = months_from(hint(draw, genuine, 0.8), 0.45, 0.7).clip(1, LEAD_MONTHS + month - 1)
    over = np.where(episodes["mechanism"] == "grace", 1, over)
    received = day_within(draw, ground.calendar, month)
    out = np.minimum(
        ground.calendar.month(month - over).astype("datetime64[D]") + days(draw.integers(0, 28, len(month))), received
    )
    registered = np.minimum(out + days(days_from(-hint(draw, genuine, 0.7), 2.4, 0.8)), received)
    renumbered = flag(draw, (episodes["mechanism"] == "boundary_change").to_numpy(), 0.75, 0.06)
    rows = person_rows(ground.people, ground.places.villages, person, received)
    rows["hukou_out_date"], rows["hukou_registered_on"] = out, registered
    rows["hukou_region"] = np.where(renumbered, RENUMBERED[0], draw.choice(ground.places.county.elsewhere, len(month)))
    rows["residence_region"] = rows["residence_region"].where(flag(draw, genuine, 0.35, 0.6), rows["hukou_region"])
    scheme = np.full(len(month), _SCHEME_NUMBER["elderly_care_allowance"])
    enrolments = open_enrolments(ground, draw, person, scheme).assign(
        stop=month + 1,
        desk=episodes["desk"].to_numpy(),
        holder=np.where(flag(draw, genuine, 0.22, 0.08), ground.officials.handlers[episodes["town"], 1], person),
        kind=np.where(flag(draw, genuine, 0.05, 0.15), "补发", "正常"),
    )
    truth = with_subject(episodes, "person", ground.people.id_no[person])
    return Planted(truth, enrolments=enrolments, rows={"person": rows})


def plant_deceased(ground: Ground, recipe: Recipe) -> Planted:
    """M02: a benefit is paid on after the month of death, or seems to be."""
    draw = draw_from(ground.seed, "plant M02")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    n = len(month)
    age = ground.people.age_on(ground.calendar.first_day)
    person = claim(draw, ground, age >= 64, episodes["town"].to_numpy())
    scheme = _scheme_of_deceased(draw, age[person])
    over = months_from(hint(draw, genuine, 0.75), -0.1, 0.75).clip(1, LEAD_MONTHS + month - 1)
    received = day_within(draw, ground.calendar, month)
    died = ground.calendar.month(month - over).astype("datetime64[D]") + days(draw.integers(0, 28, n))
    registered = np.minimum(died + days(days_from(-hint(draw, genuine, 0.6), 2.3, 0.9)), received)
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    named = texts_of(ground.people.name, np.where(flag(draw, mechanism == "number_clash", 0.85, 0.02), 0, person))
    deaths = pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": named,
            "death_date": died,
            "register_date": registered,
            "cremation_date": np.where(
                flag(draw, genuine, 0.75, 0.5), died + days(draw.integers(1, 5, n)), np.datetime64("NaT", "D")
            ),
            "source": np.where(_new_source(ground, draw, month, genuine), _NEW_SOURCE, DEATH_SOURCE),
            "received_on": received,
        }
    )
    disagrees = flag(draw, mechanism == "date_error", 0.75, 0.06)
    second = deaths.assign(
        source=_LATER_SOURCE, death_date=died - days(np.where(disagrees, draw.integers(20, 60, n), 0))
    )[flag(draw, genuine, 0.6, 0.28) | disagrees]
    corrected = deaths[flag(draw, mechanism == "date_error", 0.6, 0.0)]
    corrected = corrected.assign(
        death_date=corrected["received_on"] - pd.Timedelta(days=12),
        received_on=corrected["received_on"] + pd.Timedelta(days=75),
    )
    enrolments = open_enrolments(ground, draw, person, scheme).assign(
        stop=month + 1,
        desk=episodes["desk"].to_numpy(),
        kind=np.where(flag(draw, mechanism == "arrears", 0.65, 0.06), "补发", "正常"),
    )
    given_back = np.where(mechanism == "netted", draw.random(n) < 0.6, draw.random(n) < 0.12)
    returns = pd.DataFrame(
        {
            "person": person,
            "scheme": scheme,
            "after": month - over,
            "returned_on": received - days(draw.integers(0, 6, n)),
        }
    )[given_back]
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        enrolments=enrolments,
        deaths=pd.DataFrame({"person": person, "died_on": died}),
        returns=returns,
        rows={"death": pd.concat([deaths, second, corrected], ignore_index=True)},
    )


def _scheme_of_deceased(draw: np.random.Generator, age: Integers) -> Integers:
    younger = draw.choice(
        ("resident_pension", "tekun", "disability_allowance", "veteran_allowance"), len(age), p=(0.55, 0.1, 0.2, 0.15)
    )
    chosen = np.where((age >= 81) & (draw.random(len(age)) < 0.6), "senior_allowance", younger)
    return np.array([_SCHEME_NUMBER[code] for code in chosen])


def _new_source(ground: Ground, draw: np.random.Generator, month: Integers, genuine: Flags) -> Flags:
    """Whether a death was reported by the source that began on the way and is often wrong."""
    shock = DEATH_SOURCE_BEGINS.month_in(ground.calendar)
    begun = np.zeros(len(month), dtype=bool) if shock is None else month >= shock
    return begun & flag(draw, genuine, 0.1, 0.3)


def plant_too_young(ground: Ground, recipe: Recipe) -> Planted:
    """M03: a senior allowance is paid before the age for it, by the register's birth date."""
    draw = draw_from(ground.seed, "plant M03")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    gap = np.exp(2.6 + 0.9 * hint(draw, genuine, 1.0)).clip(2, 140)
    corrected = flag(draw, mechanism == "document_birth", 0.6, 0.05)
    person = _claim_for_gap(draw, ground, episodes["town"].to_numpy(), month + gap, corrected)
    scheme = np.full(n, _SCHEME_NUMBER["senior_allowance"])
    enrolments = open_enrolments(ground, draw, person, scheme)
    old = np.flatnonzero(ground.people.age_on(ground.calendar.first_day) >= 81)
    by_other = flag(draw, genuine, 0.25, 0.12)
    by_old = flag(draw, genuine, 0.08, 0.3)
    holder = np.where(by_other, ground.officials.handlers[episodes["town"], 0], person)
    dear = hint(draw, genuine, 0.6) > 0.5
    enrolments = enrolments.assign(
        start=month,
        stop=month + 1 + (draw.random(n) < 0.1),
        desk=episodes["desk"].to_numpy(),
        holder=np.where(by_old, draw.choice(old, n), holder),
        kind=np.where(flag(draw, genuine, 0.1, 0.25), "补发", "正常"),
        amount=np.where(dear, enrolments["amount"] * 2, enrolments["amount"]),
    )
    truth = with_subject(episodes, "person", ground.people.id_no[person])
    return Planted(
        truth, enrolments=enrolments, rows={"person": _corrected_births(ground, person, month, gap)[corrected]}
    )


def _claim_for_gap(
    draw: np.random.Generator, ground: Ground, town: Integers, turns_80: Floats, corrected: Flags
) -> Integers:
    """A person for each episode who turns 80 in the wanted office month, or is 80 by number where it was corrected."""
    born = ground.calendar.number(ground.people.born)
    age = ground.people.age_on(ground.calendar.first_day)
    person = np.empty(len(town), dtype=np.int64)
    person[corrected] = claim(draw, ground, (age >= 80) & (age <= 90), town[corrected])
    person[~corrected] = claim_nearest(ground, town[~corrected], born + 12 * 80, turns_80[~corrected])
    return person


def _corrected_births(ground: Ground, person: Integers, month: Integers, gap: Floats) -> pd.DataFrame:
    """The register `person` with the birth date that a document put right, known since the office opened."""
    opened = ground.calendar.first_day - np.timedelta64(190, "D")
    rows = person_rows(ground.people, ground.places.villages, person, np.full(len(person), opened))
    born = ground.calendar.month(month + np.ceil(gap).astype(np.int64) - 12 * 80).astype("datetime64[D]")
    return rows.assign(birth_date=born + days(person % 28))
