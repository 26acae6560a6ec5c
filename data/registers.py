"""Registers as filed: each version an immutable Parquet file, opened as it was known on a day.

A row is known from its `received_on` on. Registers are taken in at the start of the day, so what was received on the
day of `as_of` is known at `as_of`. The day is the one in Asia/Shanghai (UTC+8, no summer time since 1991).
"""

import hashlib
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session

from data.errors import RegisterRefused
from data.filing_quality import measure
from data.identity import mask_name, mask_number
from data.office_time import shanghai_day
from data.register_catalogue import Register, RegisterColumn, find_register
from data.run_limits import MEMORY
from data.said import Said
from data.settings import settings
from data.tables import DatasetFiling, FilingQuality, RefusedRow

_FLAGS = {"true": True, "1": True, "是": True, "y": True, "false": False, "0": False, "否": False, "n": False}
_ARROW = {
    "text": pa.string(),
    "month": pa.string(),
    "date": pa.date32(),
    "number": pa.float64(),
    "flag": pa.bool_(),
}
_DUCKDB = {"text": "VARCHAR", "month": "VARCHAR", "date": "DATE", "number": "DOUBLE", "flag": "BOOLEAN"}
_EXPECTED = {
    "text": "a text",
    "month": "a month as YYYY-MM",
    "date": "a date as YYYY-MM-DD",
    "number": "a number",
    "flag": "true or false",
}
_EXPECTED_ZH = {"text": "文字", "month": "年-月", "date": "年-月-日", "number": "数字", "flag": "是或否"}
_ROW_GROUP = 131_072
_MONTH = r"\d{4}-(0[1-9]|1[0-2])"


def mask_personal(value: object) -> str:
    """A personal value as it may be shown: numbers keep 3 + 4 characters, names their surname."""
    shown = str(value)
    return mask_number(shown) if re.fullmatch(r"[\dXx*\- ]{4,}", shown) else mask_name(shown)


def file_register(
    session: Session,
    name: str,
    frame: pd.DataFrame,
    *,
    at: datetime,
    received_on: date | None = None,
    supplier: str | None = None,
    legal_basis: str = "",
    purpose: str = "",
) -> DatasetFiling:
    """File a supplied table as the next version of a register.

    Rows that do not fit are kept in `refused_row` with one reason a cell; the others become one immutable Parquet
    file. A frame with a column `received_on` keeps it (a load of history); otherwise every row is stamped with
    `received_on`, by default the Shanghai day of `at`. The same content filed again changes nothing.

    Returns: the new filing, or the one that holds this content already.
    Raises: RegisterRefused, naming every fault, when columns are missing or unknown, or no row can be taken.
    """
    register = find_register(session, name)
    _check_columns(register, frame)
    taken, refused = take_rows(register, frame)
    return file_rows(
        session,
        register,
        taken,
        refused,
        at=at,
        received_on=received_on,
        supplier=supplier,
        legal_basis=legal_basis,
        purpose=purpose,
    )


def file_rows(
    session: Session,
    register: Register,
    taken: pa.Table,
    refused: list[dict[str, Any]],
    *,
    at: datetime,
    received_on: date | None = None,
    supplier: str | None = None,
    legal_basis: str = "",
    purpose: str = "",
    replaces: bool = False,
) -> DatasetFiling:
    """File rows that `take_rows` took, and keep those it refused; else as `file_register`.

    replaces: whether the rows of earlier versions stand no longer, from the day of this one.
    """
    name = register.code
    stamped = "received_on" not in taken.column_names
    # The day a file came in is not its content: a file that is sent again is the same file.
    content = parquet_bytes(taken if stamped else _date_rows(register, taken))
    content_hash = _hash_content(content, refused)
    same = (DatasetFiling.kind == "register") & (DatasetFiling.name == name)
    again = select(DatasetFiling).where(same, DatasetFiling.content_hash == content_hash)
    filed = session.scalars(again.order_by(DatasetFiling.version.desc()).limit(1)).first()
    last = session.scalar(select(func.max(DatasetFiling.version)).where(same)) or 0
    # What is to stand in place of others is filed again, unless it stands alone already.
    if filed is not None and (not replaces or (filed.version == last and (filed.replaces or last == 1))):
        return filed
    n_refused = len({row["row_number"] for row in refused})
    _refuse_empty(name, taken.num_rows + n_refused, taken, refused)
    version = last + 1
    if stamped:
        taken = _stamp(taken, received_on or shanghai_day(at))
        content = parquet_bytes(_date_rows(register, taken))
    filing = DatasetFiling(
        kind="register",
        name=name,
        version=version,
        content_hash=content_hash,
        supplier=supplier or register.supplier,
        legal_basis=legal_basis,
        purpose=purpose,
        path=f"{name}/v{version:05d}-{content_hash[:12]}.parquet",
        n_rows=taken.num_rows,
        n_refused=n_refused,
        received_at=at,
        replaces=replaces and last > 0,
    )
    session.add(filing)
    session.flush()
    session.add(FilingQuality(filing_id=filing.id, **measure(register, taken)))
    if refused:
        session.execute(insert(RefusedRow), [{"filing_id": filing.id, **row} for row in refused])
    _keep_file(session, settings().registers / str(filing.path), content)
    return filing


