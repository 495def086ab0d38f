"""Several processes that learn one model: each computes parts of a batch, and all take the same step."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeVar, cast

import torch
from torch import Tensor

from shared.config import Settings
from shared.errors import TransientError

if TYPE_CHECKING:
    from accelerate import PartialState

Part = TypeVar("Part")


class TeamLostError(TransientError):
    """Another process of this training is gone; the job goes on from its newest checkpoint."""

    code = "team_lost"

    def __init__(self) -> None:
        super().__init__("another process of this training is gone")


class Team:
    """The processes of one training, this one among them.

    Attributes:
        rank: which of them this is; the first one, 0, keeps the checkpoints.
        size: how many there are.
    """

    def __init__(self, state: "PartialState | None" = None) -> None:
        self._state = state
        self.rank: int = state.process_index if state else 0
        self.size: int = state.num_processes if state else 1

    @property
    def leads(self) -> bool:
        """Whether this process writes for all."""
        return self.rank == 0

    def leader_first(self) -> AbstractContextManager[None]:
        """Let the first process through the block before the others."""
        if self._state is None:
            return nullcontext()
        return cast("AbstractContextManager[None]", self._state.main_process_first())

    def total(self, parts: Sequence[Part], compute: Callable[[Part], Tensor], *, like: Tensor) -> Tensor:
        """The sum of what the parts give, always in their order: the same bits, whoever computed them.

        Args:
            parts: of a batch, shared out in turn.
            compute: what one part gives, a tensor of the shape of `like`.
            like: what a process hands in that has no part left.

        Raises:
            TeamLostError: a process is gone.
        """
        whole: Tensor | None = None
        for start in range(0, len(parts), self.size):
            mine = start + self.rank
            own = compute(parts[mine]) if mine < len(parts) else torch.zeros_like(like)
            for one in self._gathered(own)[: len(parts) - start]:
                whole = one if whole is None else whole + one
        return torch.zeros_like(like) if whole is None else whole

    def _gathered(self, own: Tensor) -> Sequence[Tensor]:
        if self._state is None:
            return [own]
        from accelerate.utils import gather

        try:
            return list(gather(own[None]))  # (size, width)
        except RuntimeError as error:
            raise TeamLostError from error


def assembled(settings: Settings, device: str) -> Team:
    """The team that this process was started into; it is alone where it was started by itself."""
    if settings.train_processes == 1:
        return Team()
    from accelerate import PartialState

    state = PartialState(cpu=device == "cpu")
    return Team(state if state.num_processes > 1 else None)


def flat_gradient(loss: Tensor, weights: Iterable[Tensor]) -> Tensor:
    """The gradient of a loss as one vector, with the loss itself behind it."""
    found = torch.autograd.grad(loss, list(weights))
    return torch.cat([*(one.flatten() for one in found), loss.detach().reshape(1)])


def hand_out(total: Tensor, weights: Iterable[Tensor]) -> float:
    """Give every tensor its part of such a vector as its gradient; answers the loss."""
    place = 0
    for one in weights:
        one.grad = total[place : place + one.numel()].view_as(one)
        place += one.numel()
    return float(total[-1])
