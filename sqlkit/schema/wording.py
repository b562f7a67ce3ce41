"""SQL in English: what a query asks for, in the words of the glossary, from the syntax tree alone.

Nothing is guessed: a part without plain words raises Wordless, so that no question says less than its query. The
phrases are made into questions by the wording of the sampler's drafts.
"""

from __future__ import annotations

import dataclasses
import random

from sqlglot import exp

from sqlkit.schema.expressions import Place, Scope, Wordless, Words, clause, is_date, listed, predicate, ranked, say
from sqlkit.sql.parse import SqlglotError, parse_one

__all__ = ["Told", "Wordless", "Words", "describe"]


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """Noun phrases ("the number of open orders") and whole questions, as drafts of the sampler have them."""

    phrases: tuple[str, ...]
    questions: tuple[str, ...] = ()


def describe(sql: str, words: Words, rng: random.Random) -> Told:
    """A query in words. Raises Wordless when some part of it has none."""
    try:
        tree = parse_one(sql)
    except (SqlglotError, RecursionError) as error:
        raise Wordless("cannot be parsed") from error
    scope = Scope(words, rng, [], None, _tell, _rows)
    phrase = _tell(tree, scope)
    questions: tuple[str, ...] = ()
    if phrase.startswith("the number of ") and isinstance(tree, exp.Select) and not tree.args.get("group") and len(tree.expressions) == 1:
        inner = phrase.removeprefix("the number of ")
        if not inner.startswith("different "):
            questions = (f"how many {inner} are there?", f"how many {inner} do we have?")
    return Told((phrase,), questions)


def _tell(node: exp.Expr, outer: Scope) -> str:
    """What a query returns, as a noun phrase with its article."""
    if isinstance(node, exp.Subquery):
        return _tell(node.this, outer)
    if isinstance(node, exp.SetOperation):
        if any(node.args.get(part) for part in ("order", "limit", "with_")):
            raise Wordless("sorted set operation")
        how = {exp.Union: "together with", exp.Intersect: "that are also among", exp.Except: "leaving out"}[type(node)]
        return f"{_tell(node.this, outer)} {how} {_tell(node.expression, outer)}"
    if not isinstance(node, exp.Select):
        raise Wordless(node.key)
    scope, about = _scope(node, outer)
    heads, groups, rest = _outputs(node, scope)
    tail = _tail(node, scope, groups)
    subject = about + _conditions(node, scope) + _left_over(scope)
    different = "different " if node.args.get("distinct") and not heads else ""
    if groups and not heads:
        return f"the different {listed(groups)} of {subject}{tail}"
    if groups:
        told = [f"the {head}" for head in dict.fromkeys(heads)]
        per = scope.rng.choice(("for each", "per"))
        return f"{listed(told)} of {subject} {per} {listed(groups)}{tail}"
    if heads:
        told = [f"the {head}" for head in heads]
        return f"{listed(told)} of {subject}{tail}"
    if rest == ["all details"]:
        return f"all details of {subject}{tail}"
    return f"the {different}{listed(rest)} of {subject}{tail}"


def _rows(node: exp.Expr, outer: Scope) -> str:
    """The rows that an EXISTS asks for, without what ties them to the query around."""
    if not isinstance(node, exp.Select) or node.args.get("group"):
        raise Wordless("exists")
    scope, about = _scope(node, outer)
    return about + _conditions(node, scope) + _left_over(scope)


def _scope(node: exp.Select, outer: Scope) -> tuple[Scope, str]:
    """The scope of a SELECT and what its rows are called."""
    if any(node.args.get(part) for part in ("laterals", "qualify", "windows", "pivots")):
        raise Wordless("qualify")
    scope = Scope(outer.words, outer.rng, [], outer, _tell, _rows)
    origin = node.args.get("from_")
    if origin is None:
        raise Wordless("no table")
    scope.places.append(_place(origin.this, node, scope))
    for join in node.args.get("joins") or ():
        if join.side not in ("", "LEFT") or join.kind == "CROSS" or not (join.args.get("on") or join.args.get("using")):
            raise Wordless(f"{join.side or join.kind or 'comma'} join")
        place = _place(join.this, node, scope)
        place.optional = join.side == "LEFT"
        scope.places.append(place)
    for join in node.args.get("joins") or ():
        _play(join, scope)
    parents = {p.alias for p in scope.places if any(_refers(join, p, scope) for join in node.args.get("joins") or ())}
    children = [p for p in scope.places if p.alias not in parents] or scope.places[:1]
    gone = {p.alias for p in scope.places if p.optional and _missing(node, p, scope)}
    children = [p for p in children if p.alias not in gone] or [p for p in scope.places if p.alias not in gone][:1]
    if not children:
        raise Wordless("only missing rows")
    scope.subject = children[0]
    scope.mentioned |= {p.alias for p in children} | gone
    scope.aliases = {e.alias.lower(): e.this for e in node.expressions if isinstance(e, exp.Alias)}
    about = listed([p.many for p in children]) if len(children) < 3 else children[0].many
    about += "".join(f" without {p.many}" for p in scope.places if p.alias in gone)
    kept = [p for p in scope.places if not p.optional and p.alias in parents] if any(c.optional for c in children) else []
    if kept:
        about += f" (also {kept[0].many} without any)"
        scope.mentioned |= {p.alias for p in kept}
    return scope, about


