"""Writing a world down: the truth as Parquet, registers as Parquet, and the SHA-256 of every register."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa

from data.registers import parquet_bytes
from data.simulator.world import World

MANIFEST = "manifest.json"


def register_bytes(frame: pd.DataFrame) -> bytes:
    """A register as a Parquet file; equal frames give equal bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    return parquet_bytes(table)


def manifest_of(world: World) -> dict[str, object]:
    """Seed, end date, preset, incidence of innocent episodes and SHA-256 of every register file, in order of name."""
    registers = {
        name: {"rows": len(frame), "sha256": hashlib.sha256(register_bytes(frame)).hexdigest()}
        for name, frame in sorted(world.registers.items())
    }
    return {
        "preset": world.preset.name,
        "seed": world.seed,
        "end_on": str(world.calendar.end_on),
        "innocent_incidence": round(world.incidence, 6),
        "registers": registers,
    }


def write_manifest(world: World, folder: Path) -> None:
    """Write the manifest to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest_of(world), ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def write_truth(world: World, folder: Path) -> None:
    """Write what is hidden from the office to `folder`, one Parquet file a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in world.truth.items():
        (folder / f"{name}.parquet").write_bytes(register_bytes(frame))
