"""How the embedded Hotset model is made: corpus -> tokenizer -> training -> evaluation -> GGUF. See README.md."""
