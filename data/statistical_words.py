"""The statistical words of comparison rules: what SQL has no function for, written once and given to every engine.

Each word takes whole columns and gives a column. DuckDB gets it as an Arrow function and Spark as a pandas function,
so one engine finds what the other finds. A missing argument gives a missing result in every word.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import betainc

Numbers = NDArray[np.float64]


def binomial_tail(k: Numbers, n: Numbers, p: Numbers) -> Numbers:
    """How likely `k` or more of `n` independent trials succeed by chance alone, each with likelihood `p`.

    P(X >= k) for X ~ Binomial(n, p), each argument of shape (n_rows,); a k that is not whole is rounded up, an n down.
    Returns: (n_rows,) in 0..1; NaN where n is negative or p is not in 0..1.
    Source: field/models.md, M13; P(X >= k) = I_p(k, n - k + 1), the regularised incomplete beta function.
    """
    k, n = np.ceil(k), np.floor(n)
    lawful = (n >= 0) & (p >= 0) & (p <= 1)
    inside = lawful & (k >= 1) & (k <= n)
    tail = betainc(np.where(inside, k, 1.0), np.where(inside, n - k + 1, 1.0), np.where(inside, p, 0.5))
    return np.where(lawful, np.where(k < 1, 1.0, np.where(k > n, 0.0, tail)), np.nan)


def name_similarity(a: NDArray[np.object_], b: NDArray[np.object_]) -> Numbers:
    """How alike two names are, in 0..1: Dice's coefficient over the pairs of neighbouring characters.

    Names, each of shape (n_rows,), are first written alike, see `written_alike`. 1 means the same after that; a name
    of which nothing is left is like no other. A pair of characters that stands twice in both names counts twice.
    Returns: (n_rows,) float: 2 * shared / (pairs in a + pairs in b).
    """
    names, places = np.unique(np.concatenate([a, b]).astype(str), return_inverse=True)
    pairs = _pairs_by_name(tuple(names.tolist()))
    left, right = pairs[places[: len(a)]], pairs[places[len(a) :]]
    shared = np.asarray(left.multiply(right).sum(axis=1)).ravel()
    of_both = np.asarray(left.sum(axis=1)).ravel() + np.asarray(right.sum(axis=1)).ravel()
    alike: Numbers = np.divide(2.0 * shared, of_both, out=np.zeros(len(a)), where=of_both > 0)
    return alike


def _pairs_by_name(names: tuple[str, ...]) -> Any:
    """One row a name, one column a pair of characters and its how-manieth time in the name; 1 where it is there."""
    columns: dict[tuple[str, int], int] = {}
    rows: list[int] = []
    places: list[int] = []
    for row, name in enumerate(names):
        for pair in _pairs(name):
            rows.append(row)
            places.append(columns.setdefault(pair, len(columns)))
    return csr_array((np.ones(len(rows)), (rows, places)), shape=(len(names), max(len(columns), 1)))


@lru_cache(maxsize=65_536)
def _pairs(name: str) -> tuple[tuple[str, int], ...]:
    written = written_alike(name)
    # The edges count as neighbours, so that a name of one character has pairs and the first and last weigh as much.
    edged = f"^{written}$" if written else ""
    times: dict[str, int] = {}
    pairs = []
    for pair in (edged[i : i + 2] for i in range(len(edged) - 1)):
        times[pair] = times.get(pair, 0) + 1
        pairs.append((pair, times[pair]))
    return tuple(pairs)


_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = re.compile("([一二三四五六七八九]?)十([一二三四五六七八九]?)")


def written_alike(name: str) -> str:
    """A name without what differs between two clerks who mean the same.

    Full-width letters and digits become ordinary ones (Unicode NFKC), capitals small; spaces, punctuation and symbols
    are left out, brackets with them but not what they hold; Chinese numerals up to 99 become digits, so that 二期 and
    2期 are one, and 十二 is 12. Characters of two shapes (昇, 升) stay two: field/rules.md, 5.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = "".join(c for c in folded if unicodedata.category(c)[0] in "LNM")
    tens = _TENS.sub(lambda m: str(_DIGITS.get(m[1], 1) * 10 + _DIGITS.get(m[2], 0)), kept)
    return "".join(str(_DIGITS.get(c, c)) for c in tens)


@dataclass(frozen=True)
class StatisticalWord:
    """A word with the columns it takes and the function behind it; the result is a number."""

    arguments: tuple[str, ...]
    """Type of each argument: number or text."""
    function: Callable[..., Numbers]


STATISTICAL_WORDS: Mapping[str, StatisticalWord] = {
    "binomial_tail": StatisticalWord(("number", "number", "number"), binomial_tail),
    "name_similarity": StatisticalWord(("text", "text"), name_similarity),
}
"""Statistical words of the rules.

binomial_tail(k, n, p): likelihood of k or more of n by chance; name_similarity(a, b): 0 (nothing alike) to 1 (same).
"""
