"""Planted episodes in hardship aid: on the payroll and on dibao (M04), paid twice (M05).

Source: field/models.md, M04 and M05; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.benefits import SCHEMES, open_enrolments
from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, days, draw_from
from data.simulator.episodes import Ground, claim, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.overpayments import months_from
from data.simulator.planting import Planted, day_within, with_subject

_SCHEME_NUMBER = {code: number for number, code in enumerate(SCHEMES)}
_TEMPORARY_POSTS = ("村级保洁员", "护林员", "临时协管员")
_POSTS = ("科员", "教师", "办事员", "事业干部")


def employee_rows(ground: Ground, employees: pd.DataFrame, received: Dates) -> pd.DataFrame:
    """The register `public_employee` for these employments, known from `received` on."""
    person = employees["person"].to_numpy()
    return pd.DataFrame(
        {
            "id_no": texts_of(ground.people.id_no, person),
            "name": texts_of(ground.people.name, person),
            **{
                column: employees[column].to_numpy()
                for column in ("unit_name", "post", "fiscal_type", "start_date", "end_date", "monthly_pay")
            },
            "received_on": received,
        }
    )


def plant_on_payroll(ground: Ground, recipe: Recipe) -> Planted:
    """M04: dibao is paid to someone on the payroll (rule a), or to someone whose household member is (rule b)."""
    draw = draw_from(ground.seed, f"plant M04 {recipe.rule}")
    episodes = plan_episodes(ground, recipe)
    month = episodes["month"].to_numpy()
    age = ground.people.age_on(ground.calendar.first_day)
    grown = (age >= 22) & (age <= 57)
    member = _member_of_household(ground, grown)
    untouched = ~home_employed(ground) & ~_home_of(ground, ground.taken)
    eligible = untouched & (grown if recipe.rule == "a" else (member >= 0) & (age >= 18))
    person = claim(draw, ground, eligible, episodes["town"].to_numpy())
    worker = person if recipe.rule == "a" else member[person]
    ground.taken[_home_of(ground, np.isin(np.arange(ground.people.n), worker))] = True
    received = day_within(draw, ground.calendar, month)
    employment = _employ(draw, ground, episodes, worker, received)
    scheme = np.full(len(month), _SCHEME_NUMBER["dibao"])
    enrolments = open_enrolments(ground, draw, person, scheme).assign(stop=month + 1, desk=episodes["desk"].to_numpy())
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        enrolments=enrolments,
        rows={"public_employee": employee_rows(ground, employment, received)},
    )


def home_employed(ground: Ground) -> Flags:
    """Whether each person lives with somebody on the payroll."""
    return _home_of(ground, np.isin(np.arange(ground.people.n), ground.officials.employees["person"].to_numpy()))


def _home_of(ground: Ground, persons: Flags) -> Flags:
    """Whether each person shares a household with one of `persons`."""
    return np.isin(ground.people.household, ground.people.household[persons])


def _member_of_household(ground: Ground, grown: Flags) -> Integers:
    """For each person another grown member of the household whom no episode has taken; -1 where there is none."""
    household = ground.people.household
    free = np.flatnonzero(grown & ~ground.taken)
    first = np.full(int(household.max()) + 1, -1)
    last = first.copy()
    first[household[free[::-1]]] = free[::-1]
    last[household[free]] = free
    own = np.arange(ground.people.n)
    return np.where(first[household] != own, first[household], np.where(last[household] != own, last[household], -1))


def _employ(
    draw: np.random.Generator, ground: Ground, episodes: pd.DataFrame, worker: Integers, received: Dates
) -> pd.DataFrame:
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    overlap = months_from(hint(draw, genuine, 0.7), 0.7, 0.7).clip(1, LEAD_MONTHS + month - 1)
    overlap = np.where(mechanism == "same_month", 1, overlap)
    start = ground.calendar.month(month - overlap).astype("datetime64[D]") + days(draw.integers(0, 28, n))
    temporary = flag(draw, mechanism == "temporary_post", 0.7, 0.2)
    left = flag(draw, mechanism == "left_service", 0.8, 0.1)
    end = np.where(left, np.minimum(start + days(draw.integers(20, 75, n)), received), np.datetime64("NaT", "D"))
    pay = 3100 * np.exp(0.32 * hint(draw, genuine, 0.7)) * np.where(temporary, 0.75, 1.0)
    return pd.DataFrame(
        {
            "person": worker,
            "unit_name": np.where(
                temporary, "村民委员会", draw.choice(("县教育局", "镇政府", "县人民医院", "县水利局"), n)
            ),
            "post": np.where(temporary, draw.choice(_TEMPORARY_POSTS, n), draw.choice(_POSTS, n)),
            "fiscal_type": np.where(
                temporary & (draw.random(n) < 0.7), "临时聘用", draw.choice(("事业编制", "编外合同"), n)
            ),
            "start_date": start,
            "end_date": end,
            "monthly_pay": pay.round(-1),
        }
    )


def plant_paid_twice(ground: Ground, recipe: Recipe) -> Planted:
    """M05: one scheme is paid in two villages for the same month, or two schemes that exclude each other are."""
    draw = draw_from(ground.seed, "plant M05")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    age = ground.people.age_on(ground.calendar.first_day)
    excluding = draw.random(n) < 0.35
    eligible = (age >= 62) & (age < 92) & ~home_employed(ground)
    person = claim(draw, ground, eligible, episodes["town"].to_numpy())
    usual = draw.choice([_SCHEME_NUMBER["disability_allowance"], _SCHEME_NUMBER["resident_pension"]], n)
    scheme = np.where(excluding, _SCHEME_NUMBER["dibao"], usual)
    first = open_enrolments(ground, draw, person, scheme).assign(stop=month + 1)
    merged = ground.places.former != ground.places.villages
    after = ground.calendar.month(month).astype("datetime64[D]") >= ground.places.merged_on
    by_merger = ~excluding & after & flag(draw, mechanism == "merger", 0.85, 0.05)
    elsewhere = draw.integers(0, len(merged), n)
    elsewhere = np.where(elsewhere == first["village"], (elsewhere + 1) % len(merged), elsewhere)
    village = np.where(
        by_merger, draw.choice(np.flatnonzero(merged), n), np.where(excluding, first["village"], elsewhere)
    )
    first["village"] = np.where(by_merger, village, first["village"])
    same_account = flag(draw, genuine, 0.42, 0.75)
    second = first.assign(
        scheme=np.where(excluding, _SCHEME_NUMBER["tekun"], scheme),
        start=month,
        village=village,
        former=by_merger,
        desk=np.where(flag(draw, genuine, 0.3, 0.55), first["desk"], episodes["desk"]),
        kind=np.where(
            flag(draw, mechanism == "back_pay", 0.6, 0.12),
            "补发",
            np.where(flag(draw, mechanism == "semesters", 0.5, 0.06), "分期", "正常"),
        ),
        amount=(first["amount"] * np.where(flag(draw, genuine, 0.7, 0.45), 1.0, 0.5)).round(),
        account=np.where(same_account, first["account"], ground.people.n),
        delay=np.where(mechanism == "semesters", 6, 0)
        + np.floor(np.exp(1.1 - 0.6 * hint(draw, genuine, 0.6))).astype(np.int64).clip(0, 25),
    )
    return Planted(
        with_subject(episodes, "person", ground.people.id_no[person]),
        enrolments=pd.concat([first, second], ignore_index=True),
    )
