// A tokenizer for models without meaning: bytes, and words that no text holds.
#pragma once

#include <gguf.h>

namespace hotset {

/// Sets the keys of a SentencePiece vocabulary of `size` tokens that libllama loads and that tokenizes any
/// text, into bytes. Precondition: size > 259.
void set_shape_vocabulary(gguf_context* keys, int size);

}  // namespace hotset
