"""Train, dev and test of one set of examples, by cluster: nothing in one part resembles anything in another.

Several databases: a database is a cluster. One database: examples of one skeleton are a cluster. In both, what the
leakage check would call alike stays together, so a split passes it.
Clusters are dealt out by difficulty and shape, in an order that depends on the seed and on their content only.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from sqlkit.data.leakage import NEAR, SAME, compared, shape
from sqlkit.records import Example
from sqlkit.schema.similar import bag, near

Stratum = tuple[str, str]


def split(examples: Sequence[Example], shares: Mapping[str, float], seed: int = 0, databases: Sequence[Sequence[str]] = ()) -> dict[str, list[Example]]:
    """'train' and the parts that `shares` names ({'dev': 0.1, 'test': 0.1}), each in the order of the examples.

    databases: for each example names of what it is about, where `db_id` does not say it: those that share one are of one
    database; none means the one that all such examples are about. A part may fall short of its share where clusters are large; what is left over stays in train.
    """
    clusters = _clusters(examples, databases or [(e.db_id,) for e in examples])
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


def _clusters(examples: Sequence[Example], databases: Sequence[Sequence[str]]) -> list[list[int]]:
    """Indices that must stay together, each cluster in order."""
    parent = list(range(len(examples)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    by_database = len({name for names in databases for name in names}) > 1
    for i, example in enumerate(examples):
        keys = [("database", name) for name in databases[i]] if by_database else []
        if not keys and example.sql is not None:  # refusals have no SQL: they stay together by their questions alone
            keys = [("skeleton", shape(example))]
        for key in keys:
            parent[root(i)] = root(first.setdefault(key, i))
    bags = [bag(e.question) for e in examples]
    for i, j, alike in near(bags, bags, NEAR):
        if i < j and root(i) != root(j) and compared(examples[i], examples[j]) and (alike >= SAME or shape(examples[i]) == shape(examples[j])):
            parent[root(j)] = root(i)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for i in range(len(examples)):
        found[root(i)].append(i)
    return list(found.values())
