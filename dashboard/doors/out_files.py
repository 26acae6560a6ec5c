"""Files that doors write: refused before the work begins, not after it."""

from collections.abc import Collection
from pathlib import Path

from data.errors import InputRefused


def check_out(out: Path, suffixes: Collection[str]) -> None:
    """Raises InputRefused where `out` has another suffix or cannot be written; nothing is left behind."""
    if out.suffix.lower() not in suffixes:
        raise InputRefused(f"--out {_short(out.name)}: a name ending in {' or '.join(suffixes)} is expected.")
    try:
        if out.is_dir():
            raise InputRefused(f"--out {out}: this is a folder; give the name of a file in it.")
        if not out.parent.is_dir():
            raise InputRefused(f"--out {out}: the folder {out.parent} does not exist; make it first.")
        new = not out.exists()
        with out.open("ab"):
            pass
        if new:
            out.unlink()
    except OSError as error:
        raise InputRefused(
            f"--out {_short(str(out))}: it cannot be written ({error.strerror}); give another name or folder."
        ) from None


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}..."
