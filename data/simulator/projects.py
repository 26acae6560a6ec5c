"""Below-limit projects and the meetings that decided them, with what is planted in them (M11).

Source: field/models.md, M11; field/simulator.md, 3 and 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import LEAD_MONTHS, Dates, Flags, Integers, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes, texts_of
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, day_within, past_or_now, with_subject

_WORKS = (
    "村道硬化工程",
    "灌溉渠修缮工程",
    "文化礼堂修缮工程",
    "路灯安装工程",
    "污水管网工程",
    "护岸加固工程",
    "晒谷场改造工程",
    "村级公墓整治工程",
    "卫生室翻新工程",
    "垃圾分拣房新建工程",
    "机耕路拓宽工程",
    "饮用水管改造工程",
)
_A_YEAR = 160
"""Projects a year and 100,000 residents."""


def ordinary_projects(ground: Ground) -> dict[str, pd.DataFrame]:
    """Projects as they should be: decided, approved, awarded, begun in this order; known at award and at the start.

    Returns: the registers `project` and `meeting_minute`, with received_on.
    """
    draw = draw_from(ground.seed, "projects")
    n_months = ground.calendar.n_months + LEAD_MONTHS
    n = max(12, int(_A_YEAR * n_months / 12 * ground.preset.n_persons / 100_000))
    village = draw.integers(0, len(ground.places.villages), n)
    approved = ground.calendar.register_start.astype("datetime64[D]") + days(draw.integers(0, n_months * 30, n))
    awarded = approved + days(draw.integers(10, 50, n))
    planned = awarded + days(draw.integers(5, 30, n))
    begun = planned + days(draw.integers(0, 20, n))
    rows = project_rows(draw, ground, _in_turn(village, approved), village, "Q", approved, awarded, planned)
    nothing = np.full(n, np.datetime64("NaT", "D"))
    at_award = rows.assign(actual_start=nothing, received_on=awarded + days(draw.integers(1, 5, n)))
    at_start = rows.assign(actual_start=begun, received_on=begun + days(draw.integers(1, 8, n)))
    minutes = minute_rows(draw, ground, village, rows["project_id"], approved - days(draw.integers(3, 30, n)))
    return {
        "project": pd.concat([at_award, at_start], ignore_index=True),
        "meeting_minute": pd.concat([minutes[draw.random(n) >= 0.06], _other_minutes(draw, ground)], ignore_index=True),
    }


def _in_turn(village: Integers, approved: Dates) -> "pd.Series[str]":
    """What each project builds: no village builds the same again before it has built everything else."""
    order = np.argsort(approved, kind="stable")
    turn = np.empty_like(village)
    turn[order] = pd.Series(village[order]).groupby(village[order]).cumcount()
    return texts_of(_WORKS, (turn + village) % len(_WORKS))


def project_rows(
    draw: np.random.Generator,
    ground: Ground,
    works: "pd.Series[str]",
    village: Integers,
    mark: str,
    approved: Dates,
    awarded: Dates,
    planned: Dates,
) -> pd.DataFrame:
    """The register `project` for these works of these villages, without actual_start and received_on."""
    n = len(village)
    names = ground.places.regions.set_index("code")["name"]
    place = names.loc[list(ground.places.villages[village])].to_numpy()
    town = ground.places.town_of[village]
    return pd.DataFrame(
        {
            "project_id": f"XM99{mark}" + pd.Series(np.arange(1, n + 1)).astype("str").str.zfill(5),
            "name": pd.Series(place).astype("str") + works,
            "village": texts_of(ground.places.villages, village),
            "owner": pd.Series(place).astype("str") + "村民委员会",
            "budget": np.round(180_000 * np.exp(draw.normal(0, 0.9, n)), -2).clip(8_000, 3_900_000),
            "is_emergency": draw.random(n) < 0.04,
            "approve_date": approved,
            "award_date": awarded,
            "plan_start": planned,
            "handler_id": texts_of(ground.people.id_no, ground.officials.handlers[town, village % 4]),
        }
    )


def minute_rows(
    draw: np.random.Generator, ground: Ground, village: Integers, project: "pd.Series[str] | None", met: Dates
) -> pd.DataFrame:
    """The register `meeting_minute` for these meetings, about these projects or about none, known within days."""
    n = len(village)
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "meeting_type": draw.choice(("村民代表大会", "村两委会"), n),
            "topic": "工程建设" if project is not None else "村务讨论",
            "project_id": pd.array([None] * n, dtype="str") if project is None else project.to_numpy(),
            "meeting_date": met,
            "received_on": met + days(draw.integers(1, 15, n)),
        }
    )


def _other_minutes(draw: np.random.Generator, ground: Ground) -> pd.DataFrame:
    """Fourteen meetings a village and year on other matters."""
    n_months = ground.calendar.n_months + LEAD_MONTHS
    n = int(14 * len(ground.places.villages) * n_months / 12)
    met = ground.calendar.register_start.astype("datetime64[D]") + days(draw.integers(0, n_months * 30, n))
    return minute_rows(draw, ground, draw.integers(0, len(ground.places.villages), n), None, met)


def plant_early_start(ground: Ground, recipe: Recipe) -> Planted:
    """M11: a project begins before it is approved or awarded, or seems to."""
    draw = draw_from(ground.seed, "plant M11")
    episodes = plan_episodes(ground, recipe)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    mechanism = episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    village = village_in_town(draw, ground, episodes["town"].to_numpy())
    early = 1 + np.floor(np.exp(2.4 + 0.8 * hint(draw, genuine, 0.8))).astype(np.int64).clip(0, 160)
    received = day_within(draw, ground.calendar, month)
    lag = np.floor(np.exp(2.0 - 0.6 * hint(draw, genuine, 0.5))).astype(np.int64).clip(1, 40)
    approved = received - days(lag)
    begun = approved - days(early)
    awarded = past_or_now(ground, approved + days(draw.integers(1, 12, n)))
    planned = np.where(flag(draw, genuine, 0.5, 0.25), begun, awarded + days(draw.integers(1, 10, n)))
    works = texts_of(_WORKS, draw.integers(0, len(_WORKS), n))
    rows = project_rows(draw, ground, works, village, "Z", approved, awarded, planned)
    urgent: Flags = flag(draw, mechanism == "emergency", 0.7, 0.1)
    dear = np.exp(0.6 * hint(draw, genuine, 0.4))
    rows = rows.assign(
        is_emergency=urgent,
        actual_start=begun,
        budget=(rows["budget"] * dear).round(-2),
        handler_id=texts_of(ground.people.id_no, episodes["handler"].to_numpy()),
        received_on=received,
    )
    near = flag(draw, genuine, 0.3, 0.62)
    met = np.minimum(
        np.where(near, begun + days(draw.integers(-6, 6, n)), begun - days(draw.integers(15, 70, n))), received
    )
    minutes = minute_rows(draw, ground, village, rows["project_id"], met).assign(
        received_on=np.minimum(met + days(draw.integers(0, 8, n)), received)
    )
    held = flag(draw, genuine, 0.6, 0.85)
    truth = with_subject(episodes, "project", rows["project_id"].to_numpy())
    return Planted(truth, rows={"project": rows, "meeting_minute": minutes[held]})


def village_in_town(draw: np.random.Generator, ground: Ground, town: Integers) -> Integers:
    """A village of each town."""
    homes = [np.flatnonzero(ground.places.town_of == number) for number in range(len(ground.places.towns))]
    return np.array([homes[number][draw.integers(0, len(homes[number]))] for number in town])
