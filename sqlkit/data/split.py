"""Train, dev and test of one set of examples, by cluster: nothing in one part resembles anything in another.

Several databases: a database is a cluster. One database: examples of one skeleton, and of like questions, are a cluster.
Clusters are dealt out by difficulty and shape, in an order that depends on the seed and on their content only.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlkit.data.leakage import NEAR, SAME, shape
from sqlkit.records import Example
from sqlkit.schema.similar import bag, near

Stratum = tuple[str, str]


def split(examples: Sequence[Example], shares: Mapping[str, float], seed: int = 0) -> dict[str, list[Example]]:
    """'train' and the parts that `shares` names ({'dev': 0.1, 'test': 0.1}), each in the order of the examples.

    A part may fall short of its share where clusters are large; what is left over stays in train.
    """
    clusters = _clusters(examples)
    clusters.sort(key=lambda cluster: hashlib.sha256(f"{seed} {examples[cluster[0]].id} {examples[cluster[0]].question}".encode()).digest())
    wanted = {name: share * len(examples) for name, share in shares.items()}
    strata = Counter(stratum(e) for e in examples)
    held: dict[str, list[int]] = {name: [] for name in shares}
    inside: dict[str, Counter[Stratum]] = {name: Counter() for name in shares}
    train: list[int] = []
    for cluster in clusters:
        kinds = Counter(stratum(examples[i]) for i in cluster)
        for name, share in shares.items():
            fits = len(held[name]) + len(cluster) <= wanted[name] + 0.5
            # half of a cluster may stick out of a stratum's share, so that dealing rounds and does not always cut off
            even = all(inside[name][kind] + n / 2 <= max(share * strata[kind], 0.5) for kind, n in kinds.items())
            if fits and even:
                held[name] += cluster
                inside[name] += kinds
                break
        else:
            train += cluster
    return {name: [examples[i] for i in sorted(places)] for name, places in {"train": train, **held}.items()}


def stratum(example: Example) -> Stratum:
    return example.difficulty, example.shape


def _clusters(examples: Sequence[Example]) -> list[list[int]]:
    """Indices that must stay together, each cluster in order."""
    parent = list(range(len(examples)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[str, int] = {}
    by_database = len({e.db_id for e in examples}) > 1
    for i, example in enumerate(examples):
        # refusals have no SQL: they stay together by their questions alone
        key = example.db_id if by_database else shape(example) if example.sql is not None else f"refusal {i}"
        parent[root(i)] = root(first.setdefault(key, i))
    if not by_database:
        bags = [bag(e.question) for e in examples]
        for i, j, alike in near(bags, bags, NEAR):
            if i < j and (alike >= SAME or shape(examples[i]) == shape(examples[j])):
                parent[root(j)] = root(i)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for i in range(len(examples)):
        found[root(i)].append(i)
    return list(found.values())
