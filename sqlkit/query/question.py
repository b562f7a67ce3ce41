"""Is this a question the model can be asked at all? Empty, too long, or in a language it never learned.

The language check knows scripts and the function words of the languages listed below. It does not see: a question of
content words only ("Umsatz pro Kunde"), languages that are not listed, English that is not one. It errs on the side of
letting a question through, because names of people, places and products are foreign more often than questions are.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Collection

LONGEST = 1000

_ENGLISH = frozenset(
    "a about above after all also and any are as at average be been before below between both but by can could "
    "count did does each ever every fewer fewest find first for from get give got had has have her highest his "
    "how into is it its last latest least less list lowest many more most much my name names never not number "
    "of off one only or order our out show tell than that the their them then there these they this those top "
    "total under up us use want we were what when where which who whom whose why will with within without would "
    "you your".split()
)
_SHARED = frozenset("am an die do hat he her i in me no on over per so to war was".split())  # says nothing either way
_FOREIGN = {
    "German": (
        "alle allen auf aus bei bitte das dem den der des ein eine einem einen einer es gab gib gibt haben hatte "
        "hatten ich im ist jede jeder jedes kein keine letzten meisten mir mit nach nicht oder pro sind uns unser "
        "unsere und viel viele vom von waren welche welchem welchen welcher welches wer wie wieviel wieviele wir "
        "wo wurde wurden wann warum zeig zeige zum zur zwischen über für"
    ),
    "French": (
        "au aux avec avez avons ce ces cette chez combien dans de depuis des donne du elle en entre est et était "
        "étaient il ils la le les leur mes moi montre nos notre nous ont ou où par pas plus pour quand que quel "
        "quelle quelles quels qui quoi sans sont sur tous tout toute toutes un une vous"
    ),
    "Spanish": (
        "al cada con cuando cual cuales cuál cuáles cuándo cuanta cuantas cuanto cuantos cuánta cuántas cuánto "
        "cuántos de del desde donde dónde el en entre eran es esta está este están fue fueron ha han hay la las "
        "los más menos muestra muéstrame nuestra nuestro nuestros para pero por que qué quien quién quiénes se sin "
        "son sobre su sus tenemos tiene tienen todas todos una unas unos"
    ),
    "Italian": (
        "abbiamo alla che ci con cui da dai dal dalla dei del della delle di dove è elenca erano gli ha hanno il "
        "la le mostra mostrami nei nel nella nostri nostro ogni per perché più qual quale quali quando quante "
        "quanti quanto sono sul sulla tra tutte tutti un una"
    ),
    "Portuguese": (
        "ao com da das de do dos e em entre é foi foram há mais menos mostra mostre na nas nos nossa nosso nossos "
        "não onde os para pela pelo por qual quais quando quantas quanto quantos quem que são sem temos tem têm "
        "todas todos um uma"
    ),
    "Dutch": (
        "aan alle bij dan dat de deze een en er geef geen haar heb hebben heeft het hoe hoeveel hun ik is je met "
        "mij naar niet onze ons tussen toon uit van vanaf voor waar waarom wanneer waren wat welk welke wie wij "
        "zijn"
    ),
    "Polish": (
        "był była było były czy dla do gdzie ile ilu jest jaka jaki jakie każdego każdy kiedy który która które "
        "których ma mają mamy między na nasi nasz nasze nie od oraz podaj pokaż przez są się wszystkich wszystkie "
        "z ze za"
    ),
    "Swedish": (
        "alla av den det eller en ett från för gånger har hur i inte mellan med mer många och om på som till under "
        "var varje vad vem vi vilka vilken vilket visa vår våra är"
    ),
    "Danish or Norwegian": (
        "af alle av den der det eller en er et for fra har hvad hva hver hvilke hvilken hvilket hvor hvem i ikke "
        "med mellem mellom mange og om på som til var vi viser vis vår vores våre"
    ),
    "Turkish": (
        "bir bu en için ile kaç kaçtır hangi hangisi her kadar kim listele müşteri nedir nerede göster olan olarak "
        "tüm toplam var ve veya"
    ),
}
_OF_NAMES = frozenset("al da de del den der des di dos du el et il la las le les los van von".split())
_LANGUAGES = {
    name: frozenset(w for w in said.split() if len(w) > 1 and w not in _ENGLISH | _SHARED)
    for name, said in _FOREIGN.items()
}
_WORD = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|(?<!\w)'[^']*'(?!\w)|(?<!\w)‘[^’]*’(?!\w)")


def complaint(question: str, *, english_only: bool = True, values: Collection[str] = ()) -> str:
    """'' when the question may be asked, else one clear line.

    english_only: the model knows English alone. values: lower-case texts that stand in the database; a name in them
    says nothing about the language of the question.
    """
    if not question.strip():
        return "The question is empty."
    if len(question) > LONGEST:
        return f"The question has {len(question):,} characters; the most that can be asked is {LONGEST:,}."
    if not any(c.isalpha() for c in question):
        return "The question has no words."
    if english_only and (language := foreign(question, values)):
        return f"The question seems to be in {language}; this model knows English alone, please ask in English."
    return ""


def foreign(question: str, values: Collection[str] = ()) -> str:
    """'' or the language (or script) that the question seems to be written in."""
    text = _QUOTED.sub(" ", unicodedata.normalize("NFC", question))
    found = _WORD.findall(text)
    english = len({w.lower() for w in found} & _ENGLISH)
    spoken = _without_names(found, values, capitals=english > 0)
    if script := _script("".join(spoken)):
        return script
    low = {w.lower() for w in spoken}
    hits, language = max(((len(low & known), name) for name, known in _LANGUAGES.items()), key=lambda item: item[0])
    alone = hits == 1 and not english and len(found) >= 3 and not low & _LANGUAGES[language] & _OF_NAMES
    enough = hits >= 2 or alone
    return language if enough and hits > english else ""


def _without_names(found: list[str], values: Collection[str], capitals: bool) -> list[str]:
    """Words without those inside a name: a value of the database, or small words between two capitalised ones.

    Without any English word around, capitals say nothing: German writes every noun with one.
    """
    inside: set[int] = set()
    for size in range(2, 10) if values else ():
        for start in range(len(found) - size + 1):
            if " ".join(found[start : start + size]).lower() in values:
                inside.update(range(start, start + size))
    titled = [i for i, w in enumerate(found) if i and w[0].isupper()] if capitals else []
    for left, right in itertools.pairwise(titled):
        if right - left <= 3:
            inside.update(range(left + 1, right))
    return [w for i, w in enumerate(found) if i not in inside]


def _script(letters: str) -> str:
    """The script of most letters when it is not Latin."""
    seen: dict[str, int] = {}
    for letter in letters:
        script = unicodedata.name(letter, "LATIN").split(" ")[0]
        seen[script] = seen.get(script, 0) + 1
    most = max(seen, key=lambda name: seen[name], default="LATIN")
    if most in {"LATIN", "FULLWIDTH", "MODIFIER", "FEMININE", "MASCULINE"} or seen[most] * 2 <= len(letters):
        return ""
    return {"CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}.get(
        most, f"the {most.capitalize()} script"
    )
