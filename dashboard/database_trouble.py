"""What a failing database means to its user, in one sentence: the driver's own words may show data or passwords."""

import sys

from data.errors import DatabaseTrouble

_BUSY = "The database is busy: another process has been writing for over 30 s; try again when it has finished."
_NO_DATABASE = (
    "The file of the database is not a database or is damaged; restore a backup of it, or choose another MINGJING_HOME."
)
_FULL = "The database cannot be written: the disk is full or failing; make room, then try again."
_READ_ONLY = "The database cannot be written: its file or folder is read-only; give this user the right to write there."
_CLOSED = (
    "Cannot open the file of the database; expected a file in a folder that can be written to: check MINGJING_HOME and "
    "MINGJING_DATABASE_URL."
)
_REFUSED = "The database server refuses the user, password or name of database; check MINGJING_DATABASE_URL."
_UNREACHABLE = "Cannot reach the database: check that its server runs and that MINGJING_DATABASE_URL names it rightly."
_LOST = "Cannot reach the database any more: its server went away; what was not finished was not kept, try again."
_FILE_WORDS = {
    "locked": _BUSY,
    "busy": _BUSY,
    "not a database": _NO_DATABASE,
    "malformed": _NO_DATABASE,
    "full": _FULL,
    "disk i/o": _FULL,
    "readonly": _READ_ONLY,
    "unable to open": _CLOSED,
}
_SERVER_WORDS = {
    "authentication": _REFUSED,
    "does not exist": _REFUSED,
    "no password": _REFUSED,
    "deadlock": _BUSY,
    "lock timeout": _BUSY,
    "no space": _FULL,
    "connection failed": _UNREACHABLE,
    "resolve host": _UNREACHABLE,
    "connect": _LOST,
    "terminat": _LOST,
}


def trouble_of(error: BaseException) -> DatabaseTrouble | None:
    """The trouble with the database that an error tells of; None where it is another failure.

    Statements that a database finds wrong are ours, not trouble: they stay failures.
    """
    if "sqlalchemy" not in sys.modules:
        return None
    from sqlalchemy import exc

    if isinstance(error, exc.ArgumentError):
        return DatabaseTrouble("MINGJING_DATABASE_URL is no address of a database; mend it, or leave it out.")
    if not (isinstance(error, exc.OperationalError) or type(error) is exc.DatabaseError):
        return None
    said = str(error.orig).lower()
    words = _FILE_WORDS if type(error.orig).__module__ == "sqlite3" else _SERVER_WORDS
    return next((DatabaseTrouble(sentence) for word, sentence in words.items() if word in said), None)
