"""A sentence that is said in both languages, made where the fact is known and shown where a person reads it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """A sentence in English and in Chinese."""

    en: str
    zh: str

    def words(self, language: str) -> str:
        """The sentence in a language, zh or en."""
        return self.zh if language == "zh" else self.en
