"""How the embedded Hotset model is made: corpus -> tokenizer -> training -> evaluation -> GGUF. See README.md."""

import os

# Before PyTorch loads OpenMP: a thread that waits for a busy core sleeps, instead of spinning on the other one.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
