"""`make bench-train`: tokens a second of sqlkit, of `trl sft` as it comes, and of `trl sft` with packing; one line of JSON at the end.

    python eval/bench_train.py                                                      # the embedded base, whatever this machine has
    python eval/bench_train.py --shape meta-llama/Llama-3.1-8B-Instruct --method qlora   # random weights of that shape, on a GPU

One adapter, one learning rate, the same pairs, the same pairs a step (packed: the same tokens), each arm in a process of its own, the
arms in turn, `--rounds` times; the median counts. Tokens are counted without padding, after `WARM` steps. `loss_gap` is how far sqlkit's
loss on held-out pairs is above that of `trl sft`, as a share of it (all three measured alike, unpacked, in float32).
`share_of_bound` is what of the speed of a large matrix product, measured in sqlkit's process, goes into the products that training
cannot do without (4 for each weight and token with a frozen base, none recomputed, the head for labels only). `shared_prefix` is what
running the common beginning of a batch's pairs once would save of their tokens.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ARMS = ("sqlkit", "default", "packed")
WARM = 3
HELD_OUT = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=480)
    parser.add_argument("--method", choices=("lora", "qlora"), default="lora")
    parser.add_argument("--shape", default="", help="a base of sqlkit/recipes/shapes.json, with random weights; default the embedded base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=8, help="pairs a step")
    parser.add_argument("--float32", action="store_true", help="TRL's arms in float32: it takes bfloat16, which a processor without it makes up many times slower")
    parser.add_argument("--folder", default="runs/bench-train")
    parser.add_argument("--arm", choices=ARMS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.arm:
        print(json.dumps(run(given)))
        return
    prepare(given)
    rounds: dict[str, list[dict[str, Any]]] = {arm: [] for arm in ARMS}
    for number in range(given.rounds):
        for arm in ARMS:
            command = [sys.executable, __file__, *sys.argv[1:], "--arm", arm]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
            if done.returncode:
                sys.exit(f"{arm} failed:\n{done.stderr[-2000:]}")
            rounds[arm].append(json.loads(done.stdout.splitlines()[-1]))
            print(f"round {number + 1} {arm}: {rounds[arm][-1]}", file=sys.stderr, flush=True)
    print(json.dumps(summary(rounds) | {"method": given.method, "shape": given.shape or "embedded", "pairs": given.pairs, "theirs": "float32" if given.float32 else "as it comes"}))


def summary(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    speed = {arm: statistics.median(r["tokens_per_second"] for r in found) for arm, found in rounds.items()}
    loss = {arm: found[-1]["loss"] for arm, found in rounds.items()}
    return {
        "device": rounds["sqlkit"][-1]["device"],
        "speedup_vs_default": round(speed["sqlkit"] / speed["default"], 3),
        "speedup_vs_packed": round(speed["sqlkit"] / speed["packed"], 3),
        "loss_gap": round(loss["sqlkit"] / loss["default"] - 1, 5),
        "loss_gap_packed": round(loss["sqlkit"] / loss["packed"] - 1, 5),
        "share_of_bound": round(statistics.median(r["share_of_bound"] for r in rounds["sqlkit"]), 4),
        "shared_prefix": round(rounds["sqlkit"][-1]["shared_prefix"], 4),
        "tokens_per_second": {arm: round(value) for arm, value in speed.items()},
        "loss": loss,
    }


def prepare(given: argparse.Namespace) -> None:
    """The pairs, and where a shape is asked for a base of random weights."""
    from sqlkit.data import company
    from sqlkit.data.build import build

    folder = Path(given.folder)
    pairs = folder / f"pairs{given.pairs}"
    if not (pairs / "pairs.jsonl").exists():
        build(pairs, database=company.database(folder / "retail.duckdb"), glossary=company.glossary(), pairs=given.pairs + HELD_OUT, seed=3)
    base = base_of(given)
    if given.shape and not (base / "config.json").exists():
        import torch
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

        from sqlkit.embedded import folder as shipped
        from sqlkit.recipe import FOLDER

        known = json.loads((FOLDER / "shapes.json").read_text(encoding="utf-8"))[given.shape]
        config = AutoConfig.for_model(**known, pad_token_id=0, eos_token_id=1, bos_token_id=None)
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        model.save_pretrained(base)
        AutoTokenizer.from_pretrained(shipped("base")).save_pretrained(base)


def base_of(given: argparse.Namespace) -> Path:
    from sqlkit.embedded import resolve_base

    return Path(given.folder) / given.shape.replace("/", "--") if given.shape else Path(resolve_base("embedded"))


def run(given: argparse.Namespace) -> dict[str, Any]:
    """One arm: train, then the loss on the held-out pairs."""
    import torch

    from sqlkit.model.huggingface import load_tokenizer
    from sqlkit.records import Pair, read_records
    from sqlkit.train.forecast import device
    from sqlkit.train.tokens import encode

    torch.manual_seed(0)
    base, on = str(base_of(given)), device()
    tokenizer = load_tokenizer(base)
    made = read_records(Pair, Path(given.folder) / f"pairs{given.pairs}" / "pairs.jsonl")
    held, used = made[:HELD_OUT], made[HELD_OUT:]
    rows = encode(used, tokenizer)
    with tempfile.TemporaryDirectory() as scratch:
        trainer = ours(given, base, tokenizer, rows, scratch) if given.arm == "sqlkit" else theirs(given, base, tokenizer, used, rows, scratch)
        clock = _clock()
        trainer.add_callback(clock)
        trainer.train()
    return {
        "device": on.name,
        "tokens_per_second": clock.tokens / clock.seconds,
        "loss": loss_on(trainer.model, encode(held, tokenizer)),
        "share_of_bound": share(clock.tokens / clock.seconds, base, rows, on) if given.arm == "sqlkit" else 0.0,
        "shared_prefix": shared(rows, given.rows) if given.arm == "sqlkit" else 0.0,
    }


def shared(rows: Any, size: int) -> float:
    """Share of the tokens that batches would save if what pairs of a batch begin alike with (system prompt, tables) were run once."""
    drawn = random.Random(0).sample([tuple(r.input_ids) for r in rows], len(rows))
    saved = 0
    for start in range(0, len(drawn), size):
        batch = sorted(drawn[start : start + size])
        for one, other in itertools.pairwise(batch):
            saved += sum(1 for _ in itertools.takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False)))
    return saved / sum(map(len, drawn))


SETTINGS = {"learning_rate": 5e-4, "num_train_epochs": 1, "seed": 0, "warmup_steps": 5, "lr_scheduler_type": "cosine"}


def ours(given: argparse.Namespace, base: str, tokenizer: Any, rows: Any, scratch: str) -> Any:
    """sqlkit's trainer with what its memory plan decides."""
    from sqlkit.model.huggingface import load_weights
    from sqlkit.recipe import Recipe
    from sqlkit.train.sft import _trainer, decide, prepare_libraries

    prepare_libraries()
    recipe = decide(
        Recipe.of({
            **SETTINGS, "base_model": base, "method": given.method, "lora_r": 16, "lora_alpha": 32, "train_batch_size": given.rows,
            "per_device_train_batch_size": "auto", "gradient_checkpointing": "auto", "packing": "auto", "report_to": "none", "save_steps": 10**6,
        }),
        base, rows,
    )
    model = load_weights(base, nf4=given.method == "qlora")
    model.config.use_cache = False
    return _trainer(recipe, model, tokenizer, rows, Path(scratch), [])


