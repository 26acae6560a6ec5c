"""Every setting, read once from the environment. The README's table of settings is tested against this file."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where an office keeps its things and how it is served."""

    home: Path
    """MINGJING_HOME: folder of the embedded database, registers and keys. Default: ./var"""
    database_url: str
    """MINGJING_DATABASE_URL: SQLAlchemy address. Default: SQLite file office.db in the home folder."""
    host: str
    """MINGJING_HOST: address the web application binds to. Default: 127.0.0.1 (this machine only)."""
    port: int
    """MINGJING_PORT: port the web application listens on. Default: 8050."""
    language: str
    """MINGJING_LANGUAGE: language of first paint, zh or en. Default: zh."""

    @property
    def embedded(self) -> bool:
        """Whether the office runs on its own SQLite file, so that `serve` also starts the worker."""
        return self.database_url.startswith("sqlite")

    @property
    def registers(self) -> Path:
        """Folder of the filed register versions (Parquet)."""
        return self.home / "registers"


def settings() -> Settings:
    """The settings in force, from the environment."""
    home = Path(os.environ.get("MINGJING_HOME", "var")).resolve()
    return Settings(
        home=home,
        database_url=os.environ.get("MINGJING_DATABASE_URL", f"sqlite:///{home / 'office.db'}"),
        host=os.environ.get("MINGJING_HOST", "127.0.0.1"),
        port=int(os.environ.get("MINGJING_PORT", "8050")),
        language=os.environ.get("MINGJING_LANGUAGE", "zh"),
    )