def _refuse_empty(name: str, n_rows: int, taken: pa.Table, refused: list[dict[str, Any]]) -> None:
    if n_rows and not taken.num_rows:
        raise RegisterRefused(
            f"Register {name}: none of the {n_rows} rows could be taken; the first fault is in row "
            f"{refused[0]['row_number']}, column {refused[0]['column_name']}: {refused[0]['reason']}. "
            "Mend the file and file it again.",
            f"数据 {name}：{n_rows} 行均不能采用，第一处错误在第 {refused[0]['row_number']} 行“"
            f"{refused[0]['column_name']}”：{refused[0]['reason']}。请改正后重新导入。",
        )


def _check_columns(register: Register, frame: pd.DataFrame) -> None:
    got = [str(column) for column in frame.columns]
    faults = [
        Said(f"column {c.name} ({c.label}) is missing", f"缺少字段 {c.name}（{c.label}）")
        for c in register.columns.values()
        if c.name not in got and not c.optional
    ]
    faults += [
        Said(f"column {c} is not one of the register's", f"字段 {c} 不属于该数据")
        for c in got
        if c not in {*register.columns, "received_on"}
    ]
    faults += [
        Said(f"column {c} is there {got.count(c)} times", f"字段 {c} 出现 {got.count(c)} 次")
        for c in dict.fromkeys(got)
        if got.count(c) > 1
    ]
    if faults:
        raise RegisterRefused(
            f"Register {register.code} ({register.name}) cannot be filed: {'; '.join(one.en for one in faults)}. "
            f"Expected columns: {', '.join(register.columns)}. Mend the file and file it again.",
            f"数据“{register.name}”不能导入：{'；'.join(one.zh for one in faults)}。"
            f"应有字段：{'、'.join(register.columns)}。请改正后重新导入。",
        )


def take_rows(
    register: Register, frame: pd.DataFrame, numbers: Sequence[int] | None = None
) -> tuple[pa.Table, list[dict[str, Any]]]:
    """The rows that fit as an Arrow table in the register's types, and one entry for every cell that does not.

    numbers: each row's number in its file; by default the first row is row 2.
    """
    columns = list(register.columns.values())
    if "received_on" in frame.columns:
        columns.append(RegisterColumn("received_on", "date", "收到日期"))
    taken: dict[str, pd.Series[Any]] = {}
    faults: list[tuple[int, RegisterColumn]] = []
    bad_rows = pd.Series(data=False, index=range(len(frame)))
    for column in columns:
        if column.name not in frame.columns:
            taken[column.name] = pd.Series([None] * len(frame), dtype=object)
            continue
        raw = frame[column.name].reset_index(drop=True)
        value = _read_values(raw, column.type)
        bad = value.isna()
        if column.optional and bad.any():
            bad &= ~_is_blank(raw)
        taken[column.name] = value
        bad_rows |= bad
        faults += [(int(position), column) for position in bad.index[bad]]
    refused = _describe_faults(frame, faults, range(2, 2 + len(frame)) if numbers is None else numbers)
    if refused:
        taken = {name: values[~bad_rows] for name, values in taken.items()}
    return pa.table({c.name: _array(taken[c.name], _ARROW[c.type]) for c in columns}), refused


def _array(values: "pd.Series[Any]", kind: pa.DataType) -> pa.Array:
    held = pa.dictionary(pa.int32(), kind) if isinstance(values.dtype, pd.CategoricalDtype) else kind
    return pa.Array.from_pandas(values, type=held, safe=False)


