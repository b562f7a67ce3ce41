"""Values that a text column may hold by its name, for databases of which there is only DDL: cities where it says city."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from sqlkit.schema.types import Schema
from sqlkit.schema.words import words

_FIRST = "Anna Ben Carla David Elena Felix Grace Hugo Ines Jakob Karin Leo Maria Nils Olga Paul Rosa Samuel Tina Viktor".split()
_LAST = "Adams Bauer Costa Dubois Eriksen Fischer Garcia Hughes Ivanov Jensen Keller Lopez Moreau Novak Olsen Petrov Rossi Silva Thomas Weber".split()
_CITIES = "Berlin Bordeaux Boston Chicago Denver Dublin Geneva Hamburg Kyoto Leeds Lisbon Lyon Madrid Milan Oslo Porto Prague Rome Toronto Vienna".split()
_COUNTRIES = "Austria Brazil Canada China Denmark France Germany India Ireland Italy Japan Mexico Norway Poland Portugal Spain Sweden Switzerland Turkey USA".split()
_THINGS = "Anchor Basket Beacon Bridge Cedar Comet Delta Ember Falcon Garnet Harbor Indigo Jasper Lantern Maple Nova Orbit Pine Quartz Summit".split()
_STREETS = "Station Road|Main Street|Park Lane|Mill Road|High Street|Church Street|King Street|Lake Avenue|Hill Road|Garden Way".split("|")

# the last word of a name that is here decides; the first entry that has it
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("mail email", tuple(f"{a}.{b}@example.com".lower() for a, b in zip(_FIRST, _LAST, strict=True))),
    ("city town place", tuple(_CITIES)),
    ("country nation", tuple(_COUNTRIES)),
    ("firstname forename", tuple(_FIRST)),
    ("lastname surname", tuple(_LAST)),
    ("phone fax mobile tel", tuple(f"+1 555 01{n:02d}" for n in range(20))),
    ("street address", tuple(f"{n * 3 + 1} {_STREETS[n % 10]}" for n in range(20))),
    ("zip postcode postalcode", tuple(str(10115 + 791 * n) for n in range(20))),
    ("status state", ("open", "closed", "pending", "cancelled", "active", "on hold")),
    ("type kind category class segment group level tier", ("standard", "premium", "basic", "special", "internal")),
    ("gender sex", ("F", "M")),
    ("currency", ("EUR", "USD", "GBP", "CHF")),
    ("language lang", ("English", "French", "German", "Spanish", "Italian")),
    ("color colour", ("red", "blue", "green", "black", "white", "grey")),
    ("department dept division team", ("Sales", "Finance", "Research", "Support", "Logistics", "Marketing")),
    ("job position role", ("clerk", "manager", "analyst", "engineer", "assistant", "director")),
    ("code sku nr number no", tuple(f"{'ABCDE'[n % 5]}-{100 + 7 * n}" for n in range(20))),
    ("unit", ("kg", "piece", "litre", "box", "hour")),
    ("url website", tuple(f"https://example.com/{t.lower()}" for t in _THINGS)),
    ("description comment note remark text", tuple(f"{t.lower()} as agreed" for t in _THINGS)),
)  # fmt: skip
_PERSONS = set("person people customer client employee emp staff patient doctor physician student teacher author actor driver user member contact manager guest passenger pilot nurse artist".split())


def plausible(schema: Schema, seed: int = 0) -> Mapping[tuple[str, str], list[str]]:
    """Values by (table, column) in lower case, for the text columns whose name says what they hold."""
    found = {}
    for table, column in schema.columns():
        if column.kind != "text" or column.type.upper().startswith(("UUID", "ENUM")):
            continue
        values = _values(words(column.name), set(words(table.name)))
        if values:
            chosen = list(values)
            random.Random(f"{seed} {table.name}.{column.name}").shuffle(chosen)
            limit = re.search(r"\((\d+)\)", column.type)
            found[table.name.lower(), column.name.lower()] = [v[: int(limit[1])] for v in chosen] if limit else chosen
    return found


def _values(name: list[str], table: set[str]) -> tuple[str, ...]:
    joined = "".join(name)
    for word in [joined, *reversed(name)]:
        for known, values in _KINDS:
            if word in known.split():
                return values
    if name and name[-1] in {"name", "nm", "title", "label"}:
        about = {w.rstrip("s") for w in {*name, *table}}
        if "first" in about:
            return tuple(_FIRST)
        if "last" in about or "family" in about:
            return tuple(_LAST)
        if about & _PERSONS:
            return tuple(f"{a} {b}" for a, b in zip(_FIRST, _LAST, strict=True))
        return tuple(f"{t} {w}" for t, w in zip(_THINGS, ("Works", "House", "Line", "One") * 5, strict=True))
    return ()
