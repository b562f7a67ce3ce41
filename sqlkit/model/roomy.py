"""A cache of keys and values with room for the answer: appending a token writes into it instead of copying it."""

from __future__ import annotations

import torch
from transformers.cache_utils import DynamicCache, DynamicLayer


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """One layer of [rows, heads, tokens, width] with `room` more tokens; it grows by copying once that is used up."""

    keys: torch.Tensor
    values: torch.Tensor
    _keys: torch.Tensor
    _values: torch.Tensor

    def __init__(self, layer: DynamicLayer, room: int) -> None:
        super().__init__()
        self.lazy_initialization(layer.keys, layer.values)
        self._room, self._held = room, 0
        self.update(layer.keys, layer.values)

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: object, **__: object) -> tuple[torch.Tensor, torch.Tensor]:
        end = self._held + key_states.shape[-2]
        if not self._held or end > self._keys.shape[-2]:
            shape = (*key_states.shape[:-2], end + self._room, key_states.shape[-1])
            kept, self._keys, self._values = (self.keys, self.values), key_states.new_empty(shape), value_states.new_empty(shape)
            if self._held:
                self._keys[..., : self._held, :], self._values[..., : self._held, :] = kept
        self._keys[..., self._held : end, :], self._values[..., self._held : end, :] = key_states, value_states
        self._held = end
        self.keys, self.values = self._keys[..., :end, :], self._values[..., :end, :]
        return self.keys, self.values

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        self._keys, self._values = self._keys[indices], self._values[indices]
        self.keys, self.values = self._keys[..., : self._held, :], self._values[..., : self._held, :]


def with_room(cache: DynamicCache, room: int) -> DynamicCache:
    """The same cache, its plain layers with room for so many tokens."""
    cache.layers = [RoomyLayer(layer, room) if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
