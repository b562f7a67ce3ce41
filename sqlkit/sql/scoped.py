"""A grammar of queries whose names are in scope, whose types fit, and whose joins follow keys, as Lark text for llguidance.

Where `grammar.select_grammar` makes broken SQL and unknown names impossible, this one also rules out columns of tables that
are not in FROM, sums of texts, texts compared with what never stands in the column, joins that follow no key, and GROUP BY
that does not fit SELECT. What is in FROM is only known after the SELECT list, so there is one copy of the rules for each set
of tables that keys connect (a *scope*), and the parser follows all scopes that still fit. In this it goes beyond PICARD
(Scholak et al. 2021), which rejects tokens by checking the unfinished query.

The price is reach: the shapes below and in `scoped_forms` are what business questions need, in the style of `canonical`, and
no others (no recursion, no subquery in FROM but one, no window frames).
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator, Sequence

from sqlkit.sql import scoped_forms
from sqlkit.sql.lark import any_of, defined, lexeme
from sqlkit.sql.scoped_forms import AGGREGATES, COMPARE
from sqlkit.sql.scopes import Join, Ref, Scope, Source, scopes_of

MOMENTS = ("date", "timestamp")
SCOPES = 32  # sets of tables followed at once; sets of the tables named first come first
LONGEST = 450_000  # characters of a grammar: above, fewer sets of tables are followed; the time to compile it grows with them
HELD = 600_000  # characters that llguidance surely holds: its limit of 65,525 symbols is reached at some 620,000
PARTS = {"YEAR(": "YEAR", "MONTH(": "MONTH", "QUARTER(": "QUARTER"}
REFUSAL = 'refusal: "CANNOT ANSWER" (": " /[a-zA-Z0-9 ,.\'()-]{1,60}/)?'
PART = r'(?:"(?:[^"]|"")*"|\w+)'
_TOKEN = re.compile(
    r"COUNT\(\*\)|COUNT\(DISTINCT |CASE WHEN | FILTER \(WHERE | (?:THEN|ELSE|AND|OR|IN|IS NOT|IS|BETWEEN) | END|NULL|[A-Za-z_]+\("
    r"|'(?:[^']|'')*'| (?:[-+*/<>=]|<>|<=|>=) |\d+(?:\.\d+)?|" + rf"{PART}(?:\.{PART})*|[(),]"
)
_PLACE = re.compile(rf"(?<![\w\".])({PART}(?:\.{PART})?)\.{PART}")  # a column behind its table
_AGGREGATE = re.compile(r"(?:SUM|AVG|MIN|MAX|MEDIAN)\(")


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What a question says that may stand in its query, as SQL text: words, parts of texts (for LIKE), numbers, years (YYYY), months and quarters (1 to
    12, 1 to 4). `dates`: whether a date may be compared with a literal; its year is one of `years`, any when there are none."""

    words: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    quarters: tuple[str, ...] = ()
    dates: bool = True


def scoped_grammar(sources: Sequence[Source], joins: Sequence[Join], metrics: Sequence[str], said: Said, refusal: bool = True) -> str:
    """The grammar for the tables in sight, the keys between them, and what a question says.

    metrics: SQL of aggregates that may be used as they stand, columns qualified. Queries are in the style of `canonical`:
    columns are qualified where several tables are read. refusal: whether refusing is allowed; where nothing can be asked, it
    always is.
    """
    most = SCOPES
    while len(text := _grammar(list(scopes_of(sources, joins, most)), metrics, said, refusal)) > LONGEST and most > len(sources):
        most = most * 3 // 4
    return text


