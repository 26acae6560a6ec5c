"""The strongest reasons kept as numbers, against sorting."""

import numpy as np
import pytest

from scoring.reasons import KEPT, Kept


@pytest.mark.parametrize("n_facts", [1, 3, KEPT, 60, 300])
def test_the_kept_reasons_are_the_largest_in_order_and_equals_in_the_order_of_facts(n_facts: int) -> None:
    draw = np.random.Generator(np.random.PCG64(n_facts))
    shares = draw.normal(size=(400, n_facts)).round(1)
    shares[draw.random(shares.shape) < 0.3] = 0.0
    facts = [f"fact {i}" for i in range(n_facts)]
    kept = Kept.empty(400, np.zeros(400), facts)
    for begin in range(0, 400, 150):
        kept.keep(begin, shares[begin : begin + 150])
    for i in range(400):
        order = np.argsort(-np.abs(shares[i]), kind="stable")[:KEPT]
        told = [(facts[j], shares[i, j]) for j in order if shares[i, j] != 0.0]
        assert [fact for fact, _ in kept.of(i)] == [fact for fact, _ in told]
        np.testing.assert_allclose([share for _, share in kept.of(i)], [share for _, share in told], rtol=1e-6)


def test_a_million_alerts_with_sixty_facts_keep_25_bytes_each() -> None:
    kept = Kept.empty(1000, np.broadcast_to(0.0, 1000), [str(i) for i in range(60)])
    assert kept.fact.nbytes + kept.share.nbytes == 25 * 1000
