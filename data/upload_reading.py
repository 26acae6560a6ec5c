"""The rows of an upload read as a register: each column's values, what is refused, what must be asked and said."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy.orm import Session

from data.column_kinds import kind_of
from data.filing_quality import faults_of
from data.number_checks import CHECKED, FAULTS, number_faults
from data.register_catalogue import Register
from data.registers import mask_personal, take_rows
from data.said import Said
from data.upload_columns import Match, match_columns
from data.upload_look import key_candidates
from data.upload_notes import about_months, about_people, about_table
from data.upload_places import Places
from data.upload_tables import SheetTable, unit_of_title
from data.upload_understood import EACH, ONCE, ColumnSeen, Decisions, Question, Understood
from data.upload_values import MENDED, REASONS, Read, read_values, unit_jump

N_PREVIEWED = 20
SHEET = "工作表"
"""What the column is called that says which sheet a row is from."""
ROW = "\0row"
"""Column of the rows of all sheets with each row's number in its sheet."""


class Reading:
    """One understanding in the making: the register, the rows as read, what was settled."""

    def __init__(
        self,
        session: Session,
        register: Register,
        tables: Sequence[SheetTable],
        frame: pd.DataFrame,
        decisions: Decisions,
    ) -> None:
        self.session, self.register, self.tables, self.decisions = session, register, tables, decisions
        n_all = len(frame)
        self.n_duplicates = int(frame.drop(columns=ROW).duplicated().sum())
        if decisions.without_duplicates:
            frame = frame[~frame.drop(columns=ROW).duplicated()].reset_index(drop=True)
        self.n_read = n_all + sum(len(table.lines) for table in tables)
        self.numbers = frame[ROW].to_numpy()
        self.frame = frame.drop(columns=ROW)
        self.questions: list[Question] = []
        self.said: dict[str, list[Said]] = {}
        self.refused: list[dict[str, Any]] = []

    def understood(self, *, name: str, is_own: bool, left_out: tuple[str, ...], notes: list[Said]) -> Understood:
        """Everything that is said about the upload, and the rows that would be stored."""
        matches = self._with_sheet(match_columns(self.register, self.frame, self.decisions.columns))
        if is_own:
            # A register that is proposed from the file has its columns from there.
            by_file = ("name", "label", "word")
            matches = [replace(one, how="proposed") if one.how in by_file else one for one in matches]
        values, bad = self._values(matches)
        self._ask(matches)
        fits = ~bad
        rows = pd.DataFrame(values, index=self.frame.index)[fits]
        table, refused = take_rows(self.register, rows, self.numbers[fits])
        self.refused += [*refused, *self._lines()]
        notes += [note for one in self.tables for note in about_table(one)]
        notes += self._about_duplicates() + about_people(self.register, rows) + self._about_checks(table)
        notes += about_months(self.session, self.register, table)
        return Understood(
            name=name,
            register=self.register,
            is_own=is_own,
            tables=tuple(self.tables),
            left_out=left_out,
            columns=tuple(self._seen(match) for match in matches),
            questions=tuple(self.questions),
            notes=tuple(notes),
            preview=self._preview(table),
            keys=tuple(key_candidates(rows, self.register)) if is_own else (),
            n_read=self.n_read,
            n_duplicates=self.n_duplicates,
            refused=tuple(sorted(self.refused, key=lambda row: row["row_number"])),
            table=table,
            decisions=self.decisions,
        )

    def _with_sheet(self, matches: list[Match]) -> list[Match]:
        """The name of the sheet as the place of its rows, where the register needs a place that no column gives."""
        taken = {match.column for match in matches}
        places = [c.name for c in self.register.columns.values() if kind_of(c) == "region" and c.name not in taken]
        if SHEET not in self.frame.columns or not places or SHEET in self.decisions.columns:
            return matches
        if len(self.tables) > 1 and all(Places(self.session).find(table.sheet)[0] for table in self.tables):
            return [Match(SHEET, places[0], "sheet") if m.title == SHEET and not m.column else m for m in matches]
        return matches

    def _values(self, matches: Sequence[Match]) -> tuple[dict[str, Any], "np.ndarray[Any, np.dtype[np.bool_]]"]:
        values: dict[str, Any] = {}
        bad = np.zeros(len(self.frame), dtype=bool)
        places = Places(self.session)
        for match in matches:
            if not match.column:
                continue
            column = self.register.columns[match.column]
            read = self._read(match)
            if kind_of(column) == "region" and places:
                read = replace(read, values=self._places(places, match.title, read.values))
            if column.strict and kind_of(column) in CHECKED:
                read = _refuse_failed(read, kind_of(column))
            self.said.setdefault(match.title, []).extend(
                Said(f"{MENDED[key][1]}: {n:,}", f"{MENDED[key][0]}：{n:,} 格") for key, n in read.mended.items()
            )
            values[column.name] = read.values
            wrong = read.refused != ""
            bad |= wrong
            self._refuse(match, read.refused, np.flatnonzero(wrong))
        return values, bad

    def _read(self, match: Match) -> Read:
        column = self.register.columns[match.column or ""]
        cells = self.frame[match.title]
        as_days = column.name in self.decisions.months_as_days
        if column.type != "number":
            return read_values(cells, column, months_as_days=as_days)
        factors = self._factors(match)
        read = read_values(cells, column, factors=factors)
        if any(match.title in table.merged for table in self.tables):
            read = self._merged(match, read)
        jump = unit_jump(read.values, self.numbers.tolist()) if kind_of(column) == "money" else None
        if jump and column.name not in self.decisions.units and len(self.tables) == 1:
            row, ratio = jump
            times = f"{ratio:,.0f}" if ratio > 1 else f"1/{1 / ratio:,.0f}"
            said = Said(
                f"{match.title}: from row {row} on the amounts are about {times} of those before. Is it another unit?",
                f"{match.title}：从第 {row} 行起，金额约为此前的 {times} 倍，单位是否改变？",
            )
            self.questions.append(Question("unit", column.name, said, row))
        return read

    def _factors(self, match: Match) -> "np.ndarray[Any, np.dtype[np.float64]] | float":
        """CNY in one unit of the column, a row each: as settled, else by its title, else by a line that names one."""
        column = self.register.columns[match.column or ""]
        settled = self.decisions.units.get(column.name)
        titled = unit_of_title(match.title)
        if settled is None and (titled is not None or kind_of(column) != "money"):
            if titled is not None and not any(row for table in self.tables for row, _ in table.units):
                return titled
            if kind_of(column) != "money":
                return titled or 1.0
        factors = np.full(len(self.frame), titled or 1.0)
        sheets = self.frame[SHEET].to_numpy() if SHEET in self.frame.columns else None
        for table in self.tables:
            inside = np.ones(len(self.frame), dtype=bool) if sheets is None else sheets == table.sheet
            for row, factor in sorted(settled if settled is not None else table.units):
                if settled is None and titled is not None and row == 0:
                    continue
                factors[inside & (self.numbers >= row)] = factor
        return factors

    def _merged(self, match: Match, read: Read) -> Read:
        settled = self.decisions.merged.get(match.column or "")
        if settled == ONCE:
            cells = self.frame[match.title]
            again = (cells == cells.shift()).to_numpy(dtype=bool)
            return replace(
                read, values=read.values.mask(again, 0.0), mended={**read.mended, "joined": int(again.sum())}
            )
        if settled != EACH:
            said = Said(
                f"{match.title}: rows share a merged cell. Is its amount that of each row, or once for all of them?",
                f"{match.title}：多行共用一个合并单元格，金额是每行各一份，还是合计只有一份？",
            )
            self.questions.append(Question("merged", match.column or "", said))
        return read

    def _places(self, places: Places, title: str, cells: "pd.Series[Any]") -> "pd.Series[Any]":
        read = places.read(cells)
        said = self.said.setdefault(title, [])
        if read.named:
            said.append(Said(f"names of places made codes: {read.named:,}", f"地名换成区划代码：{read.named:,} 格"))
        for old, today in list(read.old.items())[:5]:
            said.append(Said(f"old name {old} is {today} today", f"旧名“{old}”按现名“{today}”入库"))
        if read.unknown:
            some = "、".join(read.unknown[:5])
            said.append(
                Said(f"no place of the office, kept as written: {some}", f"不是已登记的地区，按原文保留：{some}")
            )
        return read.values

    def _refuse(self, match: Match, reasons: Any, places: Iterable[int]) -> None:
        for place in places:
            zh, en = REASONS[reasons[place]]
            got = str(self.frame[match.title].iloc[place])[:40]
            self.refused.append(
                {
                    "row_number": int(self.numbers[place]),
                    "column_name": match.title[:100],
                    "reason": f"{match.title}：“{got}”{zh}。（{en}）"[:300],
                    "content": _content(self.frame.iloc[place]),
                }
            )

    def _lines(self) -> list[dict[str, Any]]:
        reason = "这一行的列数与表头不同。（The row has not as many cells as the header.）"
        return [
            {"row_number": number, "column_name": "", "reason": reason, "content": content}
            for table in self.tables
            for number, content in table.lines
        ]

    def _ask(self, matches: Sequence[Match]) -> None:
        found = {match.column for match in matches if match.column}
        for column in self.register.columns.values():
            if column.name not in found and not column.optional:
                said = Said(
                    f"No column of the file is {column.label} ({column.name}), which the register needs.",
                    f"文件中没有找到“{column.label}”（{column.name}），该栏目必填，请指定对应的列。",
                )
                self.questions.append(Question("missing", column.name, said))
        for match in matches:
            if not match.sure:
                label = self.register.columns[match.column or ""].label
                said = Said(f"Is “{match.title}” {label} ({match.column})?", f"“{match.title}”是否就是“{label}”？")
                self.questions.append(Question("column", match.title, said))

    def _about_duplicates(self) -> list[Said]:
        n = self.n_duplicates
        if not n:
            return []
        if self.decisions.without_duplicates:
            return [
                Said(
                    f"{n:,} rows that repeat another in full are left out, as you settled.",
                    f"完全重复的 {n:,} 行已按您的选择去除。",
                )
            ]
        return [
            Said(
                f"{n:,} rows repeat another in full; they are kept unless you settle otherwise.",
                f"有 {n:,} 行与其他行完全重复；除非您选择去除，仍按原样入库。",
            )
        ]

    def _about_checks(self, table: pa.Table) -> list[Said]:
        notes = []
        for name, faults in faults_of(self.register, table).items():
            counts = faults[faults != ""].value_counts().to_dict()
            label = self.register.columns[name].label
            notes += [
                Said(
                    f"{label}: {n:,} {FAULTS[str(fault)][1]}; noted, not refused.",
                    f"{label}：{n:,} 个{FAULTS[str(fault)][0]}，已记录，不拒收。",
                )
                for fault, n in counts.items()
            ]
        return notes

    def _seen(self, match: Match) -> ColumnSeen:
        column = self.register.columns.get(match.column or "")
        cells = self.frame[match.title].dropna().head(40).astype("str").str.strip()
        sample = cells[cells != ""].drop_duplicates().head(3)
        # A spreadsheet keeps whole numbers as 1.0.
        if len(cells) and cells.str.fullmatch(r"-?\d+\.0").all():
            sample = sample.str.removesuffix(".0")
        hidden = column is None or column.personal
        shown = tuple(mask_personal(text) if hidden else text[:30] for text in sample)
        return ColumnSeen(match, shown, tuple(self.said.get(match.title, ())))

    def _preview(self, table: pa.Table) -> tuple[Mapping[str, str], ...]:
        rows = table.slice(0, N_PREVIEWED).to_pylist()
        columns = self.register.columns
        return tuple(
            {
                name: "" if cell is None else mask_personal(cell) if columns[name].personal else _shown(cell)
                for name, cell in row.items()
                if name in columns
            }
            for row in rows
        )


def _shown(cell: object) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    return f"{cell:,.2f}".rstrip("0").rstrip(".") if isinstance(cell, float) else str(cell)


def _refuse_failed(read: Read, kind: str) -> Read:
    failed = (number_faults(read.values, kind) != "").to_numpy(dtype=bool) & (read.refused == "")
    refused = read.refused.copy()
    refused[failed] = "strict"
    return replace(read, refused=refused)


def _content(row: "pd.Series[Any]") -> str:
    return json.dumps({str(k): None if pd.isna(v) else str(v) for k, v in row.items()}, ensure_ascii=False)