def _grammar(found: Sequence[Scope], metrics: Sequence[str], said: Said, refusal: bool) -> str:
    if not found:
        return f"start: refusal\n{REFUSAL}\n"
    year = "|".join(said.years) or "(19|20)[0-9][0-9]"
    clock = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
    rules = [
        f"start: {'refusal | ' if refusal else ''}query",
        *([REFUSAL] if refusal else []),
        "query: " + " | ".join([*(f"{form}{s.name}" for s in found for form in "rags" if form not in "gs" or _keys(s)), *_rarer(found), "sets"]),
        *scoped_forms.sets(_by_kind(found)),
        scoped_forms.BAND,
        f"NUMBER: {any_of(['0', *said.numbers])}",
        f"ID: {any_of(said.numbers)}",
        f"TOP: {any_of(['1', *(n for n in said.numbers if n.isdigit() and n != '0')])}",
        f"YEAR: {any_of(said.years)}",
        f"MONTH: {any_of(said.months)}",
        f"QUARTER: {any_of(said.quarters)}",
        f"DATE: /'({year})-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])( {clock})?'/" if said.dates else "DATE:",
        f"WORD: {any_of(_literal(w) for w in said.words)}",
        f"LIKE: {any_of(form for w in (*said.words, *said.parts) for form in _likes(w))}",
    ]
    for scope in found:
        rules += _scope_rules(scope, found, metrics)
    rules += _elsewhere_rules(found)
    return "\n".join(defined(rules)) + "\n"


def _keys(scope: Scope) -> list[str]:
    """What rows may be grouped by, as Lark: anything but numbers that are added up."""
    dates = scope.some(*MOMENTS)
    return [
        *(lexeme(r.text) for r in scope.refs if not r.seen.measure),
        *(f'{lexeme(part)} {d} ")"' for part in PARTS for d in dates),
    ]


