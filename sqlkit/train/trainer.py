"""TRL's trainer with a shorter way to the same loss for plain causal models, and a watch on every step."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from transformers.trainer_pt_utils import LengthGroupedSampler
from trl import SFTTrainer

from sqlkit.errors import RecipeError

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
# what a family does to its logits behind the head; the short way does not
BEHIND_THE_HEAD = ("final_logit_softcapping", "logits_scaling", "logit_scale", "output_router_logits")


def nll(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of each label: (n, vocabulary) float32 and (n,) give (n,)."""
    return torch.nn.functional.cross_entropy(logits, labels, reduction="none")


def _sum_nll(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(logits, labels, reduction="sum")


def dft(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Dynamic fine-tuning: each label's loss weighed by the chance it has (Wu et al. 2025, https://arxiv.org/abs/2508.05629)."""
    loss = nll(logits, labels)
    return loss * (-loss).exp().detach()


def loss_function(name: str) -> Loss:
    """TRL's losses by name, or 'package.module:function' of (logits, labels) -> a loss for each label.

    Raises RecipeError when there is no such thing.
    """
    if name in ("nll", "dft"):
        return nll if name == "nll" else dft
    module, colon, attribute = name.partition(":")
    if not colon:
        raise RecipeError(f"unknown loss_type {name!r}: nll, dft, or package.module:function")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise RecipeError(f"loss_type {name}: {error}") from None
    if not callable(found):
        raise RecipeError(f"loss_type {name} is not a function")
    loss: Loss = found
    return loss


class ByLength(LengthGroupedSampler):  # type: ignore[misc]
    """Rows of like length together, in an order that depends on seed and epoch alone.

    transformers draws each epoch's order from the state that the random numbers happen to be in, which a run that goes on in its
    second epoch does not have: it sees other rows. And it groups by what one process takes; here what all take in a step
    stays together, so that a step sees the same pairs however many processes there are.
    """

    def __init__(self, trainer: Any) -> None:
        size = trainer.args.train_batch_size * trainer.args.gradient_accumulation_steps * trainer.accelerator.num_processes
        super().__init__(size, dataset=trainer.train_dataset, model_input_name="input_ids")
        self.trainer = trainer

    def __iter__(self) -> Any:
        epoch = int(self.trainer.state.epoch or 0)
        self.generator = torch.Generator().manual_seed(self.trainer.args.seed + epoch) if epoch else None
        return super().__iter__()


class Watched:
    """Beside one of TRL's trainers: loss and gradient norm of the step under way, for `callbacks.Watch`."""

    accelerator: Any
    step_loss: Any = 0.0  # the same on every process
    step_norm: Any = 0.0

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        loss = super().training_step(*args, **kwargs)  # type: ignore[misc]
        self.step_loss = self.step_loss + loss.detach()
        return loss

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        self.step_norm = super()._get_grad_norm(model, grad_norm=grad_norm)  # type: ignore[misc]
        return self.step_norm

    def taken(self) -> tuple[float, float]:
        """Loss and gradient norm of the step that is about to change the weights; counts anew."""
        loss = torch.as_tensor(self.step_loss, dtype=torch.float32, device=self.accelerator.device)
        if self.accelerator.num_processes > 1:
            loss = self.accelerator.reduce(loss, "mean")
        self.step_loss = 0.0
        return float(loss), float(self.step_norm)


class CompletionTrainer(Watched, SFTTrainer):  # type: ignore[misc]
    """Same loss as SFTTrainer's, less work.

    Padding stands on the right, so a causal mask alone keeps it out of every real token's sight: no mask is built and the
    attention kernel skips the upper half. Only positions with a label go through the vocabulary (short completions behind
    long prompts: a sixth of the tokens). Packed rows carry positions that begin anew with each document, out of which
    transformers makes the mask that keeps them apart. Tests compare loss and gradients with TRL's own, packed and not.
    """

    loss: Any = staticmethod(nll)
    loraplus = 1.0
    optimizer: Any
    seen: Any = 0  # tokens without padding of this process since it began; on the device until it is logged

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        inner = self.accelerator.unwrap_model(model)
        causal = inner.get_base_model() if hasattr(inner, "get_base_model") else inner
        wrapped = self.accelerator.num_processes > 1  # its own forward must run: it gathers weights and gradients
        if return_outputs or not self._plain(causal) or (wrapped and self.loss in (nll, dft)):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"][:, 1:]
        chosen = labels != -100
        given = {k: v for k, v in inputs.items() if k not in ("labels", "attention_mask")}
        if wrapped:
            logits = model(**given, use_cache=False).logits[:, :-1][chosen].float()
        else:
            with self.accelerator.autocast():  # what the wrapped forward, which is passed by here, would do
                hidden = causal.model(**given, use_cache=False).last_hidden_state[:, :-1]
                logits = causal.lm_head(hidden[chosen]).float()
        total = self.loss(logits, labels[chosen]).sum() if self.loss is not nll else _sum_nll(logits, labels[chosen])
        mask = inputs.get("attention_mask")
        self.seen = self.seen + (inputs["input_ids"].numel() if mask is None else mask.sum())
        total = total / (chosen.sum() if num_items_in_batch is None else num_items_in_batch).clamp(min=1)
        return total * self.accelerator.num_processes if num_items_in_batch is not None else total

    def _plain(self, causal: Any) -> bool:
        return hasattr(causal, "model") and hasattr(causal, "lm_head") and not any(getattr(causal.config, k, None) for k in BEHIND_THE_HEAD)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if int(self.seen):
            self._metrics["train"]["num_tokens"] = [int(self.seen)]
        super().log(logs, start_time)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return super()._get_train_sampler(train_dataset) if self.args.packing else ByLength(self)

    def create_optimizer(self, model: Any = None) -> Any:
        """LoRA+ (Hayou et al. 2024): B learns `loraplus` times as fast as A."""
        if self.loraplus != 1.0 and self.optimizer is None:
            from peft.optimizers import create_loraplus_optimizer

            kind, settings = self.get_optimizer_cls_and_kwargs(self.args, self.model)
            rate = settings.pop("lr")
            self.optimizer = create_loraplus_optimizer(
                self.model, kind, lr=rate, loraplus_lr_ratio=self.loraplus, loraplus_weight_decay=self.args.weight_decay, **settings
            )
            return self.optimizer
        return super().create_optimizer(model)
