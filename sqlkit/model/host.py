"""Several adapters on one base in memory: a swap switches which one the layers add, nothing is loaded or merged."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlkit.embedded import resolve_base
from sqlkit.errors import AdapterError, InputError
from sqlkit.model.adapter import Manifest, check_adapter
from sqlkit.model.huggingface import HuggingFaceModel, dequantise, load_tokenizer, load_weights
from sqlkit.model.types import Generation, Model
from sqlkit.records import Prompt


class AdapterHost:
    """One base and adapters that were trained on it. Safe to use from several threads; one of them generates at a time.

    base: as for `load_model`, no URL. The base is loaded with the first adapter, as that was trained: NF4 for QLoRA (on a CPU its
    dequantised weights, the same function), else 16 bit. Adapters are not merged, so an answer costs more than with
    `load_model` on a CPU; what it buys is the swap.
    """

    def __init__(self, base: str = "embedded", *, device: str = "auto") -> None:
        if base.startswith(("http://", "https://")):
            raise InputError(f"{base} is a server; it holds its adapters itself")
        self._path, self._device = resolve_base(base), device
        self._tokenizer = load_tokenizer(self._path)
        self._lock = threading.RLock()
        self._peft: Any = None
        self._layers: list[Any] = []
        self._nf4 = False
        self._model: HuggingFaceModel | None = None
        self._names: dict[str, tuple[str, Manifest]] = {}
        self.active = ""

    @property
    def names(self) -> list[str]:
        return list(self._names)

    def load(self, name: str, adapter: str | Path) -> Manifest:
        """Read an adapter into memory under a name. Raises AdapterError when it does not belong on this base."""
        from peft import PeftModel
        from peft.tuners.tuners_utils import BaseTunerLayer

        manifest = check_adapter(adapter, self._path, self._tokenizer)
        if manifest.method not in ("lora", "qlora", "dora"):
            raise AdapterError(f"{adapter} holds a whole model ({manifest.method}), no adapter: it cannot share a base")
        nf4 = manifest.method == "qlora"
        with self._lock:
            if name in self._names:
                raise InputError(f"there is an adapter {name} already")
            if self._peft is not None and nf4 != self._nf4:
                kinds = ("NF4", "16-bit") if nf4 else ("16-bit", "NF4")
                raise AdapterError(f"adapter {adapter} was trained on the {kinds[0]} base, the others here on the {kinds[1]} one; they cannot share it")
            inner = f"a{len(self._names)}"  # PEFT takes no dots in names
            if self._peft is None:
                weights = load_weights(self._path, nf4=nf4, device=self._device)
                if nf4 and weights.device.type == "cpu":
                    dequantise(weights)
                self._nf4, self._peft = nf4, PeftModel.from_pretrained(weights, str(adapter), adapter_name=inner).eval()
                self._model = HuggingFaceModel(self._peft, self._tokenizer)
            else:
                self._peft.load_adapter(str(adapter), adapter_name=inner, torch_device=str(self._peft.device))
                self._peft.eval()
            self._layers = [layer for layer in self._peft.modules() if isinstance(layer, BaseTunerLayer)]
            self._names[name] = (inner, manifest)
            self.active = self.active or name
        return manifest

    def use(self, name: str) -> float:
        """Make an adapter the active one; returns the seconds that took. Raises AdapterError when it is not loaded."""
        with self._lock:
            began = time.perf_counter()
            if name not in self._names:
                raise AdapterError(f"adapter {name} is not loaded; there are {', '.join(self._names) or 'none'}")
            if name != self.active:
                inner = self._names[name][0]
                for layer in self._layers:  # what PeftModel.set_adapter does, without its walk over all modules of the model
                    layer.set_adapter(inner, inference_mode=True)
                self._peft.active_adapter, self.active = inner, name
            return time.perf_counter() - began

    def model(self, name: str) -> Model:
        """The base with this adapter as a model like any other, for `predict` and `QueryEngine(model=...)`."""
        if name not in self._names:
            raise AdapterError(f"adapter {name} is not loaded; there are {', '.join(self._names) or 'none'}")
        return _Hosted(self, name)

    def generate(self, name: str, prompts: Sequence[Prompt], **settings: Any) -> list[Generation]:
        """Answers of one adapter; see `Model.generate`."""
        with self._lock:
            self.use(name)
            assert self._model is not None  # there is a name
            return self._model.generate(prompts, **settings)

    def close(self) -> None:
        self._peft, self._model, self._layers, self.active = None, None, [], ""
        self._names.clear()


class _Hosted:
    def __init__(self, host: AdapterHost, name: str) -> None:
        self._host, self._name = host, name

    def generate(self, prompts: Sequence[Prompt], **settings: Any) -> list[Generation]:
        return self._host.generate(self._name, prompts, **settings)

    def close(self) -> None:
        """The host stays; the others may be in use."""