def _scope_rules(scope: Scope, scopes: Sequence[Scope], metrics: Sequence[str]) -> Iterator[str]:
    """The rules of one scope: r rows, a aggregates, g groups; f FROM, w WHERE, c condition, t test, o one value of a row,
    e aggregate, x arithmetic with aggregates, b aggregates of any type; V any column, M measures, D dates, each one lexeme so that the parser's rows
    stay short."""
    s, S = scope.name, scope.name.upper()  # terminals are upper case in Lark
    wholes, inner = _metrics(scope, metrics)
    yield f"f{s}: {' | '.join(scope.chains)}"
    yield f'w{s}: " WHERE " c{s}'
    yield f'c{s}: t{s} | c{s} (" AND " | " OR ") t{s}'
    yield f"V{S}: {' | '.join(lexeme(r.text) for r in scope.refs)}"
    yield f"M{S}: {' | '.join(lexeme(r.text) for r in scope.refs if r.seen.measure)}"
    yield f"D{S}: {' | '.join(scope.some(*MOMENTS))}"
    yield f"i{s}: {' | '.join([*inner, *_spans(scope)])}"
    yield f'n{s}: M{S} (" * " | " - " | " + " | " / ") M{S} | i{s}'
    yield f'k{s}: ("YEAR(" | "MONTH(" | "QUARTER(") D{S} ")"'
    yield f"o{s}: V{S} | k{s} | n{s}"
    yield f"u{s}: V{S} | k{s}"
    yield f'l{s}: " LIMIT " TOP (" OFFSET " TOP)?'
    yield from scoped_forms.windows(s, S)
    yield f'q{s}: " QUALIFY RANK() OVER (PARTITION BY " u{s} (", " u{s})* " ORDER BY " o{s} " DESC"? ")" (" <= " | " = ") TOP'
    yield (
        f'r{s}: "SELECT " "DISTINCT "? o{s} (", " o{s})* (", " v{s})? " FROM " f{s} w{s}? q{s}?'
        f' (" ORDER BY " o{s} " DESC"? (", " V{S} " DESC"?)? l{s}?)?'
    )
    # aggregates
    yield (
        f'e{s}: "COUNT(*)" | "COUNT(" V{S} ")" | "COUNT(DISTINCT " V{S} ")" | "COUNT(*)" " FILTER (WHERE " c{s} ")" | {AGGREGATES} n{s} ")"'
        f' | {AGGREGATES} M{S} ")"'
        f' | "SUM(" "CASE WHEN " c{s} " THEN " (M{S} | n{s} | "1") (" ELSE " "0")? " END" ")"'
        f' | "SUM(" "CASE WHEN " c{s} " THEN " "1" (" ELSE " "0")? " END" ")"' + "".join(f" | {whole}" for whole in wholes)
    )
    yield f'ra{s}: e{s} | "(" e{s} ")"'
    yield (
        f'x{s}: e{s} | "100.0" " * " e{s} " / " e{s} | e{s} (" / " | " - ") e{s}'
        f' | "100.0" " * " "(" e{s} " / " e{s} " - " "1" ")"'
    )
    yield f'b{s}: x{s} | ("MIN(" | "MAX(") D{S} ")"'
    yield f"K{S}: {' | '.join(dict.fromkeys(lexeme(r.text) for r in scope.refs if r.seen.root))}"
    yield (
        f'a{s}: "SELECT " b{s} (", " b{s})* " FROM " f{s} w{s}?'
        f' | "SELECT " {AGGREGATES} "n" ")" " FROM " "(SELECT " e{s} " AS n" " FROM " f{s} w{s}? " GROUP BY " K{S} ")" " AS q"'
    )
    yield from scoped_forms.bands(s)
    # a rule that cannot match takes with it what uses it: no keys, no mention of them
    beside = f'(K{S} ", ")?' if any(r.seen.root for r in scope.refs) else ""
    yield from scoped_forms.steps(s, _keys(scope), beside)
    for parent, child, on, near in scope.pair[:1]:
        named = [lexeme(r.text) for r in scope.refs if lexeme(r.table) == parent and (r.seen.kind == "text" or r.seen.root)]
        yield from scoped_forms.outer(s, parent, child, on, near, named, beside)
    if len(scope.tables) == 1 and not scope.twice:
        yield from _inside_group(scope)
    # groups: SELECT and GROUP BY name the same, but for a key beside a name that is not unique
    keys = _keys(scope)
    tables = {lexeme(r.text): r.table for r in scope.refs}
    yield f"g{s}: {' | '.join(f'g{s}x{i}' for i in range(len(keys)))}" + (f" | p{s}" if len(scope.refs) > 1 else "")
    for i, key in enumerate(keys):
        # rows with one name are told apart by their key
        own = " | ".join(lexeme(r.text) for r in scope.refs if r.seen.root and r.table == tables.get(key) and lexeme(r.text) != key)
        row = f'(({own}) ", ")? ' if own else ""
        yield (
            f'g{s}x{i}: "SELECT " {key} (", " h{s}x{i})* " FROM " f{s} w{s}? " GROUP BY " {row}{key} y{s}?'
            f' (" ORDER BY " (b{s} | {key}) " DESC"? (", " {key})? l{s}?)?'
        )
        yield (
            f'h{s}x{i}: b{s} | "100.0" " * " e{s} " / " "SUM(" e{s} ")" " OVER ()"'
            f' | "RANK()" " OVER (ORDER BY " e{s} " DESC"? ")"'
            f' | "100.0" " * " "(" ra{s} " / " "LAG(" ra{s} ")" " OVER (ORDER BY " {key} ")" " - " "1" ")"'
            f' | x{s} " - " "LAG(" x{s} ")" " OVER (ORDER BY " {key} ")" | "SUM(" e{s} ")" " OVER (ORDER BY " {key} ")"'
        )
    yield (
        f'p{s}: "SELECT " u{s} (", " u{s})+ (", " b{s})* " FROM " f{s} w{s}? " GROUP BY " u{s} (", " u{s})+ y{s}?'
        f' (" QUALIFY RANK() OVER (PARTITION BY " u{s} (", " u{s})* " ORDER BY " e{s} " DESC"? ")" " = " TOP)?'
        f' (" ORDER BY " (b{s} | u{s}) " DESC"? l{s}?)?'
    )
    yield f'y{s}: " HAVING " x{s} {COMPARE} NUMBER (" AND " x{s} {COMPARE} NUMBER)?'
    yield f"t{s}: {' | '.join(_tests(scope, scopes))}"


