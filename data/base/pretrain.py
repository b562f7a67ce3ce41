"""Pretrain the embedded base: one readable run, resumable, the same on a CPU and on a GPU.

    python data/base/pretrain.py --shards DIR --out DIR --minutes 60

Reads token shards that `corpus.py` wrote (tokens, document starts, where the question and the answer start), packs
documents whole into rows of 512, and trains a Llama of 7 million parameters: Muon (Jordan et al. 2024) on the hidden
matrices, AdamW on the rest, in bfloat16, compiled. The loss counts the answer fully and the question a little: guessing
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

ROW = 512
QUESTION_WEIGHT = 0.15
SHAPE = {"hidden_size": 256, "num_hidden_layers": 8, "num_attention_heads": 8, "intermediate_size": 704}


def shards(folder: Path, seen: dict[str, Any]) -> list[dict[str, Any]]:
    """All complete shards; new ones are picked up while the run goes on."""
    for path in sorted(folder.glob("*.npz")):
        if path.name not in seen:
            data = np.load(path)
            seen[path.name] = {key: data[key] for key in data.files} | {"source": path.name.split("-")[0]}
    return list(seen.values())


def document(shard: dict[str, Any], index: int) -> tuple[np.ndarray, np.ndarray]:
    """Token ids and the loss weight of each token as a target."""
    start, end = shard["starts"][index], shard["starts"][index + 1]
    ids = shard["tokens"][start:end].astype(np.int64)
    weight = np.zeros(len(ids), dtype=np.float32)
    weight[shard["question"][index] :] = QUESTION_WEIGHT
    weight[shard["answer"][index] :] = 1.0
    return ids, weight


class Packer:
    """Rows of whole documents, first-fit over a small pool; sources drawn by their weight."""

    def __init__(self, folder: Path, weights: dict[str, float], seed: int) -> None:
        self.folder, self.weights, self.random = folder, weights, np.random.default_rng(seed)
        self.seen: dict[str, Any] = {}
        self.pool: list[tuple[np.ndarray, np.ndarray]] = []

    def draw(self) -> tuple[np.ndarray, np.ndarray]:
        chance = np.array([self.weights.get(s["source"], 1.0) * (len(s["starts"]) - 1) ** 0.5 for s in self.current])
        shard = self.current[self.random.choice(len(chance), p=chance / chance.sum())]
        return document(shard, int(self.random.integers(len(shard["starts"]) - 1)))

    def rows(self, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        self.current = shards(self.folder, self.seen)
        ids = np.zeros((count, ROW), dtype=np.int64)
        weight = np.zeros((count, ROW), dtype=np.float32)
        segment = np.full((count, ROW), -1, dtype=np.int64)
        position = np.zeros((count, ROW), dtype=np.int64)
        for row in range(count):
            at = part = 0
            while True:
                while len(self.pool) < 32:
                    drawn = self.draw()
                    if len(drawn[0]) <= ROW:
                        self.pool.append(drawn)
                fits = [i for i, (d, _) in enumerate(self.pool) if at + len(d) <= ROW]
                if not fits:
                    break
                doc, loss = self.pool.pop(max(fits, key=lambda i: len(self.pool[i][0])) if at else fits[0])
                end = at + len(doc)
                ids[row, at:end], weight[row, at:end] = doc, loss
                segment[row, at:end], position[row, at:end] = part, np.arange(len(doc))
                at, part = end, part + 1
        return tuple(map(torch.from_numpy, (ids, weight, segment, position)))  # type: ignore[return-value]


def step_loss(model: Any, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Weighted cross-entropy; a token sees only its own document."""
    ids, weight, segment, position = batch
    mask = (segment[:, :, None] == segment[:, None, :]).tril()[:, None]
    hidden = model.model(input_ids=ids, position_ids=position, attention_mask=mask, use_cache=False)[0]
    # only positions whose next token counts go through the vocabulary
    target, counts = ids[:, 1:], weight[:, 1:] * (segment[:, 1:] == segment[:, :-1])
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
    options.add_argument("--rows", type=int, default=32, help="rows of 512 tokens in a step")
    options.add_argument("--micro", type=int, default=8)
    options.add_argument("--rate", type=float, default=4e-3)
    options.add_argument("--weights", default="", help="source=weight,...")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--decay-only", action="store_true", help="continue a checkpoint with the decay phase")
    chosen = options.parse_args()
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(chosen.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = AutoTokenizer.from_pretrained(chosen.tokenizer)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        num_key_value_heads=SHAPE["num_attention_heads"],
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        attn_implementation="sdpa",
        **SHAPE,
    )
    model = LlamaForCausalLM(config).to(device)
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
    weights = {k: float(v) for k, v in (pair.split("=") for pair in chosen.weights.split(",") if pair)}
    packer = Packer(chosen.shards, weights, chosen.seed + state["step"])
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
        parts = max(1, chosen.rows // chosen.micro)
        for _ in range(parts):
            batch = tuple(t.to(device) for t in packer.rows(chosen.micro))
            with torch.autocast(device, dtype=torch.bfloat16):
                loss = compute(model, batch) / parts
            loss.backward()
            total += float(loss.detach())
            state["tokens"] += int((batch[2] >= 0).sum())
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