def theirs(given: argparse.Namespace, base: str, tokenizer: Any, used: Any, rows: Any, scratch: str) -> Any:
    """What `trl sft --use_peft` makes, with TRL's defaults in all that is not SETTINGS; 'packed' with --packing besides."""
    import datasets
    import torch
    from peft import LoraConfig
    from transformers import BitsAndBytesConfig
    from trl import SFTConfig, SFTTrainer

    longest = max(len(r.input_ids) for r in rows)
    packed = given.arm == "packed"
    mean = sum(len(r.input_ids) for r in rows) / len(rows)
    gpu = torch.cuda.is_available()
    quantised = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16
    )
    arguments = SFTConfig(
        output_dir=scratch, **SETTINGS, max_length=1024, packing=packed, report_to="none", save_strategy="no", disable_tqdm=True, use_cpu=not gpu,
        # as many tokens a step as the others: packed rows are full
        per_device_train_batch_size=max(1, round(given.rows * mean / 1024)) if packed else given.rows,
        model_init_kwargs={"device_map": {"": 0} if gpu else "cpu"} | ({"dtype": "float32"} if given.float32 else {}), **({"bf16": False} if given.float32 else {}),
    )
    assert longest <= 1024
    return SFTTrainer(
        model=base, args=arguments, train_dataset=datasets.Dataset.from_list([p.conversational() for p in used]), processing_class=tokenizer,
        peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        quantization_config=quantised if given.method == "qlora" else None,
    )


def _clock() -> Any:
    """A callback that counts tokens without padding, and seconds, after WARM steps."""
    import torch
    from transformers import TrainerCallback

    class Clock(TrainerCallback):  # type: ignore[misc]
        tokens, seconds, _began, _pending = 0, 0.0, 0.0, 0

        def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, train_dataloader: Any = None, **_: Any) -> None:
            inner = model.get_base_model().model

            def count(module: Any, positional: Any, named: Any) -> None:
                ids, mask = named.get("input_ids"), named.get("attention_mask")
                if module.training and torch.is_grad_enabled():
                    self._pending += int(mask.sum()) if mask is not None and mask.dim() == 2 else int((ids != 0).sum())

            inner.register_forward_pre_hook(count, with_kwargs=True)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            now = time.perf_counter()
            if state.global_step > WARM:
                self.tokens += self._pending
                self.seconds += now - self._began
            self._pending, self._began = 0, now

    return Clock()


def loss_on(model: Any, rows: Any) -> float:
    """Mean negative log-likelihood of the labels, row by row, in float32 products."""
    import torch

    model.eval()
    total, count = 0.0, 0
    with torch.inference_mode():
        for row in rows:
            ids = torch.tensor([row.input_ids], device=model.device)
            labels = sum(row.completion_mask)
            logits = model(input_ids=ids, use_cache=False).logits[0, -labels - 1 : -1].float()
            total += float(torch.nn.functional.cross_entropy(logits, ids[0, -labels:], reduction="sum"))
            count += labels
    return total / count


def share(speed: float, base: str, rows: Any, on: Any) -> float:
    """What `speed` in tokens a second is of the bound that a matrix product sets, measured here and now."""
    import torch

    from sqlkit.train.shape import read_shape

    shape = read_shape(base)
    tokens, labels = sum(len(r.input_ids) for r in rows), sum(sum(r.completion_mask) for r in rows)
    each = 4 * (shape.linear + shape.layers * shape.query * tokens / len(rows) + shape.vocabulary * shape.hidden * labels / tokens)
    size, repeats = (8192, 20) if on.cuda else (1024, 10)
    a = torch.randn(size, size, device="cuda" if on.cuda else "cpu", dtype=torch.bfloat16 if on.bf16 else torch.float32)
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        a @ a
        if on.cuda:
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return speed * each / (2 * size**3 / best)


if __name__ == "__main__":
    main()