def _by_kind(scopes: Sequence[Scope]) -> dict[str, dict[str, str]]:
    """The columns of each kind in each scope, as Lark."""
    found: dict[str, dict[str, str]] = {}
    for kind in ("text", "number", "date"):
        some = {s.name: " | ".join(s.some(kind)) for s in scopes if not s.twice and s.some(kind)}
        found |= {kind: some} if some else {}
    return found


def _rarer(scopes: Sequence[Scope]) -> Iterator[str]:
    """The forms that only some scopes have."""
    for scope in scopes:
        yield f"gz{scope.name}"
        if scope.pair:
            yield f"j{scope.name}"
        if len(scope.tables) == 1 and not scope.twice and any(r.seen.measure for r in scope.refs) and scope.some("text"):
            yield f"kc{scope.name}"


def _inside_group(scope: Scope) -> Iterator[str]:
    """A table's rows against a figure over the rows of their group."""

    name = scope.chains[0]
    own = next(iter(scope.tables))
    measures = [(lexeme(r.text), lexeme(f"{own}.{r.text}")) for r in scope.refs if r.seen.measure]
    groups = [(lexeme(f"{own}.{r.text}"), lexeme(f"t1.{r.text}")) for r in scope.refs if r.seen.kind == "text"]
    if measures and groups:
        yield from scoped_forms.inside_group(scope.name, name, measures, groups)


def _spans(scope: Scope) -> Iterator[str]:
    """Days between two dates of one table: dates subtract, times need a function."""
    dates = [r for r in scope.refs if r.seen.kind in MOMENTS]
    for one, other in itertools.permutations(dates, 2):
        if one.table == other.table:
            if one.seen.kind == other.seen.kind == "date":
                yield f"{lexeme(one.text)} {lexeme(' - ')} {lexeme(other.text)}"
            day = lexeme("DATE_DIFF('day', ")
            yield f"{day} {lexeme(one.text)} {lexeme(', ')} {lexeme(other.text)} {lexeme(')')}"


def _tests(scope: Scope, scopes: Sequence[Scope]) -> Iterator[str]:
    s, S = scope.name, scope.name.upper()  # terminals are upper case in Lark
    yield f'"(" t{s} (" OR " t{s})+ ")"'
    yield f'M{S} ({COMPARE} (NUMBER | M{S}) | " BETWEEN " NUMBER " AND " NUMBER | " IN (" NUMBER (", " NUMBER)* ")")'
    if ids := " | ".join(lexeme(r.text) for r in scope.refs if r.seen.kind == "number" and not r.seen.measure):
        yield f'({ids}) ((" = " | " <> ") ID | " IN (" ID (", " ID)* ")")'
    for ref in scope.refs:
        if ref.seen.kind == "text":
            if one := " | ".join(lexeme(_literal(t)) for t in ref.seen.texts):
                yield f'{lexeme(ref.text)} ((" = " | " <> ") ({one}) | (" IN (" | " NOT IN (") ({one}) (", " ({one}))* ")")'
            if ref.seen.free:
                yield f'{lexeme(ref.text)} ((" = " | " <> ") WORD | (" IN (" | " NOT IN (") WORD (", " WORD)* ")")'
            yield f'{lexeme(ref.text)} (" LIKE " | " NOT LIKE " | " ILIKE " | " NOT ILIKE ") LIKE'
    if flags := " | ".join(scope.some("bool")):
        yield f'"NOT "? ({flags})'
    if nullable := " | ".join(lexeme(r.text) for r in scope.refs if r.seen.nullable):
        yield f'({nullable}) (" IS NULL" | " IS NOT NULL")'
    if scope.twice:  # the same as, or other than, in the row above
        for row, above in itertools.combinations(scope.refs, 2):
            if row.seen.name == above.seen.name and row.seen.kind == "text":
                yield f'{lexeme(row.text)} (" = " | " <> ") {lexeme(above.text)}'
    yield f'D{S} {COMPARE} D{S}'
    yield f'D{S} ({COMPARE} DATE | " BETWEEN " DATE " AND " DATE)'
    for part, what in PARTS.items():
        yield f'{lexeme(part)} D{S} ")" ({COMPARE} {what} | " BETWEEN " {what} " AND " {what} | " IN (" {what} (", " {what})* ")")'
    yield f"i{s} {COMPARE} NUMBER"
    # one value from another query over the same column
    for other in scopes:
        if len(other.tables) == 1 and not other.twice and other.tables <= scope.tables:
            u = other.name
            for ref in other.refs:
                if ref.seen.measure or ref.seen.kind in MOMENTS:
                    here = [r.text for r in scope.refs if r.seen.name == ref.seen.name and (r.table in other.tables or scope.twice)]
                    col = lexeme(ref.text)
                    for text in here:
                        yield (
                            f'{lexeme(text)} {COMPARE} "(SELECT " (("AVG(" | "MAX(" | "MIN(" | "MEDIAN(") {col} ")" " FROM " f{u} w{u}? ")"'
                            f' | {col} " FROM " f{u} w{u} ")")'
                        )
    # keys of rows elsewhere
    for ref in () if scope.twice else scope.refs:
        if ref.seen.root:
            yield f'{lexeme(ref.text)} (" IN (" | " NOT IN (") "SELECT " {_elsewhere(ref)} ")"'


