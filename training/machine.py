"""Settings of the process: what makes a step on a CPU fast, and what keeps a long run out of everybody's way."""

import ctypes
import os
from pathlib import Path

import torch

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
LOWEST = 19


def product_type() -> torch.dtype:
    """What matrix products read: bfloat16 where a GPU or oneDNN multiplies it fast. On a CPU without AVX-512, PyTorch
    takes thirty times as long for it as for float32."""
    fast = torch.cuda.is_available() or "CPU capability usage: AVX512" in torch.__config__.show()
    return torch.bfloat16 if fast else torch.float32


PRODUCT_TYPE = product_type()


def give_way() -> None:
    """Run only when nothing else wants the processor. Where Linux groups processes by session (autogroup), a nice value
    counts only among the processes of that session, so the whole group has to step back as well."""
    os.nice(LOWEST)  # the kernel caps the sum
    group = Path("/proc/self/autogroup")
    if group.exists():
        group.write_text(str(LOWEST))


def prepare(background: bool = False, threads: int = 2) -> None:
    """A fixed number of threads, and freed memory kept: glibc otherwise returns every large array to the system, and the
    page faults of the next one cost more than the arithmetic on it. background: also the lowest priority."""
    if background:
        give_way()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # arithmetic on denormal numbers is a hundred times slower
    libc = ctypes.CDLL(None)
    libc.mallopt(M_MMAP_MAX, 0)
    libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    libc.mallopt(M_TOP_PAD, 64 * 2**20)