def _place(source: exp.Expr, select: exp.Select, scope: Scope) -> Place:
    alias = source.alias_or_name.lower()
    if isinstance(source, exp.Table):
        common = _common(source.name.lower(), select)
        if common is None:
            table = scope.words.schema.table(source.name)
            if table is None:
                raise Wordless(f"table {source.name}")
            return Place(alias, table.name, scope.words.noun(table.name, scope.rng), scope.words.noun(table.name, scope.rng, many=False))
        query: exp.Expr = common
    elif isinstance(source, exp.Subquery):
        query = source.this
    else:
        raise Wordless(source.key)
    if not isinstance(query, exp.Select):
        raise Wordless("set operation as a table")
    inner, _ = _scope(query, scope)
    columns = {e.alias_or_name.lower(): say(e, inner) for e in query.expressions if e.alias_or_name}
    phrase = _tell(query, scope)
    return Place(alias, "", f"the rows of ({phrase})", "row", columns)


def _common(name: str, select: exp.Select) -> exp.Expr | None:
    node: exp.Expr | None = select
    while node is not None:
        held = node.args.get("with_")
        for cte in held.expressions if held else ():
            if cte.alias.lower() == name:
                if held is not None and held.args.get("recursive"):
                    raise Wordless("recursion")
                inner: exp.Expr = cte.this
                return inner
        node = node.parent
    return None


def _refers(join: exp.Join, place: Place, scope: Scope) -> bool:
    """Whether a join condition reads the primary key of `place`, which makes its rows the parents."""
    table = scope.words.schema.table(place.table) if place.table else None
    keys = {k.lower() for k in table.primary_key} if table else set()
    on = join.args.get("on")
    if on is None or not keys:
        return False
    read = {c.name.lower() for c in on.find_all(exp.Column) if scope.place(c) is place}
    others = {c.name.lower() for c in on.find_all(exp.Column) if scope.place(c) is not place}
    return keys <= read and bool(others)


def _play(join: exp.Join, scope: Scope) -> None:
    """Name a table that several keys point to by the part that it plays in this join: the origin of a route, not its airport."""
    on = join.args.get("on")
    for part in _parts(on) if on is not None else ():
        if not (isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and isinstance(part.expression, exp.Column)):
            continue
        for child, parent in ((part.this, part.expression), (part.expression, part.this)):
            here, there = scope.place(child), scope.place(parent)
            ends = (here.table, child.name, there.table, parent.name) if here and there else ()
            for link in scope.words.twins:
                if there and [x.lower() for x in ends] == [link[0].lower(), link[1][0].lower(), link[2].lower(), link[3][0].lower()] and len(link[1]) == 1:
                    there.part = True
                    there.many, there.single = scope.words.parent(link, scope.rng), scope.words.parent(link, scope.rng, many=False)


def _missing(node: exp.Select, place: Place, scope: Scope) -> bool:
    """WHERE says that an outer-joined place has no row."""
    where = node.args.get("where")
    return where is not None and any(
        isinstance(part, exp.Is) and isinstance(part.expression, exp.Null) and isinstance(part.this, exp.Column) and scope.place(part.this) is place
        for part in _parts(where.this)
    )


def _parts(node: exp.Expr) -> list[exp.Expr]:
    return [*_parts(node.this), *_parts(node.expression)] if isinstance(node, exp.And) else [node]


def _conditions(node: exp.Select, scope: Scope) -> str:
    """WHERE, and what joins say beyond their keys, behind the noun."""
    where = node.args.get("where")
    parts = _parts(where.this) if where is not None else []
    for join in node.args.get("joins") or ():
        for part in _parts(join.args["on"]) if join.args.get("on") else ():
            if not (isinstance(part, exp.EQ) and isinstance(part.this, exp.Column) and isinstance(part.expression, exp.Column)):
                if join.side:
                    raise Wordless("condition of an outer join")
                parts.append(part)
    told = []
    for part in parts:
        columns = [c for c in part.find_all(exp.Column) if c.find_ancestor(exp.Select) is node]
        if isinstance(part, exp.EQ) and len(columns) == 2 and any(not scope.inside(c) for c in columns):
            continue  # what ties an EXISTS or a scalar subquery to the row around it
        if isinstance(part, exp.Is) and isinstance(part.this, exp.Column):
            place = scope.place(part.this)
            if place is not None and place.optional and isinstance(part.expression, exp.Null) and _missing(node, place, scope):
                continue
        told.append(part)
    if not told:
        return ""
    plain = len(told) < 3 and not any(isinstance(p, exp.Or | exp.Not | exp.Exists | exp.Paren) for p in told)
    if plain and scope.rng.random() < 0.6:
        said = [predicate(part, scope) for part in told]
        return " with " + listed([_with(subject, rest) for subject, rest in said])
    return " where " + listed([clause(part, scope) for part in told])


