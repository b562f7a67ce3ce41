"""What the sampler sees of a schema: tables with their roles, words for everything, values to ask about."""

from __future__ import annotations

import dataclasses
import random
import re
from collections import Counter, deque
from collections.abc import Sequence
from functools import cached_property

from sqlkit.data.english import acting, is_noun, participle, plural, singular, sort_of
from sqlkit.prompt import Context
from sqlkit.schema.expressions import Link
from sqlkit.schema.types import Column, ForeignKey, Table
from sqlkit.schema.values import ColumnProfile
from sqlkit.schema.words import stem, words
from sqlkit.sql.grammar import identifier

KEY_WORDS = {"id", "no", "nr", "key", "sk", "fk", "code", "cd", "number", "num"}
_WHOLE = re.compile(r"INT|, ?0\)$", re.IGNORECASE)  # types of whole numbers


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """A column with its table and what it can be used for: measure, category, date, flag, label, text, key."""

    table: str
    column: Column
    role: str

    @property
    def place(self) -> tuple[str, str]:
        return self.table, self.column.name


class World:
    """A schema ready to be asked about. Deterministic given the random generator it is used with."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.schema, self.glossary, self.profile = context.schema, context.glossary, context.profile
        self.every: list[Link] = [
            (t.name, k.columns, k.ref_table, k.ref_columns)
            for t, k in self.schema.joins()
            if k.ref_table != t.name and self.schema.table(k.ref_table)
        ]
        self.selves: list[tuple[Table, ForeignKey]] = [
            (t, k) for t, k in self.schema.joins() if k.ref_table == t.name and len(k.columns) == 1
        ]
        pairs: dict[tuple[str, str], list[Link]] = {}
        self._above: dict[str, list[Link]] = {}
        self._below: dict[str, list[Link]] = {}
        for link in self.every:
            pairs.setdefault((link[0], link[2]), []).append(link)
            self._above.setdefault(link[0], []).append(link)
            self._below.setdefault(link[2], []).append(link)
        self._groups = [links for links in pairs.values() if len(links) > 1]
        self.twins = {link for links in self._groups for link in links}
        self.forked = {name for name, n in Counter(t.name for t, _ in self.selves).items() if n > 1}  # with several keys to themselves
        self._ways: dict[str, dict[str, list[Link]]] = {}  # up from tables without twins above them
        self.narrow(None)

    @property
    def links(self) -> list[Link]:
        """The keys that a question may be about."""
        if self._only is not None:
            return self._only
        return [link for link in self.every if link not in self._gone] if self._gone else self.every

    def narrow(self, links: list[Link] | None) -> None:
        """Let there be no other keys than these; None: all of the schema."""
        self._only, self._gone = links, set[Link]()
        self._ups: dict[str, dict[str, list[Link]]] = {}

    def settle(self, rng: random.Random) -> None:
        """Of the keys between the same two tables let one stand for all that a question says: a route's airport is its origin, or
        its destination, throughout."""
        if self._groups and self._only is None:
            kept = {rng.choice(links) for links in self._groups}
            self._gone, self._ups = self.twins - kept, {}

    @cached_property
    def roles(self) -> dict[str, list[Role]]:
        return {t.name: [Role(t.name, c, self._role(t, c)) for c in t.columns] for t in self.schema.tables}

    def _role(self, table: Table, column: Column) -> str:
        seen: ColumnProfile = self.profile.column(table.name, column.name)
        said = self.glossary.column(table.name, column.name)
        keys = {c for k in table.foreign_keys for c in k.columns} | set(table.primary_key)
        if column.name in keys:
            return "key"
        if column.name == self.label(table.name):
            return "label"
        if column.kind == "date":
            return "date"
        if column.kind == "bool":
            return "flag"
        whole = column.kind == "number" and _WHOLE.search(column.type)
        number = whole and (words(column.name) or [""])[-1] in KEY_WORDS  # an undeclared key, a code: nothing to add up
        if said.values or ((number or column.kind == "text") and 1 < seen.distinct <= 40):
            return "category"
        if number:
            return "key"
        if column.kind == "number":
            return "measure" if seen.distinct > 2 else "other"
        return "text" if column.kind == "text" else "other"

    def label(self, table: str) -> str:
        """The column that names a row: the glossary's, or the first that looks like a name."""
        if said := self.glossary.table(table).label:
            return said
        found = self.schema.table(table)
        for column in found.columns if found else ():
            parts = words(column.name)
            if column.kind == "text" and parts and parts[-1] in {"name", "nm", "title", "label"}:
                return column.name
        return ""

    def of(self, table: str, *kinds: str) -> list[Role]:
        return [r for r in self.roles[table] if r.role in kinds]

    def sharing(self) -> list[tuple[Role, Role]]:
        """Texts of two tables without codes that have a value in common, in the schema's order."""
        return self._sharing

    @cached_property
    def _sharing(self) -> list[tuple[Role, Role]]:
        texts = [
            r for roles in self.roles.values() for r in roles
            if r.role == "category" and r.column.kind == "text" and not self.glossary.column(*r.place).values
        ]  # fmt: skip
        values = [self.profile.column(*r.place).values for r in texts]
        holders: dict[object, list[int]] = {}
        for i, some in enumerate(values):
            for value in dict.fromkeys(some):
                holders.setdefault(value, []).append(i)
        others = (sorted({j for value in some for j in holders[value]}) for some in values)
        return [(texts[i], texts[j]) for i, found in enumerate(others) for j in found if texts[i].table < texts[j].table]

    def noun(self, table: str, rng: random.Random, many: bool = True) -> str:
        """What people call a row or rows of the table."""
        said = self.glossary.table(table)
        name = said.name or singular(" ".join(words(table)))
        if said.synonyms and rng.random() < 0.4:
            name = rng.choice(said.synonyms)
            return plural(name) if many else name
        if many:
            return said.plural or plural(name)
        return name

    def said(self, table: str, column: str, rng: random.Random) -> str:
        """What people call a column."""
        named = self.glossary.column(table, column)
        name = named.name or " ".join(words(column))
        found = self.schema.table(table)
        known = found.column(column) if found else None
        date = known is not None and known.kind == "date"
        nouns = [s for s in named.synonyms if is_noun(s, date)]
        if nouns and rng.random() < 0.45:
            return rng.choice(nouns)
        if date and not is_noun(name, True):  # 'opened' alone reads badly where a noun must stand
            return f"{name.removesuffix(' at').removesuffix(' on')} date" if rng.random() < 0.7 else f"date {name.removesuffix(' at').removesuffix(' on')}"
        return name

    def sort(self, table: str) -> str:
        """Whether its rows are persons, places, groups or things."""
        said = self.glossary.table(table)
        return sort_of(said.name or singular(" ".join(words(table))))

    def part(self, link: Link) -> str:
        """The part that the parent plays for the child, 'sales rep' of an order, where it is not the parent's own name."""
        child, parent, several = link[0], link[2], link in self.twins
        if len(link[1]) != 1 and not several:
            return ""
        others = [x[1] for x in self.twins if x != link and (x[0], x[2]) == (child, parent)] if several else []
        column = next((c for c in link[1] if not all(c in other for other in others)), link[1][0]) if several else link[1][0]
        named = self.glossary.column(child, column).name
        plain = [w for w in words(named or column) if w not in KEY_WORDS]
        said = self.glossary.table(parent)
        known = {stem(w) for n in (parent, said.name, said.plural, *said.synonyms) for w in words(n)}
        own = {stem(w) for w in plain}
        one = singular(" ".join(words(said.name or parent)))
        if len(plain) > 1 and plain[-1] == "by":
            return f"{verb} {one}" if (verb := acting(" ".join(plain))) else f"{' '.join(plain)} {one}"
        if several:
            plain = plain or words(column)
            short = all(len(w) < 5 for w in plain) and not own & known  # 'from', 'bill to'
            return " ".join([*plain, one] if short else plain)
        if not plain or own & known or (not named and all(len(w) < 5 for w in plain)):
            return ""
        return " ".join(plain)

    def called(self, path: Sequence[Link], rng: random.Random, many: bool = True) -> str:
        """What people call the rows at the end of a way up: 'origin country' for the country of the airport a route starts at."""
        before = [self.part(link) for link in path[:-1] if link in self.twins]
        return " ".join([*before, self.parent(path[-1], rng, many)])

    def unclear(self, path: Sequence[Link]) -> bool:
        """Whether there is another way by other keys of the same tables, so that the part must be named."""
        return any(link in self.twins for link in path)

    def parent(self, link: Link, rng: random.Random, many: bool = True) -> str:
        """What people call the parent of a link: by the part it plays, else by its own noun."""
        part = self.part(link)
        return (plural(part) if many else part) if part else self.noun(link[2], rng, many)

    def verbs(self, table: str, column: str) -> list[str]:
        """Participles for a date: 'hired', 'joined' for the hire date of an employee."""
        named = self.glossary.column(table, column)
        texts = [named.name or " ".join(words(column)), *named.synonyms]
        return list(dict.fromkeys(v for t in texts if (v := participle(t))))

    def single_label(self, table: str) -> bool:
        """Whether no two rows have the same label, as far as the profile tells."""
        found = self.schema.table(table)
        label = self.profile.column(table, self.label(table)).distinct
        rows = max((self.profile.column(table, c).distinct for c in (found.primary_key if found else ())), default=0)
        return not rows or label >= rows

    def unit(self, table: str, column: str) -> str:
        return self.glossary.column(table, column).unit

    def up(self, table: str) -> dict[str, list[Link]]:
        """Tables reachable by many-to-one links, with the links to get there; never multiplies rows."""
        if self._only is None and table in self._ways:
            return self._ways[table]
        if table in self._ups:
            return self._ups[table]
        found: dict[str, list[Link]] = {}
        queue: deque[tuple[str, list[Link]]] = deque([(table, [])])
        clear = self._only is None
        while queue:
            here, path = queue.popleft()
            for link in self._above.get(here, ()):
                clear = clear and link not in self.twins
                if link[2] != table and link[2] not in found and len(path) < 3 and self._there(link):
                    found[link[2]] = [*path, link]
                    queue.append((link[2], found[link[2]]))
        (self._ways if clear else self._ups)[table] = found
        return found

    def _there(self, link: Link) -> bool:
        return link not in self._gone if self._only is None else link in self._only

    def named(self, table: str) -> str:
        """The table's name as SQL has it, with its schema where that is not the default one."""
        found = self.schema.table(table)
        return found.sql if found else identifier(table)

    def weight(self, table: str) -> float:
        """How often people may ask about a table: those at the centre of the schema and with metrics more, a log nobody
        refers to less."""
        links = sum(table in (link[0], link[2]) for link in self.every)
        told = [m.table for m in self.glossary.metrics.values()] + [s.table for s in self.glossary.segments.values()]
        return 0.3 + 0.5 * min(links, 4) + 0.5 * min(4, told.count(table))

    def children(self, table: str) -> list[Link]:
        return [link for link in self._below.get(table, ()) if self._there(link)]

    def default_date(self, table: str) -> Role | None:
        dates = self.of(table, "date")
        name = self.glossary.table(table).date
        return next((r for r in dates if r.column.name == name), dates[0] if dates else None)
