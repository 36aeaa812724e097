"""Muon for the matrices, AdamW for the embedding.

Muon replaces a matrix's momentum by its nearest orthogonal matrix (five Newton-Schulz steps). In the first runs it
lowered the loss visibly faster per token than AdamW on everything.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .machine import PRODUCT_TYPE


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """[L, m, n] -> the nearest semi-orthogonal matrices, roughly; bfloat16 is precise enough."""
    transposed = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if transposed else matrices
    x = (x / (torch.linalg.matrix_norm(x)[:, None, None] + 1e-7)).to(PRODUCT_TYPE)
    for _ in range(steps):
        square = torch.bmm(x, x.transpose(1, 2))
        x = 3.4445 * x + torch.bmm(-4.7750 * square + 2.0315 * torch.bmm(square, square), x)
    return (x.transpose(1, 2) if transposed else x).float()


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.05) -> None:
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                update = orthogonal(weight.grad.lerp(momentum, group["momentum"]))
                tall = max(1.0, weight.shape[1] / weight.shape[2]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"] * tall)


class Optimiser:
    """Both together, with one factor on their learning rates."""

    def __init__(self, model: torch.nn.Module, muon_rate: float, adam_rate: float) -> None:
        matrices = [p for name, p in model.named_parameters() if name != "embedding"]
        embedding = [p for name, p in model.named_parameters() if name == "embedding"]
        self.muon = Muon(matrices, muon_rate)
        self.adam = torch.optim.AdamW(embedding, adam_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)
        self.rates = {self.muon: muon_rate, self.adam: adam_rate}

    def step(self, factor: float) -> None:
        for optimiser, rate in self.rates.items():
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    @property
    def steps(self) -> int:
        """Taken since the optimiser started anew."""
        return max((int(state["step"]) for state in self.adam.state.values()), default=0)

    def state_dict(self) -> dict:
        return {"muon": self.muon.state_dict(), "adam": self.adam.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        self.muon.load_state_dict(state["muon"])
        self.adam.load_state_dict(state["adam"])
