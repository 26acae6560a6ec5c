"""Teaching: how the parts are fitted, and how later slices of the past choose between them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

from features.past import Past
from features.plan import Made, Plan
from features.walk import DAY, Floats, Rows
from scoring.blend import Heard, log_odds_of_share
from scoring.linear import LinearPart, Term, choose_terms, design_of
from scoring.rates import LevelPart
from scoring.trees import TreePart

ROUNDS = (20, 40, 80, 160, 320)
PENALTIES = (0.0003, 0.003, 0.03, 0.3)
START_FLOWING = {
    "trees": 0.3,
    "trees_without_codes": 0.15,
    "trees_plain": 0.1,
    "linear": 0.25,
    "linear_without_history": 0.1,
    "level": 0.5,
}
START_SILENT = {
    "trees": 0.25,
    "trees_without_codes": 0.1,
    "trees_plain": 0.15,
    "linear": 0.15,
    "linear_without_history": 0.25,
}
"""Where the weights of the blend start from, and stay near while few outcomes are known. History ages in silence."""
FEWEST_FOR_TREES = 300
PASSED_BY = 0.002
"""A simpler choice stands unless another is better by more than this in AUC."""

Part = TreePart | LinearPart | LevelPart


@dataclass(frozen=True)
class Choices:
    """What later slices chose: rounds of the trees, penalties of the linear parts."""

    rounds: dict[str, int]
    penalties: dict[str, float]


@dataclass(frozen=True, eq=False)
class Slice:
    """A later part of the past, to be foretold from what was known before it began."""

    taught: Rows
    asked: Rows
    behind: Past
    made: Made


@dataclass(frozen=True, eq=False)
class Teacher:
    """Fits parts on rows of one stream whose features are made."""

    drawn: Plan
    behind: Past
    made: Made
    seed: int

    def names(self, n: int) -> list[str]:
        """Parts that n outcomes can carry."""
        trees = ["trees", "trees_without_codes", "trees_plain"] if n >= FEWEST_FOR_TREES else []
        return [*trees, "linear", "linear_without_history", *(["level"] if self.drawn.flowing else [])]

    def chosen(self, choices: Choices) -> list[str]:
        """Parts that the later slices could judge, in order, however many outcomes there are now."""
        return [*choices.rounds, *choices.penalties, *(["level"] if self.drawn.flowing else [])]

    def fit(self, rows: Rows, choices: Choices) -> dict[str, Part]:
        """The parts with the choices made, on the given rows.

        Raises RiskModelRefused where the reasons of a tree part are not LightGBM's own.
        """
        parts: dict[str, Part] = {}
        for name in self.chosen(choices):
            if name.startswith("trees"):
                trees = self.fit_trees(self.made, rows, name, choices.rounds[name])
                trees.check(self.made, rows)
                parts[name] = trees
            elif name.startswith("linear"):
                terms = self.terms(self.made, rows, name)
                design = design_of(terms, self.made, rows)
                parts[name] = LinearPart.fit(terms, design, self.behind.label[rows], c=choices.penalties[name])
            else:
                parts[name] = self.level(rows)
        return parts

    def fit_trees(self, made: Made, rows: Rows, name: str, rounds: int) -> TreePart:
        """A tree part of that name."""
        families = {feature.family for feature in made.features}
        if name == "trees_plain":
            families = {"value", "category"}
        elif name == "trees_without_codes":
            families -= {"category"}
        chosen = [feature for feature in made.features if feature.family in families]
        return TreePart.fit(
            made,
            rows,
            self.behind.label[rows],
            np.ones(len(rows)),
            chosen=chosen,
            rounds=rounds,
            seed=self.seed,
            plain=name == "trees_plain",
        )

    def terms(self, made: Made, rows: Rows, name: str) -> list[Term]:
        """The columns that a linear part of that name has when it learns from these rows."""
        return choose_terms(made, rows, self.drawn.by_name, history=name == "linear")

    def level(self, rows: Rows) -> LevelPart:
        """The overall level of the rows learnt from."""
        label = self.behind.label[rows]
        return LevelPart(float((label.sum() + 1.0) / (len(label) + 2.0)))

    def choose(self, slices: list[Slice]) -> tuple[Choices, Heard]:
        """Choose by foretelling later slices; also the margins that were foretold, to blend by."""
        fewest = min(len(later.taught) for later in slices)
        rounds: dict[str, int] = {}
        penalties: dict[str, float] = {}
        columns: list[Floats] = []
        middling: list[Floats] = []
        for name in self.names(fewest):
            foretold: dict[float, list[Floats]] = {}
            for later in slices:
                for option, margins in self._foretell(name, later):
                    foretold.setdefault(option, []).append(margins)
            best = self._best(foretold, slices)
            columns.append(np.concatenate(foretold[best]))
            middling.append(np.concatenate(foretold[sorted(foretold)[(len(foretold) - 1) // 2]]))
            if name.startswith("trees"):
                rounds[name] = int(best)
            elif name.startswith("linear"):
                penalties[name] = best
        asked = np.concatenate([later.asked for later in slices])
        sizes = [len(later.asked) for later in slices]
        which = np.repeat(np.arange(len(slices)), sizes)
        taught = np.repeat([log_odds_of_share(self.behind.label[later.taught]) for later in slices], sizes)
        label = self.behind.label[asked]
        days, known = self.behind.raised[asked] / DAY, self.behind.known[asked] / DAY
        starts = START_FLOWING if self.drawn.flowing else START_SILENT
        start = np.array([starts[name] for name in self.names(fewest)])
        unchosen = np.column_stack(middling) @ start
        heard = Heard(asked, np.column_stack(columns), label, which, taught, days, known, start, unchosen)
        return Choices(rounds, penalties), heard

    def _foretell(self, name: str, later: Slice) -> Iterator[tuple[float, Floats]]:
        if name.startswith("trees"):
            part = self.fit_trees(later.made, later.taught, name, ROUNDS[-1])
            for rounds in ROUNDS:
                yield rounds, part.margins(later.made, later.asked, rounds=rounds)
        elif name.startswith("linear"):
            terms = self.terms(later.made, later.taught, name)
            taught, asked = (design_of(terms, later.made, rows) for rows in (later.taught, later.asked))
            label = self.behind.label[later.taught]
            for penalty in PENALTIES:
                yield penalty, LinearPart.fit(terms, taught, label, c=penalty).margins(asked)
        else:
            yield 0, self.level(later.taught).margins(later.behind, later.asked)

    def _best(self, foretold: dict[float, list[Floats]], slices: list[Slice]) -> float:
        merit: dict[float, float] = {}
        for option, margins in foretold.items():
            labels = [self.behind.label[later.asked] for later in slices]
            areas = [
                roc_auc_score(label, margin)
                for label, margin in zip(labels, margins, strict=True)
                if 0 < label.mean() < 1
            ]
            merit[option] = float(np.mean(areas)) if areas else 0.5
        top = max(merit.values())
        return min(option for option, value in merit.items() if value >= top - PASSED_BY / 2)


def later_slices(teacher: Teacher, rows: Rows, cuts: tuple[float, ...]) -> list[Slice]:
    """Later slices of the teaching rows between the cuts (shares of the rows in order of time).

    Where outcomes keep coming, the features stand as they are. Where a silent period is asked for, the features of a
    slice are made anew with every outcome after its beginning unheard.
    """
    behind, slices = teacher.behind, []
    bounds = [behind.raised[rows[min(int(cut * len(rows)), len(rows) - 1)]] for cut in cuts[:-1]]
    for begin, end in zip(bounds, [*bounds[1:], behind.raised[rows[-1]] + 1], strict=True):
        taught = rows[(behind.raised[rows] < begin) & (behind.known[rows] < begin)]
        asked = rows[(behind.raised[rows] >= begin) & (behind.raised[rows] < end)]
        if len(taught) < 30 or not 0 < behind.label[taught].mean() < 1 or not len(asked):
            continue
        if teacher.drawn.flowing:
            slices.append(Slice(taught, asked, behind, teacher.made))
        else:
            silent = behind.silenced(begin)
            made = teacher.drawn.make(silent)
            made.matrix[taught] = teacher.made.matrix[taught]
            slices.append(Slice(taught, asked, silent, made))
    return slices
