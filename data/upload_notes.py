"""What is said about an upload beside its columns: rows set aside, people with two numbers, months that are missing."""

import re
from collections import Counter

import pandas as pd
import pyarrow as pa
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data.column_kinds import kind_of
from data.register_catalogue import Register
from data.said import Said
from data.tables import DatasetFiling, FilingQuality
from data.upload_tables import SET_ASIDE, UNITS, SheetTable

_MANY = 6


def about_table(table: SheetTable) -> list[Said]:
    """Titles, header lines and rows set aside of one sheet."""
    notes = []
    where_en, where_zh = (f"“{table.sheet}”: ", f"“{table.sheet}”：") if table.sheet else ("", "")
    if table.titles:
        titles = "；".join(table.titles)[:120]
        notes.append(Said(f"{where_en}titles above the header: {titles}.", f"{where_zh}表头上方的标题行：{titles}。"))
    if len(table.header_rows) > 1:
        rows = " 和 ".join(map(str, table.header_rows))
        notes.append(
            Said(
                f"{where_en}the header has two lines (rows {rows.replace('和', 'and')}), which were joined.",
                f"{where_zh}表头有两行（第 {rows} 行），已合并为一行。",
            )
        )
    for why, n in Counter(why for _, why in table.set_aside).items():
        rows = _listed([number for number, one in table.set_aside if one == why])
        notes.append(
            Said(
                f"{where_en}{n} rows are no records ({SET_ASIDE[why][1]}): {rows}.",
                f"{where_zh}{SET_ASIDE[why][0]} {n} 行，不作为数据：第 {rows} 行。",
            )
        )
    names = {factor: unit for unit, factor in UNITS.items()}
    for row, factor in table.units:
        from_en = f"from row {row} on" if row else "above the header"
        from_zh = f"第 {row} 行起" if row else "表头上方注明"
        notes.append(Said(f"{where_en}unit {from_en}: {names[factor]}.", f"{where_zh}{from_zh}单位为{names[factor]}。"))
    if table.merged:
        listed = "、".join(table.merged)
        notes.append(
            Said(f"{where_en}merged cells were filled in: {listed}.", f"{where_zh}合并单元格已逐行补齐：{listed}。")
        )
    if again := [title for title in table.frame.columns if re.search(r" \(\d+\)$", str(title))]:
        listed = "、".join(map(str, again))
        notes.append(
            Said(
                f"{where_en}columns of the same name: {listed}; only the first was taken by itself.",
                f"{where_zh}有同名栏目：{listed}；未经您指定只采用第一个。",
            )
        )
    return notes


def _listed(rows: list[int]) -> str:
    shown = "、".join(map(str, rows[:_MANY]))
    return shown if len(rows) <= _MANY else f"{shown}……"


def about_people(register: Register, rows: pd.DataFrame) -> list[Said]:
    """Numbers that stand for two names, and names of one birthday that stand for two numbers, or only a name."""
    identity, person = (
        next((c for c in register.columns.values() if kind_of(c) == kind and c.name in rows), None)
        for kind in ("identity", "person")
    )
    notes: list[Said] = []
    if identity is not None and person is not None and len(rows):
        pairs = rows[[identity.name, person.name]].dropna().drop_duplicates()
        n_numbers = int((pairs.groupby(identity.name).size() > 1).sum())
        if n_numbers:
            notes.append(
                Said(
                    f"{n_numbers:,} numbers stand for two names or more.",
                    f"有 {n_numbers:,} 个证号对应两个以上姓名，请核对。",
                )
            )
        full = pairs[pairs[identity.name].str.len() == 18]
        same = full.assign(born=full[identity.name].str[6:14]).groupby([person.name, "born"]).size()
        if n := int((same > 1).sum()):
            notes.append(
                Said(
                    f"{n:,} names with one birthday have two numbers or more: perhaps one person each.",
                    f"有 {n:,} 组同名同生日的人持两个以上证号，可能是同一人。",
                )
            )
    for column in register.columns.values():
        if kind_of(column) == "identity" and column.name in rows:
            named = rows[column.name].astype("str").str.fullmatch(r"[^\x00-\x7f·]{2,4}").fillna(value=False)
            if n := int(named.sum()):
                notes.append(
                    Said(
                        f"{column.label}: {n:,} rows give a name only; they cannot be compared with other registers.",
                        f"{column.label}：有 {n:,} 行只有姓名没有证号，无法与其他数据比对。",
                    )
                )
    return notes


def about_months(session: Session, register: Register, table: pa.Table) -> list[Said]:
    """Months that neither this file nor the versions before it hold."""
    column = next((c.name for c in register.columns.values() if c.type == "month" and c.name in table.column_names), "")
    if not column or not table.num_rows:
        return []
    held = {pd.Period(month) for month in table[column].drop_null().unique().to_pylist()}
    if not held:
        return []
    wanted = select(func.max(FilingQuality.event_to)).join(DatasetFiling, DatasetFiling.id == FilingQuality.filing_id)
    wanted = wanted.where(DatasetFiling.kind == "register", DatasetFiling.name == register.code)
    before = session.scalar(wanted)
    start = min([min(held), *([pd.Period(before, "M") + 1] if before and register.event == column else [])])
    missing = [str(month) for month in pd.period_range(start, max(held), freq="M") if month not in held]
    if not missing:
        return []
    shown = "、".join(missing[:_MANY]) + ("……" if len(missing) > _MANY else "")
    return [Said(f"Months that are missing: {shown}.", f"缺少月份：{shown}（本文件与此前各版均没有）。")]
