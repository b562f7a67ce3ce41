"""Pretrain the embedded base: one readable run, resumable, the same on a CPU and on a GPU.

    python data/base/pretrain.py --shards DIR --out DIR --minutes 60

Reads token shards that `corpus.py` wrote (tokens, document starts, where the question and the answer start), batches
documents of like length (little padding, and attention only as wide as a document), and trains a Llama of 7 million
parameters: Muon (Jordan et al. 2024) on the hidden matrices, AdamW on the rest, in bfloat16, compiled. The loss counts the answer fully and the question a little: guessing
what people ask of a schema teaches how words and names belong together; guessing random names teaches nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

LONGEST = 512
QUESTION_WEIGHT = 0.15
SHAPE = {"hidden_size": 256, "num_hidden_layers": 8, "num_attention_heads": 4, "intermediate_size": 704}


def sources(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The shards of a folder by source (the file name up to the first dash)."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.npz")):
        data = np.load(path)
        found.setdefault(path.name.split("-")[0], []).append({key: data[key] for key in data.files})
    if not found:
        raise SystemExit(f"no shards in {folder}; make them with corpus.py")
    return found


def document(shard: dict[str, Any], index: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and the loss weight of each token as a target."""
    start, end = shard["starts"][index], shard["starts"][index + 1]
    ids = shard["tokens"][start:end].astype(np.int64)
    weight = np.zeros(len(ids), dtype=np.float32)
    weight[shard["question"][index] :] = QUESTION_WEIGHT
    weight[shard["answer"][index] :] = 1.0
    return ids, weight