def _elsewhere(ref: Ref) -> str:
    """The rule of keys that stand for the same row as a column, read from other columns."""
    return "j_" + re.sub("[^a-z0-9_]", lambda m: f"_{ord(m[0]):x}_", f"{ref.table}.{ref.seen.name}")


def _elsewhere_rules(scopes: Sequence[Scope]) -> Iterator[str]:
    rows = [(s, ref) for s in scopes if not s.twice for ref in s.refs if ref.seen.root]
    for scope, ref in rows:
        yield (
            f'{_elsewhere(ref)}{scope.name}: {lexeme(ref.text)} " FROM " f{scope.name} w{scope.name}?'
            f' (" GROUP BY " {lexeme(ref.text)} y{scope.name})?'
        )
    places = {(ref.table, ref.seen.name): ref for _, ref in rows}
    for ref in places.values():
        others = (
            f"{_elsewhere(far)}{scope.name}"
            for scope, far in rows
            if far.seen.root == ref.seen.root and (far.table, far.seen.name) != (ref.table, ref.seen.name)
        )
        yield f"{_elsewhere(ref)}: {' | '.join(others)}"


def _metrics(scope: Scope, metrics: Sequence[str]) -> tuple[list[str], list[str]]:
    """The metrics that a scope can compute, and what stands inside their aggregates, as Lark."""
    wholes: list[str] = []
    inner: list[str] = []
    for sql in metrics:
        tables = {place[1] for place in _PLACE.finditer(sql)}
        if scope.twice or not tables or not tables <= scope.tables:
            continue
        text = re.sub(rf"(?<![\w\".]){re.escape(next(iter(tables)))}\.", "", sql) if len(scope.tables) == 1 else sql
        if "".join(_TOKEN.findall(text)) != text:
            continue
        wholes.append(" ".join(map(lexeme, _TOKEN.findall(text))))
        for start in (m.end() for m in _AGGREGATE.finditer(text)):
            part = text[start : _closing(text, start)]
            if (part and "(" in part) or part.count(" * ") > 1:
                inner.append(" ".join(map(lexeme, _TOKEN.findall(part))))
    return list(dict.fromkeys(wholes)), list(dict.fromkeys(inner))


def _closing(text: str, start: int) -> int:
    depth = 1
    for i in range(start, len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if not depth:
            return i
    return len(text)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _likes(text: str) -> Iterator[str]:
    for form in (f"%{text}%", f"{text}%", f"%{text}"):
        yield _literal(form)
