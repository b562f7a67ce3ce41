"""Is this English? A model tuned on English questions guesses at others, and a wrong answer is worse than none.

A rough check with known limits: other scripts are told by their letters, other Latin languages by their commonest words.
Short keyword questions pass, since they carry no such words; so does a language missing from the list.
"""

from __future__ import annotations

import re

FOREIGN = {
    "German": "der die das und wie viele welche wieviele ist sind haben wurde wurden für nicht im mit von zeige alle kunden bestellungen",
    "French": "le la les des du est sont combien quels quelles quel quelle avec pour dans une clients commandes montre moi nous",
    "Spanish": "el los las cuántos cuantos cuántas cuantas cuál cual son para con una por qué clientes pedidos muestra en del",
    "Italian": "il gli quanti quante quali sono della delle per con una clienti ordini mostra che nel",
    "Portuguese": "os quantos quantas quais são para com uma clientes pedidos mostre não em dos das",
    "Dutch": "het een hoeveel welke zijn klanten bestellingen voor met van niet toon",
    "Polish": "ile jest są klientów zamówień które dla nie pokaż",
}
ENGLISH = frozenset(
    "the of how many much what which who is are was were show list give in by per with for and to from our we all total number "
    "average top most find get have has did do does".split()
)
_LETTERS = re.compile(r"[^\W\d_]+")


def unknown_language(question: str) -> str:
    """'' for what may be English, else why not."""
    words = [w.lower() for w in _LETTERS.findall(question)]
    letters = "".join(words)
    if letters and sum(c > "ɏ" for c in letters) > 0.5 * len(letters):
        return "the question is not written in Latin letters"
    english = sum(w in ENGLISH for w in words)
    for language, common in FOREIGN.items():
        hits = sum(w in set(common.split()) for w in words)
        if hits >= 2 and hits > english:
            return f"the question looks {language}; this model reads English"
    return ""
