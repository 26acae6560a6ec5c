"""The exception tree: everything a user can cause, each named for the fact.

    MingjingError            exit code 1; its text is one sentence for the user, never a traceback
    +-- InputRefused         2   a file or an option cannot be used at all
    |   +-- FeedRefused      2   a feed file cannot be read as a feed
    |   +-- CardRefused      2   a supervision model card is not valid
    |   |   +-- RunStopped   2   a rule went beyond its time, memory or rows and was stopped
    |   +-- RegisterRefused  2   a register file does not have the columns filed for it
    +-- NotFound             3   an alert, region, risk model... that does not exist
    +-- TransitionRefused    4   what the alert's state does not allow
    |   +-- AlertChanged     4   somebody else changed the alert since it was read
    |   +-- Recused          4   the person is tied to whom the alert is about
    +-- NotPermitted         8   a right or a scope that the person does not have
    |   +-- SignInRefused    8   who is not let in, and why
    +-- AuditBroken          9   the audit chain does not hold
    +-- FeatureMismatch      5   a risk model met features, code or data it was not trained on
    +-- RiskModelRefused    11   a risk model whose scores cannot be explained exactly
    +-- NoLiveRiskModel      6   nothing to score with yet
    +-- DatabaseTrouble      7   the office's database cannot be reached, read or written
    +-- KeyLost             10   what was sealed cannot be opened with the key that is there
    +-- Stopped            130   somebody pressed Ctrl-C

A message says what, what was got, what was expected and what to do. It carries row keys, never personal names.
"""

from collections.abc import Sequence

from data.said import Said


class MingjingError(Exception):
    """The root: its text is shown to the user as it stands, in English or, where it is given, in Chinese."""

    exit_code = 1

    def __init__(self, text: str, zh: str = "") -> None:
        super().__init__(text)
        self.zh = zh

    def words(self, language: str) -> str:
        """Its text in a language, zh or en."""
        return self.zh if language == "zh" and self.zh else str(self)


class InputRefused(MingjingError):
    """A file or an option cannot be used at all."""

    exit_code = 2


class FeedRefused(InputRefused):
    """A feed file cannot be read as a feed."""


class CardRefused(InputRefused):
    """A supervision model card is not valid."""

    def __init__(self, text: str, zh: str = "", *, faults: Sequence[Said] = ()) -> None:
        super().__init__(text, zh)
        self.faults = tuple(faults)
        """Each fault by itself, where the text strings several together."""


class RunStopped(CardRefused):
    """A rule went beyond its time, memory or rows; nothing of its run was kept."""


class RegisterRefused(InputRefused):
    """A register file does not have the columns filed for it."""


class NotFound(MingjingError):
    """An alert, region, risk model... that does not exist."""

    exit_code = 3


class TransitionRefused(MingjingError):
    """What the alert's state does not allow."""

    exit_code = 4


class AlertChanged(TransitionRefused):
    """Somebody else changed the alert since it was read; nothing was written."""


class Recused(TransitionRefused):
    """The person is tied to whom the alert is about, and another must verify it."""


class NotPermitted(MingjingError):
    """A right or a scope that the person does not have."""

    exit_code = 8


class SignInRefused(NotPermitted):
    """Who is not let in, and why."""


class AuditBroken(MingjingError):
    """The audit chain does not hold; its text names the first broken link."""

    exit_code = 9


class FeatureMismatch(MingjingError):
    """A risk model met features, code or data it was not trained on."""

    exit_code = 5


class RiskModelRefused(MingjingError):
    """A risk model whose scores cannot be explained exactly."""

    exit_code = 11


class NoLiveRiskModel(MingjingError):
    """Nothing to score with yet."""

    exit_code = 6


class DatabaseTrouble(MingjingError):
    """The office's database cannot be reached, read or written."""

    exit_code = 7


class KeyLost(MingjingError):
    """What was sealed cannot be opened with the key that is there."""

    exit_code = 10


class Stopped(MingjingError):
    """Somebody pressed Ctrl-C; its text says what became of the work."""

    exit_code = 130


def is_interruption(error: BaseException) -> bool:
    """Whether an error is Ctrl-C, or what DuckDB makes of it in the middle of a query."""
    of_duckdb = isinstance(error, RuntimeError) or type(error).__name__ == "InterruptException"
    return isinstance(error, KeyboardInterrupt) or (of_duckdb and "interrupt" in str(error).lower())
