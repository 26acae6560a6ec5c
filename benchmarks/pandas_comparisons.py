"""Seven of the comparisons as an analyst would write them in pandas, hits only: what DuckDB is measured against.

Each takes a reader of registers, the card's parameters and the month of the run, and gives how many rows it hits.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

Read = Callable[..., pd.DataFrame]
"""A register's columns that are still in force."""
Values = Mapping[str, Any]


def _first_month(values: Values) -> str:
    return str((pd.Period(values["as_of"], "M") - int(values["look_back_months"])).strftime("%Y-%m"))


def _month_number(months: pd.Series) -> pd.Series:
    return months.str[:4].astype(int) * 12 + months.str[5:7].astype(int)


def _months(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days).dt.strftime("%Y-%m")


def _payments(read: Read, values: Values, *columns: str) -> pd.DataFrame:
    paid = read("benefit_payment", "pay_id", "id_no", "scheme", "pay_month", *columns)
    paid = paid[paid.pay_month >= _first_month(values)]
    return paid[paid.scheme == values["scheme"]] if "scheme" in values else paid


def _ruled(paid: pd.DataFrame, read: Read, column: str) -> pd.DataFrame:
    """The payments with a column of the scheme's rule in force then, where there is one."""
    rules = read("scheme_rule", "scheme", "county", "effective_from", "effective_to", column)
    found = paid.assign(county=paid.region.str[:6]).merge(rules, on=["scheme", "county"], how="left")
    begins = pd.to_datetime(found.pay_month + "-01")
    inside = begins.ge(pd.to_datetime(found.effective_from))
    inside &= found.effective_to.isna() | begins.le(pd.to_datetime(found.effective_to))
    ruled = found[inside][["pay_id", column]].drop_duplicates("pay_id")
    return paid.merge(ruled, on="pay_id", how="left")


def moved_out(read: Read, values: Values) -> int:
    """M01: allowance paid after the household register was left."""
    people = read("person", "id_no", "hukou_out_date").dropna()
    paid = _payments(read, values).merge(people, on="id_no")
    after = _month_number(paid.pay_month) - _month_number(_months(paid.hukou_out_date))
    return int(paid[after.ge(max(1, int(values["grace_months"])))].pay_id.nunique())


def deceased(read: Read, values: Values) -> int:
    """M02: benefits paid after death, each scheme's month of grace allowed for."""
    died = read("death", "id_no", "death_date").groupby("id_no", as_index=False).death_date.max()
    paid = _payments(read, values, "region")
    paid = paid[~paid.scheme.isin(values["schemes_left_out"])].merge(died, on="id_no")
    paid = _ruled(paid, read, "grace_months")
    after = _month_number(paid.pay_month) - _month_number(_months(paid.death_date))
    return int(paid[after > paid.grace_months.fillna(values["grace_months"])].pay_id.nunique())


def too_young(read: Read, values: Values) -> int:
    """M03: senior allowance below the age of the county's rule."""
    paid = _payments(read, values, "region").merge(read("person", "id_no", "birth_date"), on="id_no")
    paid = _ruled(paid, read, "min_age")
    ends = pd.to_datetime(paid.pay_month + "-01") + pd.offsets.MonthEnd(0)
    born = pd.to_datetime(paid.birth_date)
    before = (ends.dt.month * 100 + ends.dt.day) < (born.dt.month * 100 + born.dt.day)
    age = ends.dt.year - born.dt.year - before
    return int(paid[age < paid.min_age.fillna(values["age"])].pay_id.nunique())


def on_payroll(read: Read, values: Values) -> int:
    """M04: dibao drawn by whoever is on the payroll, or lives with somebody who is."""
    paid = _payments(read, values)
    employees = read("public_employee", "id_no", "start_date", "end_date")
    employed = employees.assign(first=_months(employees.start_date), last=_months(employees.end_date))
    at_home = read("person", "id_no", "household_no")
    own = _while_employed(paid.merge(employed, on="id_no"))
    kin = employed.rename(columns={"id_no": "member"}).merge(at_home, left_on="member", right_on="id_no")
    kin = kin.drop(columns="id_no").merge(at_home, on="household_no")
    kin = _while_employed(paid.merge(kin[kin.id_no != kin.member], on="id_no"))
    return len(own) + len(kin)


def _while_employed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["first"] <= rows.pay_month) & (rows["last"].isna() | (rows["last"] >= rows.pay_month))]


def paid_twice(read: Read, values: Values) -> int:
    """M05: the same benefit of the same month twice, or two that exclude each other."""
    paid = _payments(read, values, "region")
    groups = paid.groupby(["id_no", "scheme", "pay_month"])
    many = groups.pay_id.transform("nunique") > values["allowed"]
    elsewhere = groups.region.transform("nunique") > 1
    twice = paid[many | elsewhere].pay_id.nunique()
    pairs = read("scheme_exclusion", "scheme_a", "scheme_b", "effective_from", "effective_to")
    turned = pairs.rename(columns={"scheme_a": "scheme_b", "scheme_b": "scheme_a"})
    both = pd.concat([pairs, turned])
    some = paid[paid.scheme.isin(both.scheme_a)]
    met = some.merge(both, left_on="scheme", right_on="scheme_a").merge(
        some, left_on=["id_no", "pay_month", "scheme_b"], right_on=["id_no", "pay_month", "scheme"]
    )
    begins = pd.to_datetime(met.pay_month + "-01")
    inside = begins.ge(pd.to_datetime(met.effective_from))
    inside &= met.effective_to.isna() | begins.le(pd.to_datetime(met.effective_to))
    return int(twice + met[inside].pay_id_x.nunique())


def twins(read: Read, values: Values) -> int:
    """M10: equal amounts of one village on one day."""
    rows = read("cash_journal", "row_id", "village", "entry_date", "amount")
    rows = rows[(rows.amount >= values["min_amount"]) & (_months(rows.entry_date) >= _first_month(values))]
    equal = rows.groupby(["village", "entry_date", "amount"]).row_id.transform("nunique")
    return int(rows[equal > 1].row_id.nunique())


def early_start(read: Read, values: Values) -> int:
    """M11: planned before the award or begun before the approval."""
    rows = read("project", "project_id", "plan_start", "actual_start", "award_date", "approve_date")
    for column in rows.columns[1:]:
        rows[column] = pd.to_datetime(rows[column])
    today = pd.Timestamp(values["as_of"])
    early = rows.plan_start.lt(rows.award_date.fillna(today)) | rows.actual_start.lt(rows.approve_date.fillna(today))
    recent = _months(rows.actual_start.fillna(rows.plan_start)) >= _first_month(values)
    return int(rows[early & recent].project_id.nunique())


IN_PANDAS: Mapping[str, Callable[[Read, Values], int]] = {
    "M01": moved_out,
    "M02": deceased,
    "M03": too_young,
    "M04": on_payroll,
    "M05": paid_twice,
    "M10": twins,
    "M11": early_start,
}
"""By supervision model."""
