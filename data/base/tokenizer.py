"""The tokenizer of the embedded base: byte-level BPE whose words never carry a space.

A small model answers by copying names from the prompt into SQL. In the usual byte-level BPE `status` and ` status` are
two tokens, so a name changes its tokens with what stands before it. Here spaces belong to punctuation, SQL keywords
and common English words; a name is the same tokens wherever it stands. Digits stand alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

VOCABULARY = 4096
SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
KEYWORDS = (
    "SELECT DISTINCT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET JOIN LEFT ON USING AND OR NOT IN IS NULL LIKE ILIKE "
    "BETWEEN AS ASC DESC NULLS FIRST LAST CASE WHEN THEN ELSE END UNION ALL EXCEPT INTERSECT EXISTS OVER PARTITION "
    "WITH DATE INTERVAL FILTER ROWS UNBOUNDED PRECEDING CURRENT ROW"
).split()
COMMON = (
    "the of in a an to for and or is are was were be been do does did have has had with by on at from that this "
    "those these which who what how many much show list me give find each per every all any total number average "
    "than more less most least there their its it we our us my not no only as if when where please can you i"
).split()
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
PATTERN = "|".join(
    (
        rf" ?(?<![A-Za-z_])(?:{'|'.join(KEYWORDS)})(?![A-Za-z_0-9]) ?",
        rf" ?(?<![A-Za-z_0-9.'])(?:{'|'.join(COMMON)})(?![A-Za-z_0-9.'])(?: |$)",
        r" (?:number|text|date|time|bool|other|key)(?=[ ;,\n]|$)",
        r"_?[A-Z]?[a-z]+|_?[A-Z]+(?![a-z])|_?[A-Z]",
        r"\d",
        r"_",
        r"\n",
        r" ?[^\sA-Za-z0-9_]+ ?",
        r"\s",
    )
)


def build(texts: Iterable[str]) -> Any:
    """Train the tokenizer; returns a transformers tokenizer with the chat template."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = [c for c in pre_tokenizers.ByteLevel.alphabet()]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        chat_template=TEMPLATE,
        model_max_length=1024,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
