"""Rows of the embedded company, made from a seed: `python data/retail/generate.py retail.duckdb`.

The business of 2022-01-01 to 2025-06-30 as a retailer would see it: few customers and products make most of the sales,
sales grow and peak before Christmas, some things are missing (NULL), some tie, and some groups are empty (customers
without orders, products never sold, categories without products), so that wrong SQL gives wrong answers.
Only `random.Random` and exact arithmetic (money is in cents), no logarithms: every machine makes the same rows.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

FIRST, LAST = dt.date(2022, 1, 1), dt.date(2025, 6, 30)
CUSTOMERS, FIRMS, EMPLOYEES, PRODUCTS, ORDERS = 3200, 900, 120, 420, 22_000
SALARIES = {"MGR": (68, 96), "REP": (38, 64), "PKR": (26, 36), "CLK": (30, 42), "DRV": (28, 38)}  # thousand EUR a year
Row = tuple[Any, ...]

TYPES = {
    "INTEGER": pa.int32(), "SMALLINT": pa.int16(), "VARCHAR": pa.string(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"), **{f"DECIMAL({width},2)": pa.decimal128(width, 2) for width in (3, 8, 10)},
}  # fmt: skip
DDL = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
WORDS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))
CITIES: dict[str, list[Any]] = WORDS["cities"]


def day(rng: random.Random, first: dt.date, last: dt.date) -> dt.date:
    """A uniform day, both ends included."""
    return first + dt.timedelta(days=rng.randrange((last - first).days + 1))


def moment(rng: random.Random, date: dt.date) -> dt.datetime:
    """A second between 7:00 and 21:00 of `date`."""
    return dt.datetime.combine(date, dt.time(7)) + dt.timedelta(seconds=rng.randrange(14 * 3600))


def maybe(rng: random.Random, chance: float, value: Any) -> Any:
    """`value` with this chance, else None."""
    return value if rng.random() < chance else None


def place(rng: random.Random) -> tuple[str, str]:
    """A city and its country; some countries are far more likely."""
    country = rng.choices(list(CITIES), [share for share, *_ in CITIES.values()])[0]
    return rng.choice(CITIES[country][1:]), country


def full_names(firsts: str, lasts: str) -> list[str]:
    return [f"{first} {last}" for first in WORDS[firsts].split() for last in WORDS[lasts].split()]


def suppliers(rng: random.Random) -> list[Row]:
    ratings, lead_days = (2, 3, 3, 4, 4, 5), (3, 5, 7, 7, 10, 14, 21, 30)
    return [
        (n, name, *place(rng), maybe(rng, 0.8, rng.choice(ratings)), rng.choice(lead_days))
        for n, name in enumerate(WORDS["suppliers"], 1)
    ]


def products(rng: random.Random) -> list[Row]:
    names: list[Row] = []
    for category, (_, _, nouns, euro) in enumerate(WORDS["categories"], 1):
        for noun in filter(None, nouns.split("|")):
            names += [(f"{style} {noun}", category, euro) for style in WORDS["styles"].split()]
    rows: list[Row] = []
    for n, (name, category, euro) in enumerate(rng.sample(names, PRODUCTS), 1):
        price = int(euro * (0.4 + 2.2 * rng.random() * rng.random() + 0.4 * rng.random())) * 100
        price += rng.choice((0, 50, 90, 95, 99))
        cost = price * rng.randrange(42, 80) // 100
        weight = maybe(rng, 0.92, price // 60 + rng.randrange(5, 400))
        launch = day(rng, dt.date(2018, 1, 1), FIRST) if rng.random() < 0.7 else day(rng, FIRST, LAST)
        end = maybe(rng, 0.12, day(rng, max(launch, FIRST), LAST))
        removed = maybe(rng, 0.45 if end else 0.01, moment(rng, day(rng, end or launch, LAST)))
        supplier = maybe(rng, 0.95, rng.randrange(1, len(WORDS["suppliers"]) - 1))  # the last two supply nothing
        rows.append((n, name, category, supplier, price, cost, weight, launch, end, removed))
    return rows


def stock(rng: random.Random, prds: list[Row]) -> list[Row]:
    rows: list[Row] = []
    gone, unstocked = rng.sample(range(1, PRODUCTS + 1), 14), rng.sample(range(1, PRODUCTS + 1), 12)
    for house in range(1, len(WORDS["warehouses"])):
        for product in (p[0] for p in prds if p[0] not in unstocked and rng.random() < 0.78):
            on_hand = 0 if product in gone or rng.random() < 0.07 else int(2 + 240 * rng.random() * rng.random())
            reserved = on_hand + 3 if rng.random() < 0.01 else int(on_hand * 0.5 * rng.random() * rng.random())
            reorder = maybe(rng, 0.85, rng.choice((5, 10, 10, 20, 20, 25, 50)))
            counted = maybe(rng, 0.9, day(rng, dt.date(2024, 7, 1), LAST))
            rows.append((house, product, on_hand, reserved, reorder, counted))
    return rows


def employees(rng: random.Random) -> list[Row]:
    """One director; a manager per warehouse and four of sales; the rest below them."""
    names = rng.sample(full_names("given", "family"), EMPLOYEES)
    rows: list[Row] = [(1, names[0], "DIR", None, None, dt.date(2012, 4, 1), None, 14_500_000)]
    for n in range(2, EMPLOYEES + 1):
        job = "MGR" if n <= 12 else rng.choices(("REP", "PKR", "CLK", "DRV"), (34, 48, 16, 10))[0]
        house = n - 1 if n <= 8 else rng.randrange(1, 8) if job in ("PKR", "DRV") else None
        boss = 1 if job == "MGR" else house + 1 if house else rng.choice((9, 10, 11, 12, 12))
        salary = rng.randrange(*SALARIES[job]) * 100_000
        early = n <= 12 or rng.random() < 0.6
        hired = day(rng, dt.date(2014, 1, 1), dt.date(2021, 12, 31)) if early else day(rng, FIRST, LAST)
        left = maybe(rng, 0.14, day(rng, max(hired, FIRST), LAST)) if n > 12 else None
        rows.append((n, names[n - 1], job, boss, house, hired, left, maybe(rng, 0.94, salary)))
    return rows


def customers(rng: random.Random, staff: list[Row]) -> list[Row]:
    firms = rng.sample(full_names("firm_first", "firm_second"), FIRMS)
    people = rng.sample(full_names("given", "family"), CUSTOMERS - FIRMS)
    for n in rng.sample(range(100, len(people)), 30):
        people[n] = people[n - 100]  # names are not unique
    names = [(name, "B") for name in firms] + [(name, "P") for name in people]
    rng.shuffle(names)
    reps = [e[0] for e in staff if e[2] == "REP" and e[6] is None]
    rows: list[Row] = []
    for n, (name, kind) in enumerate(names, 1):
        registered = day(rng, dt.date(2019, 3, 1), FIRST) if n % 2 or n < 60 else day(rng, FIRST, LAST)
        tier = maybe(rng, 0.9, rng.choices("GSB", (8, 27, 65) if kind == "P" else (20, 35, 45))[0])
        user = name.lower().replace(" ", "." if kind == "P" else "").replace("'", "")
        mail = f"{user}{n}@example.com" if kind == "P" else f"info@{user}.example"
        limit = maybe(rng, 0.85 if kind == "B" else 0, rng.choice((1000, 2500, 5000, 5000, 10000, 20000, 50000)) * 100)
        keeper = maybe(rng, 0.6 if kind == "B" else 0, rng.choice(reps))  # account manager
        closed = maybe(rng, 0.07, moment(rng, day(rng, max(registered, FIRST), LAST)))
        mail, news = maybe(rng, 0.91, mail), rng.random() < 0.38
        rows.append((n, name, kind, tier, mail, *place(rng), registered, limit, news, keeper, closed))
    return rows


def order_days(rng: random.Random) -> list[dt.date]:
    season = (8, 7, 8, 8, 9, 8, 7, 7, 9, 10, 15, 16)
    days = [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    weights = [season[d.month - 1] * (d.year - 2017) * (3 if d.weekday() == 6 else 5) for d in days]
    return sorted(rng.choices(days, weights, k=ORDERS))


class Shop:
    """Places the orders: rows of ord, ord_ln, ord_promo, pmt and ret."""

    def __init__(self, rng: random.Random, custs: list[Row], prds: list[Row], reps: list[Row], promos: list[Row]):
        self.rng, self.reps, self.promos = rng, reps, promos
        self.rows: dict[str, list[Row]] = {name: [] for name in ("ord", "ord_ln", "ord_promo", "pmt", "ret")}
        # One over the rank: a few customers and products make most of the sales, the last ones none at all.
        who, what = rng.sample(range(len(custs)), len(custs)), rng.sample(range(len(prds)), len(prds))
        buys = [(3 if c[2] == "B" else 1) / (r + 60) for r, c in zip(who, custs, strict=True)]
        buys = [0 if r * 8 > len(custs) * 7 else weight for r, weight in zip(who, buys, strict=True)]
        sells = [0 if r >= len(prds) - 18 else 1 / (r + 25) for r in what]
        self.some_customers = iter(rng.choices(custs, buys, k=ORDERS * 4))
        self.some_products = iter(rng.choices(prds, sells, k=ORDERS * 6))
        self.return_chance = [rng.choice((0.02, 0.04, 0.05, 0.07, 0.14)) for _ in prds]

    def place(self, date: dt.date) -> None:
        rng, number = self.rng, 100_001 + len(self.rows["ord"])
        cust = next(c for c in self.some_customers if c[7] <= date and (c[11] is None or c[11].date() > date))
        firm = cust[2] == "B"
        channel = rng.choices("WSPM", (45, 15, 34, 6) if firm else (62, 24, 4, 10))[0]
        at_work = [e[0] for e in self.reps if e[5] <= date and (e[6] is None or e[6] > date)]
        rep = maybe(rng, 0.93, rng.choice(at_work)) if channel in "SP" else None
        house = rng.choice(WORDS["nearest"][cust[6]]) if rng.random() < 0.82 else rng.randrange(1, 8)
        promised = date + dt.timedelta(days=rng.choice((2, 3, 3, 3, 5, 7)))
        busy = 1 if date.month in (11, 12) else 0
        took = rng.choices((0, 1, 2, 3, 4, 6, 9, 15), (14, 26, 24, 14, 8, 6 + 5 * busy, 3 + 4 * busy, 1 + busy))[0]
        leaves = date + dt.timedelta(days=took)
        shipped = None
        if rng.random() < 0.06:
            status = "X"
        elif leaves > LAST or rng.random() < 0.003:
            status = rng.choice("NNPPH") if leaves > LAST else "H"
        else:
            shipped = leaves
            status = "S" if leaves + dt.timedelta(days=rng.randrange(1, 9)) > LAST else "D"
        total = self.lines(number, date, firm, status, shipped)
        freight = 0 if total > 15_000 or channel == "S" else rng.choice((490, 490, 490, 690, 990))
        self.rows["ord"].append((number, cust[0], rep, house, channel, status, date, promised, shipped, freight))
        total += freight - self.promotions(number, date, total, freight)
        self.pay(number, date, firm, status, total)

    def lines(self, number: int, date: dt.date, firm: bool, status: str, shipped: dt.date | None) -> int:
        rng, total = self.rng, 0
        seen: set[int] = set()
        for line in range(1, rng.choices((1, 2, 3, 4, 5, 7), (30, 30, 19, 11, 7, 3))[0] + 1):
            on_sale = (p for p in self.some_products if p[7] <= date and (p[8] is None or p[8] > date))
            p = next(p for p in on_sale if p[0] not in seen)
            seen.add(p[0])
            most = 24 if firm else 6
            qty = 1 + int(most * rng.random() * rng.random() * rng.random())
            price = p[4] * (88 + 4 * (date.year - 2022)) // 100 if date.year < 2025 else p[4]
            rate = rng.choices((0, 5, 10, 15, 20, 30), (52, 14, 17, 8, 7, 2) if firm else (78, 6, 9, 3, 3, 1))[0]
            self.rows["ord_ln"].append((number, line, p[0], qty, price, rate))
            total += qty * price * (100 - rate) // 100
            if shipped and status == "D" and rng.random() < self.return_chance[p[0] - 1]:
                self.send_back(number, line, qty, price * (100 - rate) // 100, shipped)
        return total

    def send_back(self, number: int, line: int, qty: int, net: int, shipped: dt.date) -> None:
        rng, left = self.rng, qty
        while left and (left == qty or rng.random() < 0.2):  # now and then the rest of a line comes later
            date = shipped + dt.timedelta(days=rng.choice((3, 5, 7, 8, 10, 14, 14, 21, 30)))
            if date > LAST:
                return
            part = left if rng.random() < 0.7 else rng.randrange(1, left + 1)
            left -= part
            reason = maybe(rng, 0.93, rng.choices(("DMG", "WRG", "CHG", "LTE", "OTH"), (26, 16, 38, 9, 11))[0])
            paid_back = maybe(rng, 0.25 if date > dt.date(2025, 6, 10) else 0.93, net * part)
            self.rows["ret"].append((len(self.rows["ret"]) + 1, number, line, part, reason, date, paid_back))

    def promotions(self, number: int, date: dt.date, total: int, freight: int) -> int:
        rng, off = self.rng, 0
        for promo, name, kind, begin, end, least in self.promos:
            fits = begin <= date <= (end or LAST) and total >= (least or 0) and name != WORDS["unused_promo"]
            if fits and rng.random() < (0.04 if end is None else 0.45):
                percent, fixed = rng.choice((5, 10, 10, 20)), rng.choice((500, 1000, 1000, 2500))
                cut = min({"PCT": total * percent // 100, "AMT": fixed, "SHP": freight}[kind], total // 3)
                off += cut
                self.rows["ord_promo"].append((number, promo, cut))
        return off

    def pay(self, number: int, date: dt.date, firm: bool, status: str, total: int) -> None:
        """Payments in one or two parts; sometimes a failed attempt first, the only trace a cancelled order leaves."""
        rng = self.rng
        method = rng.choices(("CC", "PP", "DD", "BT", "GC"), (20, 8, 22, 50, 0) if firm else (48, 30, 10, 6, 6))[0]
        parts = [total] if rng.random() < 0.94 else [total // 2, total - total // 2]
        if rng.random() < (0.2 if status == "X" else 0.04):
            self.rows["pmt"].append((len(self.rows["pmt"]) + 1, number, method, "F", parts[0], moment(rng, date)))
        for n, amount in enumerate(parts if status != "X" else []):
            due = date + dt.timedelta(days=rng.choice((7, 14, 14, 21, 30, 45)) if method == "BT" else 30 * n)
            is_open = due > LAST or rng.random() < 0.008
            when = None if is_open else moment(rng, due)
            self.rows["pmt"].append((len(self.rows["pmt"]) + 1, number, method, "O" if is_open else "C", amount, when))


def etl_runs(rng: random.Random) -> list[Row]:
    rows: list[Row] = []
    for n in range(540):
        for name in ("cust", "ord", "ord_ln", "pmt", "stk"):
            begin = dt.datetime(2024, 1, 6, 2, rng.randrange(50)) + dt.timedelta(days=n)
            good = rng.random() < 0.97
            end = maybe(rng, good, begin + dt.timedelta(seconds=rng.randrange(3, 400)))
            rows.append((len(rows) + 1, name, begin, end, good * rng.randrange(20, 900), "OK" if good else "ERR"))
    return rows


def as_table(columns: list[tuple[str, str]], rows: list[Row]) -> pa.Table:
    """Rows to Arrow, typed as in the DDL; decimal columns hold hundredths until here."""
    arrays = []
    for (_, kind), values in zip(columns, zip(*rows, strict=True), strict=True):
        if kind.startswith("DECIMAL"):
            values = tuple(None if value is None else Decimal(value).scaleb(-2) for value in values)
        arrays.append(pa.array(values, TYPES[kind]))
    return pa.table(arrays, names=[name for name, _ in columns])


def tables(seed: int = 7) -> dict[str, pa.Table]:
    """Every table, parents before children; the same seed gives the same rows."""
    rng = random.Random(seed)
    staff, promos = employees(rng), [(n, *promo) for n, promo in enumerate(WORDS["promos"], 1)]
    prds, custs = products(rng), customers(rng, staff)
    reps = [e for e in staff if e[2] == "REP"]
    shop = Shop(rng, custs, prds, reps[:-3], promos)  # the last three have sold nothing yet
    for date in order_days(rng):
        shop.place(date)
    tree = [(n, name, parent) for n, (name, parent, *_) in enumerate(WORDS["categories"], 1)]
    rows: dict[str, list[Row]] = {"prd_ctg": tree, "sup": suppliers(rng), "prd": prds, "stk": stock(rng, prds)}
    rows |= {"wh": [(n, *house) for n, house in enumerate(WORDS["warehouses"], 1)], "emp": staff, "cust": custs}
    rows |= {"promo": promos, **shop.rows, "etl_log": etl_runs(rng)}
    made = {}
    for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\);", DDL, re.DOTALL):
        made[name] = as_table(re.findall(r"^  ([a-z]\w*) ([A-Z]+(?:\(\d+,2\))?)", body, re.MULTILINE), rows[name])
    return made


def main(path: str) -> None:
    """Write a DuckDB file with every table and constraint; it appears under its name only when it is whole."""
    import duckdb

    part = Path(path).with_name(Path(path).name + ".part")
    part.unlink(missing_ok=True)
    with duckdb.connect(str(part)) as db:
        db.execute(DDL)
        for name, table in tables().items():
            # DuckDB checks a self-reference against earlier statements only: those two tables go in row by row.
            step = 1 if name in ("prd_ctg", "emp") else table.num_rows
            for start in range(0, table.num_rows, step):
                db.register("arrow_rows", table.slice(start, step))
                db.execute(f"INSERT INTO {name} SELECT * FROM arrow_rows")
    part.replace(path)


if __name__ == "__main__":
    main(sys.argv[1])
