"""Several processes of one run, as torchrun and accelerate start them."""

from __future__ import annotations

import os


def world_size() -> int:
    """Processes of this run, 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Whether this process writes the run's files."""
    return int(os.environ.get("RANK", "0")) == 0


def shared(value: float) -> float:
    """The main process's value, on every process; the others wait for it."""
    if world_size() == 1:
        return value
    import torch

    holder = [value]
    torch.distributed.broadcast_object_list(holder, src=0)
    return holder[0]


def share_machine(number: int, of: int) -> None:
    """Keep this process, the `number`th of `of` runs beside each other, to its part of the cores and to a GPU of its own if there are several."""
    import torch

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // of))
    gpus = torch.cuda.device_count()
    if gpus > 1:
        torch.cuda.set_device(number % gpus)
        os.environ["LOCAL_RANK"] = str(number % gpus)