def _is_blank(raw: "pd.Series[Any]") -> "pd.Series[bool]":
    blank: pd.Series[bool] = raw.isna() | (_trim(raw) == "").fillna(value=True)
    return blank


def _read_values(raw: "pd.Series[Any]", kind: str) -> "pd.Series[Any]":
    """The column in its type; what cannot be read becomes missing. Of texts that are categories each is read once."""
    if isinstance(raw.dtype, pd.CategoricalDtype) and kind in ("text", "month"):
        read = _read_values(pd.Series(raw.cat.categories), kind)
        if read.notna().all() and read.is_unique:
            return raw.cat.rename_categories(read.to_list())
        return read.take(raw.cat.codes.to_numpy()).reset_index(drop=True).where((raw.cat.codes >= 0).to_numpy())
    if kind == "date":
        return raw if pd.api.types.is_datetime64_any_dtype(raw) else _read_days(raw)
    if kind == "number":
        numbers = pd.to_numeric(raw, errors="coerce").astype("float64")
        return numbers.where(numbers.abs() < float("inf"))
    if kind == "flag":
        return raw if pd.api.types.is_bool_dtype(raw) else _trim(raw).str.lower().map(_FLAGS)
    text = _trim(raw)
    lawful = text.str.fullmatch(_MONTH) if kind == "month" else text != ""
    return text.where(lawful.fillna(value=False))


