"""The registers of a city: each county's are kept in files, and joined one register at a time.

So a city takes no more memory than its largest county and its largest register. Numbers that a county gave itself get
the county's own two digits; those of `SERIALS` are given over the whole city, in order of receipt, to
rows that have none.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather

from data.register_catalogue import REGISTERS
from data.simulator.places import County
from data.simulator.subjects import SERIALS

SHARED = ("scheme_exclusion", "unit_industry", "holiday", "region_history", "price_surge", "platform_outage")
"""Registers that are not a county's own: what several counties say alike is said once."""
_ENDS, _UNLIKE = ("_no", "_id", "_hash", "_ref"), ("plate", "card_no", "mac")
"""How the names of columns end that hold numbers a county gives; and such columns that are called otherwise."""
_GIVEN_BY_THE_STATE = r"99\d{15}[\dX]"
_REPEATING = 0.25
"""Share of different texts in a column below which each is kept once."""


def received(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a register in order of receipt: numbered where it has none and needs them, its columns in order."""
    if name in SERIALS:
        column, mark = SERIALS[name]
        serial = mark + pd.Series(np.arange(1, len(rows) + 1)).astype("str").str.zfill(7)
        rows[column] = rows[column].astype("str").fillna(serial) if column in rows else serial
    return rows[[*REGISTERS[name].columns, "received_on"]]


class JoinedRegisters(Mapping[str, pd.DataFrame]):
    """The registers of several counties as those of one world; a register is read from files whenever it is asked for.

    Texts that repeat are categories, which take a tenth of the memory.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="mingjing-city-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._parts: dict[str, list[Path]] = {}
        self._repeating: dict[str, set[str]] = {}

    def add(self, county: County, registers: Mapping[str, pd.DataFrame], wanted: "pd.Series[str]") -> dict[str, str]:
        """Take in what a county's simulation left. Returns: of the numbers `wanted`, those it gave, as in the city."""
        given: dict[str, str] = {}
        for name, frame in registers.items():
            rows = frame.copy(deep=False)
            for column in _given_here(name):
                if column in rows:
                    given.update(_mark(county, rows, column, wanted))
            path = self._folder / f"{name}-{county.number:02d}.arrow"
            feather.write_feather(self._compact(name, rows), path, compression="lz4")
            self._parts.setdefault(name, []).append(path)
        return given

    def _compact(self, name: str, rows: pd.DataFrame) -> pa.Table:
        if name not in self._repeating:
            texts = [str(column) for column in rows if isinstance(rows[column].dtype, pd.StringDtype)]
            self._repeating[name] = {column for column in texts if rows[column].nunique() < _REPEATING * len(rows)}
        table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
        for place, column in enumerate(table.column_names):
            if column in self._repeating[name]:
                table = table.set_column(place, column, table[column].dictionary_encode())
        return table

    def __getitem__(self, name: str) -> pd.DataFrame:
        known = self._column(name, "received_on").to_numpy()
        order = np.argsort(known, kind="stable")
        columns = feather.read_table(self._parts[name][0], memory_map=True).column_names
        # Column by column, so that no more than one of them is there twice.
        rows = pd.DataFrame({column: self._column(name, column).take(order).to_pandas() for column in columns})
        return received(name, rows.drop_duplicates(ignore_index=True) if name in SHARED else rows)

    def _column(self, name: str, column: str) -> pa.ChunkedArray:
        parts = [feather.read_table(path, columns=[column]) for path in self._parts[name]]
        whole = pa.concat_tables(parts, promote_options="permissive")
        return whole.unify_dictionaries().combine_chunks()[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def _given_here(name: str) -> list[str]:
    """Columns of a register that hold numbers a county gives: neither a person's nor the state's."""
    serial = SERIALS.get(name, ("",))[0]
    return [
        column.name
        for column in REGISTERS[name].columns.values()
        if column.name in _UNLIKE or (column.name.endswith(_ENDS) and not column.personal and column.name != serial)
    ]


def _mark(county: County, rows: pd.DataFrame, column: str, wanted: "pd.Series[str]") -> dict[str, str]:
    """Put the county's digits before the first digit of a column's numbers; returns old to new of those wanted."""
    codes, once = pd.factorize(rows[column])
    old = pd.Series(once, dtype="str")
    new = old.str.replace(r"^(\D*)", rf"\g<1>{county.number:02d}", n=1, regex=True)
    new = new.where(~old.str.fullmatch(_GIVEN_BY_THE_STATE), old)
    rows[column] = new.take(np.maximum(codes, 0)).reset_index(drop=True).where(codes >= 0)
    asked = old.isin(wanted)
    return dict(zip(old[asked], new[asked], strict=True))