def _with(subject: str, rest: str) -> str:
    """'city is Lyon' behind 'with': city Lyon; a city that contains ..., no known city."""
    if rest == "is missing":
        return f"no known {subject}"
    if rest.startswith("is "):
        return f"{subject} {rest.removeprefix('is ')}"
    return f"a {subject} that {rest}"


def _left_over(scope: Scope) -> str:
    """Tables that only narrow the rows: an inner join keeps those that have a partner."""
    return "".join(f" that have a {p.single}" for p in scope.places if p.alias not in scope.mentioned and not p.optional)


def _outputs(node: exp.Select, scope: Scope) -> tuple[list[str], list[str], list[str]]:
    """What is shown: (aggregates and the like, group keys, plain columns)."""
    group = node.args.get("group")
    shown = [e.unalias() for e in node.expressions]
    if group is not None and any(group.args.get(part) for part in ("cube", "rollup", "grouping_sets", "totals")):
        raise Wordless("grouping sets")
    if group is not None and group.args.get("all"):
        keys: list[exp.Expr] = [e for e in shown if not e.find(exp.AggFunc)]
    else:
        keys = [_meant(key, shown, scope) for key in (group.expressions if group is not None else [])]
    if any(isinstance(e, exp.Star) for e in shown):
        if len(shown) > 1 or group is not None:
            raise Wordless("star among columns")
        return [], [], ["all details"]
    aggregates = [e for e in shown if e.find(exp.AggFunc) and not isinstance(e, exp.Window)] if not keys else [e for e in shown if e not in keys]
    if aggregates and not keys and len(aggregates) < len(shown):
        raise Wordless("columns beside aggregates")
    seen = [k for k in keys if k in shown]
    if keys and not seen:  # figures without what they belong to: people do not ask for that
        raise Wordless("groups that are not shown")
    heads = [say(e, scope) for e in aggregates]
    return heads, [say(k, scope) for k in seen], [] if heads or keys else [say(e, scope) for e in shown]


def _meant(key: exp.Expr, shown: list[exp.Expr], scope: Scope) -> exp.Expr:
    if isinstance(key, exp.Literal) and key.name.isdigit() and 0 < int(key.name) <= len(shown):
        return shown[int(key.name) - 1]
    if isinstance(key, exp.Column) and not key.table and key.name.lower() in scope.aliases:
        return scope.aliases[key.name.lower()]
    return key


def _tail(node: exp.Select, scope: Scope, groups: list[str]) -> str:
    """HAVING, ORDER BY, LIMIT and OFFSET."""
    told = ""
    if having := node.args.get("having"):
        told += f", only where {clause(having.this, scope)}".replace("the number is", f"the number of {_noun(scope)} is")
    order, limit, offset = (node.args.get(part) for part in ("order", "limit", "offset"))
    shown = [e.unalias() for e in node.expressions]
    keys = [(_meant(k.this, shown, scope), k) for k in order.expressions] if order else []
    if offset:
        told += f", leaving out the first {offset.expression.name}"
    if limit and not keys:
        raise Wordless("limit without order")
    if limit:
        count = limit.expression.name
        body, key = keys[0]
        down = bool(key.args.get("desc"))
        said = _named(body, scope)
        what = "one" if count == "1" else count
        if is_date(body, scope):
            told += f", only the {what} with the {'latest' if down else 'earliest'} {said}"
        else:
            told += f", only the {what} with the {'highest' if down else 'lowest'} {said}"
        if len(keys) > 1:
            told += f" (ties by {listed([ranked(_sorted(b, k), scope) for b, k in keys[1:]])})"
        if count != "1":
            told += f", {('latest' if down else 'earliest') if is_date(body, scope) else ('highest' if down else 'lowest')} first"
    elif keys:
        told += f", sorted by {', then by '.join(_ranked(b, k, scope) for b, k in keys)}"
    return told


def _sorted(body: exp.Expr, key: exp.Expr) -> exp.Expr:
    return exp.Ordered(this=body.copy(), desc=key.args.get("desc"), nulls_first=False)


def _ranked(body: exp.Expr, key: exp.Expr, scope: Scope) -> str:
    said = _named(body, scope)
    if not key.args.get("desc"):
        return said
    return f"{said}, {'latest' if is_date(body, scope) else 'highest'} first"


def _named(body: exp.Expr, scope: Scope) -> str:
    said = say(body, scope)
    return f"number of {_noun(scope)}" if said == "number" else said


def _noun(scope: Scope) -> str:
    return scope.subject.many if scope.subject else "rows"