def _trim(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    return raw.astype("string").str.strip()


def _read_days(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    days: pd.Series[Any] = pd.to_datetime(_trim(raw), errors="coerce", format="ISO8601")
    return days


def _describe_faults(
    frame: pd.DataFrame, faults: list[tuple[int, RegisterColumn]], numbers: Sequence[int]
) -> list[dict[str, Any]]:
    return [
        {
            "row_number": int(numbers[position]),
            "column_name": column.name,
            "reason": f"{column.label}: got {_show(frame.iloc[position][column.name])}, "
            f"expected {_EXPECTED[column.type]}（应为{_EXPECTED_ZH[column.type]}）"[:300],
            "content": json.dumps(
                {str(k): None if pd.isna(v) else str(v) for k, v in frame.iloc[position].items()}, ensure_ascii=False
            ),
        }
        for position, column in sorted(faults, key=lambda fault: fault[0])
    ]


def _show(value: Any) -> str:
    return "nothing" if pd.isna(value) or not str(value).strip() else repr(value)


def _stamp(table: pa.Table, received_on: date) -> pa.Table:
    return table.append_column("received_on", pa.array([received_on] * table.num_rows, type=pa.date32()))


def _date_rows(register: Register, table: pa.Table) -> pa.Table:
    """The rows in order of receipt, each with the day a later row of its key replaced it.

    `replaced_on` saves every collision from looking for the newest row of a key.
    """
    days = table["received_on"].to_pandas()
    if not days.is_monotonic_increasing:
        order = days.argsort(kind="stable").to_numpy()
        table, days = table.take(pa.array(order)), days.iloc[order].reset_index(drop=True)
    replaced = pd.Series([None] * len(days), dtype=object)
    if register.key:
        keys = table.select(list(register.key)).to_pandas()
        again = keys.duplicated(keep=False)
        repeats = keys[again].assign(received_on=days[again])
        replaced[again] = repeats.groupby(list(register.key))["received_on"].shift(-1)
    return table.append_column("replaced_on", pa.Array.from_pandas(replaced, type=pa.date32()))


def parquet_bytes(table: pa.Table) -> bytes:
    """A table as a Parquet file; what is a dictionary in memory is written as the values it stands for."""
    plain = pa.schema([field.with_type(getattr(field.type, "value_type", field.type)) for field in table.schema])
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, plain, compression="zstd") as writer:
        for start in range(0, max(1, table.num_rows), _ROW_GROUP):
            writer.write_table(table.slice(start, _ROW_GROUP).cast(plain), row_group_size=_ROW_GROUP)
    return sink.getvalue()


def _hash_content(content: bytes, refused: list[dict[str, Any]]) -> str:
    digest = hashlib.sha256(content)
    for row in refused:
        digest.update(f"{row['row_number']}{row['column_name']}{row['content']}".encode())
    return digest.hexdigest()


def _keep_file(session: Session, path: Path, content: bytes) -> None:
    """Write the file now, so that this transaction can read it; take it away again if the transaction fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    session.info.setdefault("files_of_this_transaction", []).append(path)


@event.listens_for(Session, "after_rollback")
def _take_files_away(session: Session) -> None:
    for path in session.info.pop("files_of_this_transaction", []):
        path.unlink(missing_ok=True)


@event.listens_for(Session, "after_commit")
def _leave_files(session: Session) -> None:
    session.info.pop("files_of_this_transaction", None)


def latest_filings(session: Session, names: Iterable[str]) -> dict[str, list[DatasetFiling]]:
    """Every filed version of each register, oldest first; an empty list where nothing was filed."""
    wanted = {name: list[DatasetFiling]() for name in names}
    rows = session.scalars(
        select(DatasetFiling)
        .where(DatasetFiling.kind == "register", DatasetFiling.name.in_(wanted))
        .order_by(DatasetFiling.version)
    )
    for row in rows:
        wanted[row.name].append(row)
    return wanted


def standing(filings: Sequence[DatasetFiling], day: date) -> list[DatasetFiling]:
    """The versions whose rows count on a day: the last that had come in place of all before it, and those after."""
    first = max(
        (n for n, one in enumerate(filings) if one.replaces and shanghai_day(one.received_at) <= day), default=0
    )
    return list(filings[first:])


def open_registers(
    session: Session, names: Iterable[str], *, as_of: datetime, columns: Mapping[str, Collection[str]] | None = None
) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with one view a register, holding only what was known at `as_of`.

    `columns`: of each register, the only ones that its view has; by default all.
    Rows received after the Shanghai day of `as_of` are not there; where the register has a key, the row received last
    (then filed last) stands for its key. A register that was never filed is an empty view. The connection can read
    the registers' folder and nothing else, cannot write, and takes no more memory than `data.run_limits` allows.
    """
    day = shanghai_day(as_of)
    connection = duckdb.connect()
    for name, filings in latest_filings(session, names).items():
        connection.execute(
            _view(
                find_register(session, name),
                [settings().registers / str(f.path) for f in standing(filings, day)],
                day,
                None if columns is None else columns[name],
            )
        )
    folder = str(settings().registers).replace("'", "''")
    for statement in (
        f"SET allowed_directories = ['{folder}']",
        f"SET memory_limit = '{MEMORY}'",
        "SET temp_directory = ''",
        "SET python_enable_replacements = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return connection


def _is_known(footer: pq.FileMetaData, day: date) -> bool:
    """Whether a version may have rows received by the day, as its footer tells."""
    column = footer.schema.names.index("received_on")
    told = [footer.row_group(number).column(column).statistics for number in range(footer.num_row_groups)]
    return any(one is None or not one.has_min_max or one.min <= day for one in told)


def _view(register: Register, paths: list[Path], day: date, shown: Collection[str] | None) -> str:
    rows = _known_rows(register, paths, day)
    chosen = "*" if shown is None else ", ".join(f'"{name}"' for name in dict.fromkeys(shown))
    return f'CREATE VIEW "{register.code}" AS SELECT {chosen} FROM ({rows})'  # noqa: S608


def _known_rows(register: Register, paths: list[Path], day: date) -> str:
    typed = {**{c.name: _DUCKDB[c.type] for c in register.columns.values()}, "received_on": "DATE"}
    footers = {path: pq.read_metadata(path) for path in paths}
    # Where all but one version came later, nothing of the others can replace a row: most months of a long history.
    paths = [path for path, footer in footers.items() if _is_known(footer, day)] or paths[:1]
    if not paths:
        nothing = ", ".join(f'CAST(NULL AS {type_}) AS "{column}"' for column, type_ in typed.items())
        return f"SELECT {nothing} WHERE false"
    # A version filed before a column was added to the register does not have it.
    held_in = {name for path in paths for name in footers[path].schema.names}
    columns = ", ".join(f'"{c}"' if c in held_in else f'CAST(NULL AS {type_}) AS "{c}"' for c, type_ in typed.items())
    files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    source = f"read_parquet([{files}], union_by_name = true, filename = true, file_row_number = true)"
    held = f"SELECT {columns} FROM {source} WHERE received_on <= DATE '{day}'"  # noqa: S608
    held += f" AND (replaced_on IS NULL OR replaced_on > DATE '{day}')"
    if register.key and len(paths) > 1:
        key = ", ".join(f'"{name}"' for name in register.key)
        held += (
            f" QUALIFY row_number() OVER (PARTITION BY {key}"
            " ORDER BY received_on DESC, filename DESC, file_row_number DESC) = 1"
        )
    return held
