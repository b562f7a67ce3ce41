"""Columns that look like personal data: their values stay out of prompts and pairs unless that is allowed.

Told by the column's name, by its table's where the name alone says little, and by what its values look like. A guess on the
careful side: the glossary's `personal: true | false` for a column overrules it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable

from sqlkit.schema.glossary import Glossary
from sqlkit.schema.types import Column, Schema, Table
from sqlkit.schema.values import Profile
from sqlkit.schema.words import words

_SHARE = 0.5  # of the values seen that must look like it
_NAMES: tuple[tuple[str, str], ...] = (  # the first that is found in the words of a column, joined by spaces, tells what it is
    ("e-mail", r"e ?mails?( addr(ess)?)?|mail( addr(ess)?)?|eml"),
    ("phone", r"((tele)?phones?|tel|mobile|cell ?phone|fax)( (no|nr|num|number))?|msisdn|whatsapp"),
    ("name of a person", r"(first|last|middle|full|given|family|maiden|birth|user|login|nick|sur|f|l) ?n(a)?me?s?|surname|forename|username|initials|nachname|vorname"),
    ("date of birth", r"dob|birth( ?(date|day|dt))?|birthdate|birthday|date of birth|born( (on|at|date))?"),
    ("address", r"(street|postal|home|mailing|billing|shipping|delivery)? ?addr(ess)?( ?(line)? ?\d)?|street( (name|no|number))?|house (no|number|nr)"),
    ("number of a person", r"ssn|social security( (no|number|nr))?|passport( (no|number|nr))?|national id|nino|tin|vat id|tax (id|no|number)|personal (id|no|number|code)|id card"
     r"|driver s? ?licen[cs]e( (no|number))?|licen[cs]e (no|number)|insurance (no|number)|nhs (no|number)|mrn|medical record( (no|number))?"),
    ("bank account or card", r"iban|bic|bank acc(oun)?t( (no|number|nr))?|acc(oun)?t (no|number|nr)|card (no|number|num)|credit ?card( (no|number))?|cc (no|num|number)|cvv|cvc|pan"),
    ("secret", r"pass ?wo?r?d( hash)?|pwd|secret|api key|access token|token|pin( code)?|salt"),
    ("network address", r"ip( addr(ess)?)?|ipv ?[46]|mac( addr(ess)?)?|imei|device id"),
)  # fmt: skip
_COLUMNS = tuple((what, re.compile(rf"(?:.* )?(?:{pattern})")) for what, pattern in _NAMES)
_PLAIN_NAME = re.compile(r"(?:.* )?(?:name|nm|label|contact|display name)")
_NOT_A_PERSON = re.compile(r".*\b(?:file|table|column|host|server|domain|class|type|event|product|company|category|template|image|mail server|building|shop|store|department|agency)\b.*")
_COUNTS = re.compile(r".*\b(?:count|cnt|total|sum|avg|num of|is|has|flag|status|verified|valid|opt|type|kind|sent|opened|clicked|format|length|id)\b.*")
_PEOPLE = set(
    "customer cust client person people user usr employee emp staff worker patient doctor physician nurse student pupil teacher instructor professor member "
    "contact driver passenger guest visitor tenant resident citizen voter applicant candidate subscriber author player athlete agent operator owner "
    "beneficiary insured policyholder borrower lender donor attendee participant manager supervisor buyer seller cardholder holder caller kunde mitarbeiter".split()
)
_WORD = r"[^\W\d_a-z](?:[^\W\d_]|['’-])*\.?"  # of a name: a capital first
_FULL_NAME = re.compile(rf"{_WORD}(?: (?:{_WORD}|van|von|de|der|den|da|di|la|le|bin|al)){{0,3}},? {_WORD}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(?:\+|00)\d[\d ()./-]{6,18}|\(?0\d{1,4}\)?[ ./-]\d[\d ./-]{4,12}|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?: ?x\d+)?")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def personal_columns(schema: Schema, profile: Profile, glossary: Glossary | None = None) -> dict[str, str]:
    """'table.column' -> why it looks like personal data. What the glossary says of a column goes before any guess."""
    glossary = glossary or Glossary()
    found: dict[str, str] = {}
    for table, column in schema.columns():
        said = glossary.column(table.name, column.name)
        if said.personal is not None:
            why = "the glossary says so" if said.personal else ""
        else:
            values = profile.column(table.name, column.name).values
            why = by_name(table, column, glossary) or by_values(values) or _of_people(table, column, glossary, values)
        if why:
            found[f"{table.name}.{column.name}"] = why
    return found


def hidden_columns(schema: Schema, profile: Profile, glossary: Glossary) -> dict[str, str]:
    """Personal columns whose values may not be shown: all, none, or all but those that `personal_data` lists."""
    if glossary.personal_data == "shown":
        return {}
    shown = set() if glossary.personal_data == "hidden" else {name.lower() for name in glossary.personal_data}
    return {name: why for name, why in personal_columns(schema, profile, glossary).items() if name.lower() not in shown}


def by_name(table: Table, column: Column, glossary: Glossary) -> str:
    """What a column holds of a person, by its name and its glossary words; '' when they do not say."""
    if column.kind in {"bool", "other"}:
        return ""
    named = glossary.column(table.name, column.name)
    for text in (column.name, named.name):
        said = " ".join(words(text))
        if not said or (_COUNTS.fullmatch(said) and not re.search(r"national id|personal id|tax id|device id|vat id", said)):
            continue
        for what, pattern in _COLUMNS:
            if pattern.fullmatch(said) and not (what == "name of a person" and _NOT_A_PERSON.fullmatch(said)):
                return f"{what}, by its name"
        if _PLAIN_NAME.fullmatch(said) and column.kind == "text" and not _NOT_A_PERSON.fullmatch(said):
            owner = {w.removesuffix("s") for w in words(table.bare) + words(glossary.table(table.name).name)}
            of = {w.removesuffix("s") for w in said.split()[:-1]} - {"display", "short", "public"}  # department name says whose name it is
            if of & _PEOPLE or (of <= owner and owner & _PEOPLE):
                return "name of a person, by its name and its table's"
    return ""


def _of_people(table: Table, column: Column, glossary: Glossary, values: Iterable[object]) -> str:
    """A column that is called after people ('manager', 'sold by') and holds what reads like their names."""
    if column.kind != "text":
        return ""
    said = [words(text) for text in (column.name, glossary.column(table.name, column.name).name)]
    if not any(w[-1].removesuffix("s") in {*_PEOPLE, "by", "rep"} for w in said if w):
        return ""
    texts = [str(value).strip() for value in values]
    return "name of a person, by its name and its values" if texts and sum(1 for t in texts if _FULL_NAME.fullmatch(t)) >= _SHARE * len(texts) else ""


def by_values(values: Iterable[object]) -> str:
    """What most of the values look like; '' when they look like nothing personal."""
    texts = [str(value).strip() for value in values if isinstance(value, str | int) and not isinstance(value, bool)]
    if not texts:
        return ""
    tests: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("e-mail", _EMAIL.fullmatch), ("number of a person", _SSN.fullmatch), ("phone", _PHONE.fullmatch),
        ("network address", _IP.fullmatch), ("bank account or card", _account),
    )  # fmt: skip
    for what, test in tests:
        if sum(1 for text in texts if test(text)) >= _SHARE * len(texts):
            return f"{what}, by its values"
    return ""


def _account(text: str) -> bool:
    """An IBAN (ISO 13616) or a card number (ISO 7812), by their check digits."""
    plain = re.sub(r"[ -]", "", text).upper()
    if _IBAN.fullmatch(plain):
        return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
    if not plain.isdigit() or not 13 <= len(plain) <= 19 or plain[0] not in "23456":
        return False
    doubled = [int(d) * (2 if i % 2 else 1) for i, d in enumerate(reversed(plain))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def without_values(profile: Profile, hidden: dict[str, str]) -> Profile:
    """The profile without values, ranges and index entries of hidden columns; how many there are stays."""
    if not hidden:
        return profile
    columns = {k: dataclasses.replace(seen, values=(), quantiles=()) if k in hidden else seen for k, seen in profile.columns.items()}
    index = {
        value: left
        for value, places in profile.index.items()
        if (left := tuple(place for place in places if f"{place[0]}.{place[1]}" not in hidden))
    }
    return dataclasses.replace(profile, columns=columns, index=index, hidden=hidden)