class Batches:
    """Batches of documents of like length; sources drawn by their share."""

    def __init__(self, folder: Path, shares: dict[str, float], tokens: int, seed: int) -> None:
        self.sources = sources(folder)
        self.names = list(self.sources)
        share = np.array([shares.get(n, 1.0 if not shares else 0.0) for n in self.names])
        self.share = share / share.sum()
        self.tokens, self.random = tokens, np.random.default_rng(seed)
        self.ready: list[list[tuple[np.ndarray, np.ndarray]]] = []

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        shards = self.sources[self.names[self.random.choice(len(self.names), p=self.share)]]
        sizes = np.array([len(s["starts"]) - 1 for s in shards])
        shard = shards[self.random.choice(len(shards), p=sizes / sizes.sum())]
        return document(shard, int(self.random.integers(len(shard["starts"]) - 1)))

    def fill(self) -> None:
        """A pool of sixteen batches' documents, sorted by length, cut into batches, shuffled."""
        drawn = (self.draw() for _ in range(self.tokens // 6))
        pool = sorted((d for d in drawn if len(d[0]) <= LONGEST), key=lambda d: len(d[0]))
        batch: list[tuple[np.ndarray, np.ndarray]] = []
        for one in pool:
            if batch and (len(batch) + 1) * width(one) > self.tokens:
                self.ready.append(batch)
                batch = []
            batch.append(one)
        self.random.shuffle(self.ready)  # type: ignore[arg-type]  # the last, smaller batch is left out

    def next(self) -> tuple[torch.Tensor, torch.Tensor, int]:
        """Token ids and loss weights [documents, longest of them], and how many tokens are not padding."""
        while not self.ready:
            self.fill()
        batch = self.ready.pop()
        ids = np.zeros((len(batch), max(map(width, batch))), dtype=np.int64)
        weight = np.zeros(ids.shape, dtype=np.float32)
        for row, (doc, loss) in enumerate(batch):
            ids[row, : len(doc)], weight[row, : len(doc)] = doc, loss
        return torch.from_numpy(ids), torch.from_numpy(weight), sum(len(d) for d, _ in batch)


def width(one: tuple[np.ndarray, np.ndarray]) -> int:
    return -(-len(one[0]) // 16) * 16


def step_loss(model: Any, ids: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Weighted cross-entropy; padding stands at the end, where causal attention never sees it."""
    hidden = model.model(input_ids=ids, use_cache=False)[0]
    # only positions whose next token counts go through the vocabulary
    target, counts = ids[:, 1:], weight[:, 1:]
    chosen = counts > 0
    logits = model.lm_head(hidden[:, :-1][chosen]).float()
    loss = torch.nn.functional.cross_entropy(logits, target[chosen], reduction="none")
    return (loss * counts[chosen]).sum() / counts.sum()


def optimizers(model: Any, rate: float) -> list[torch.optim.Optimizer]:
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n and "lm_head" not in n]
    ids = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in ids]
    return [
        torch.optim.Muon(matrices, lr=rate * 5, momentum=0.95, weight_decay=0.02),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--shards", type=Path, required=True)
    options.add_argument("--tokenizer", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--tokens", type=int, default=6144, help="tokens of a batch, padding included")
    options.add_argument("--accumulate", type=int, default=2, help="batches in a step")
    options.add_argument("--rate", type=float, default=4e-3)
    options.add_argument("--shares", default="", help="source=share,... (default: all alike)")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--start", type=Path, help="begin with the weights of this model, optimizers fresh")
    options.add_argument("--decay-only", action="store_true", help="continue a checkpoint with the decay phase")
    chosen = options.parse_args()
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(chosen.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        raise SystemExit("this processor does not multiply bfloat16 (AVX-512 BF16 or AMX): a step would take minutes; use another, or a GPU")
    tokenizer = AutoTokenizer.from_pretrained(chosen.tokenizer)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        num_key_value_heads=SHAPE["num_attention_heads"],
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        attn_implementation="sdpa" if device == "cuda" else "eager",  # at these lengths the CPU kernel of sdpa is the slower
        **SHAPE,
    )
    model = LlamaForCausalLM(config).to(device)
    if chosen.start:
        model.load_state_dict(LlamaForCausalLM.from_pretrained(chosen.start, dtype=torch.float32).state_dict())
    optimizer = optimizers(model, chosen.rate)
    state = {"step": 0, "tokens": 0, "seconds": 0.0, "curve": []}
    chosen.out.mkdir(parents=True, exist_ok=True)
    saved = chosen.out / "checkpoint.pt"
    if saved.exists():
        data = torch.load(saved, map_location=device, weights_only=False)
        model.load_state_dict(data["model"])
        for one, part in zip(optimizer, data["optimizer"], strict=True):
            one.load_state_dict(part)
        state = data["state"]
        print(f"resumed at step {state['step']}", flush=True)
    shares = {k: float(v) for k, v in (pair.split("=") for pair in chosen.shares.split(",") if pair)}
    batches = Batches(chosen.shards, shares, chosen.tokens, chosen.seed + state["step"])
    compute = step_loss if os.environ.get("NO_COMPILE") else torch.compile(step_loss, dynamic=True)
    limit, saved_at, began = chosen.minutes * 60, time.time(), time.time()
    before = state["seconds"]
    losses: list[float] = []
    while (spent := time.time() - began) < limit:
        # warm up for 100 steps; decay linearly to a twentieth over the last 30 % of the time
        share = spent / limit
        decay = 1 - share if chosen.decay_only else min(1.0, (1 - share) / 0.3)
        rate = chosen.rate * max(0.05, decay) * min(1.0, (state["step"] + 1) / 100)
        for one, factor in zip(optimizer, (5.0, 1.0), strict=True):
            for group in one.param_groups:
                group["lr"] = rate * factor
        total = 0.0
        for _ in range(chosen.accumulate):
            ids, weight, real = batches.next()
            with torch.autocast(device, dtype=torch.bfloat16):
                loss = compute(model, ids.to(device), weight.to(device)) / chosen.accumulate
            loss.backward()
            total += float(loss.detach())
            state["tokens"] += real
        if not math.isfinite(total):
            raise SystemExit("the loss is not a number; lower --rate")
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for one in optimizer:
            one.step()
            one.zero_grad(set_to_none=True)
        state["step"] += 1
        losses.append(total)
        if state["step"] % 20 == 0 or state["step"] < 6:
            state["seconds"] = before + time.time() - began
            mean = sum(losses[-20:]) / len(losses[-20:])
            state["curve"].append([state["step"], state["tokens"], round(mean, 4)])
            print(
                f"step {state['step']} tokens {state['tokens'] / 1e6:.2f}M loss {mean:.4f} "
                f"{(state['tokens']) / max(state['seconds'], 1):.0f} tok/s rate {rate:.5f}", flush=True,
            )
        if time.time() - saved_at > 240 or time.time() - began >= limit:
            save(model, tokenizer, optimizer, state, chosen.out)
            saved_at = time.time()
    save(model, tokenizer, optimizer, state, chosen.out)


def save(model: Any, tokenizer: Any, optimizer: list[Any], state: dict[str, Any], out: Path) -> None:
    partial = out / "checkpoint.pt.partial"
    data = {"model": model.state_dict(), "optimizer": [o.state_dict() for o in optimizer], "state": state}
    torch.save(data, partial)
    partial.replace(out / "checkpoint.pt")
    from copy import deepcopy

    deepcopy(model).to(torch.bfloat16).save_pretrained(out / "model")
    tokenizer.save_pretrained(out / "model")
    (out / "curve.json").write_text(json.dumps(state))


if __name__ == "__main__":
    main()
