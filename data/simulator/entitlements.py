"""Who is due a benefit: certificates, waivers and linked benefits, with who is planted to go without (M34).

Source: field/models.md, M34; field/simulator.md, 5.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.aid import home_employed
from data.simulator.benefits import LOWERED, SCHEMES, of_age_in, open_enrolments
from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, days, draw_from
from data.simulator.drift import AGE_LOWERED
from data.simulator.episodes import Ground, claim, claim_nearest, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.overpayments import person_rows
from data.simulator.planting import Planted, day_within, with_subject
from data.simulator.village_card import kin_of_cadres

_NUMBER = {code: number for number, code in enumerate(SCHEMES)}
_WAIT = 3
"""Months after which a benefit that is due and not paid is missed."""
_LIGHTER = 0.012
"""Share of residents with a certificate of a grade that entitles to nothing."""
_REASONS = ("本人书面放弃", "已选其他待遇", "随子女在外居住")


def link(enrolments: pd.DataFrame, left_out: Integers) -> pd.DataFrame:
    """Enrolments in the benefit that everybody on dibao is due, beside those in dibao, without `left_out`."""
    aided = enrolments[enrolments["scheme"] == _NUMBER["dibao"]]
    aided = aided[~aided["person"].isin(left_out)]
    premium = SCHEMES["medical_aid_premium"].amount
    return aided.assign(scheme=_NUMBER["medical_aid_premium"], amount=premium, kind="正常", delay=0)


def entitlements(ground: Ground, enrolments: pd.DataFrame, left_out: Integers, died: Dates) -> dict[str, pd.DataFrame]:
    """The registers `disability` and `waiver`: who has a certificate, and who declined what comes with age."""
    return {
        "disability": _certificates(ground, enrolments, left_out),
        "waiver": _waivers(ground, enrolments, left_out, died),
    }


def _certificates(ground: Ground, enrolments: pd.DataFrame, left_out: Integers) -> pd.DataFrame:
    """A certificate of a grave grade before each first allowance, and lighter ones of people who are due none."""
    draw = draw_from(ground.seed, "disability certificates")
    drawn = enrolments[(enrolments["scheme"] == _NUMBER["disability_allowance"])]
    drawn = drawn[drawn["start"] < drawn["stop"]].sort_values("start", kind="stable").drop_duplicates("person")
    grave, start = drawn["person"].to_numpy(), drawn["start"].to_numpy()
    others = np.setdiff1d(np.arange(ground.people.n), np.union1d(grave, left_out))
    lighter = np.sort(draw.choice(others, max(4, int(ground.people.n * _LIGHTER)), replace=False))
    opened = ground.calendar.first_day - np.timedelta64(400, "D")
    begun: Dates = ground.calendar.month(start).astype("datetime64[D]")
    early = np.where(start <= -LEAD_MONTHS, draw.integers(250, 5_000, len(grave)), draw.integers(3, 55, len(grave)))
    certified = np.concatenate([begun - days(early), opened - days(draw.integers(0, 5_000, len(lighter)))])
    grade = np.concatenate([draw.integers(1, 3, len(grave)), draw.integers(3, 5, len(lighter))])
    return _certificate_rows(ground, np.concatenate([grave, lighter]), certified, grade).assign(
        received_on=np.maximum(opened, certified + days(draw.integers(1, 4, len(certified))))
    )


def _certificate_rows(ground: Ground, person: Integers, certified: Dates, grade: Integers) -> pd.DataFrame:
    """The register `disability` for these people, without received_on."""
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            "grade": grade.astype(np.float64),
            "certified_on": certified,
            "region": texts_of(ground.places.villages, ground.people.village[person]),
        }
    )


def _waivers(ground: Ground, enrolments: pd.DataFrame, left_out: Integers, died: Dates) -> pd.DataFrame:
    """A statement of everybody who lived to the age and is not paid from then on, but for `left_out`."""
    draw = draw_from(ground.seed, "waivers")
    everyone = np.arange(ground.people.n)
    due = of_age_in(ground, everyone)
    first = np.maximum(due + 1, -LEAD_MONTHS)
    paid = enrolments[enrolments["scheme"] == _NUMBER[LOWERED]]
    person = paid["person"].to_numpy()
    in_time = (paid["start"].to_numpy() <= first[person]) & (paid["stop"].to_numpy() > first[person])
    wanting = (due < ground.calendar.n_months) & (np.isnat(died) | (ground.calendar.number(died) > due))
    wanting[person[in_time]] = False
    wanting[left_out] = False
    declined = np.flatnonzero(wanting)
    opened = ground.calendar.first_day - np.timedelta64(200, "D")
    came_of_age: Dates = ground.calendar.month(due[declined]).astype("datetime64[D]")
    declared = np.maximum(opened, came_of_age - days(draw.integers(6, 28, len(declined))))
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, declined),
            "scheme": LOWERED,
            "declared_on": declared,
            "reason": texts_of(_REASONS, draw.integers(0, len(_REASONS), len(declined))),
            "received_on": declared + days(draw.integers(0, 5, len(declined))),
        }
    )


@dataclass(frozen=True)
class _Missed:
    """People who go without what they are due, and the rows that say that they are due it."""

    person: Integers
    rows: dict[str, pd.DataFrame]
    enrolments: pd.DataFrame | None = None


def plant_entitlement_gap(ground: Ground, recipe: Recipe) -> Planted:
    """M34: somebody of age (a), severely disabled (b) or on dibao (c) is not paid what comes with it."""
    draw = draw_from(ground.seed, f"plant M34 {recipe.rule}")
    episodes = plan_episodes(ground, recipe)
    genuine = episodes["genuine"].to_numpy()
    waited = _WAIT + np.floor(np.exp(0.5 + 0.7 * hint(draw, genuine, 1.6))).astype(np.int64).clip(0, 8)
    missed = _PLANT[recipe.rule](draw, ground, episodes, waited)
    away = flag(draw, (episodes["mechanism"] == "lives_away").to_numpy(), 0.85, 0.08)
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[missed.person]),
        enrolments=missed.enrolments,
        rows={**missed.rows, "person": _moves(draw, ground, missed, away)},
        left_out=missed.person,
    )


def _moves(draw: np.random.Generator, ground: Ground, missed: _Missed, away: Flags) -> pd.DataFrame:
    """The register `person` for those who live in another county, beside what is planted in it already."""
    rows = missed.rows.get("person")
    if rows is None:
        opened = ground.calendar.first_day - np.timedelta64(190, "D")
        known = np.full(len(missed.person), opened)
        rows = person_rows(ground.people, ground.places.villages, missed.person, known)[away]
        return rows.assign(residence_region=draw.choice(ground.places.county.elsewhere, len(rows)))
    lives_away = rows["id_no"].isin(ground.people.id_no[missed.person[away]])
    return rows.assign(residence_region=rows["residence_region"].where(~lives_away, ground.places.county.elsewhere[0]))


def _of_age(draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, waited: Integers) -> _Missed:
    """Some came of age at home three months ago; others moved in of late, when they had been of age for longer."""
    month = episodes["month"].to_numpy()
    calendar, people = ground.calendar, ground.people
    moved = flag(draw, episodes["genuine"].to_numpy(), 0.6, 0.45)
    last = calendar.n_months - 1
    noticed = np.minimum(month + moved, last)
    shock = AGE_LOWERED.month_in(calendar, ground.places.county.number)
    lowered = np.zeros(len(month), dtype=bool) if shock is None else noticed >= shock + 2
    age = (SCHEMES[LOWERED].min_age or 0) - lowered
    # In the last months nobody may come of age too late to be noticed.
    due = noticed - np.where(moved, np.minimum(waited, 9), _WAIT) - 2 * (noticed >= last - 1)
    born = calendar.number(people.born)
    person = claim_nearest(ground, episodes["town"].to_numpy(), born, (due - 12 * age).astype(np.float64))
    newcomers = person[moved]
    opened = np.full(len(person), calendar.first_day - np.timedelta64(190, "D"))
    elsewhere = person_rows(people, ground.places.villages, newcomers, opened[moved])
    elsewhere["hukou_region"] = elsewhere["residence_region"] = draw.choice(
        ground.places.county.elsewhere, len(newcomers)
    )
    at_home = person_rows(people, ground.places.villages, newcomers, day_within(draw, calendar, month[moved]))
    stayers = person_rows(people, ground.places.villages, person[~moved], opened[~moved])
    return _Missed(person, {"person": pd.concat([elsewhere, stayers, at_home], ignore_index=True)})


def _disabled(draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, waited: Integers) -> _Missed:
    month = episodes["month"].to_numpy()
    age = ground.people.age_on(ground.calendar.first_day)
    person = claim(draw, ground, (age >= 12) & (age < 74), episodes["town"].to_numpy())
    received = day_within(draw, ground.calendar, month)
    certified: Dates = ground.calendar.month(month - np.minimum(waited, 10)).astype("datetime64[D]")
    rows = _certificate_rows(
        ground, person, certified + days(draw.integers(0, 27, len(month))), draw.integers(1, 3, len(month))
    )
    return _Missed(person, {"disability": rows.assign(received_on=received)})


def _on_dibao(draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, _waited: Integers) -> _Missed:
    """Some came on dibao three months ago and were never linked; of others the link lapsed a year ago."""
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    age = ground.people.age_on(ground.calendar.first_day)
    eligible = (age >= 20) & (age < 70) & ~home_employed(ground) & ~kin_of_cadres(ground)
    person = claim(draw, ground, eligible, episodes["town"].to_numpy())
    numbers = [np.full(len(month), _NUMBER[code]) for code in ("dibao", "medical_aid_premium")]
    aided, linked = (open_enrolments(ground, draw, person, number) for number in numbers)
    lapsed = flag(draw, genuine, 0.6, 0.2) & (month >= 9)
    desk = episodes["desk"].to_numpy()
    aided = aided.assign(start=np.where(lapsed, -LEAD_MONTHS, month - _WAIT), desk=desk)
    linked = linked.assign(stop=month - 12, desk=desk)
    return _Missed(person, {}, pd.concat([aided, linked[lapsed]], ignore_index=True))


_PLANT: dict[str, Callable[[np.random.Generator, Ground, pd.DataFrame, Integers], _Missed]] = {
    "a": _of_age,
    "b": _disabled,
    "c": _on_dibao,
}
