#include "hybrid/kv_cache.h"

#include <string>

#include "error.h"
#include "hybrid/buffer_types.h"

namespace hotset {

KvCache::KvCache(const ModelFile& model, int context_length)
    : context_length_(context_length), context_(make_context(2 * static_cast<std::size_t>(model.layers))) {
  const std::int64_t width = std::int64_t{model.kv_heads} * model.key_length;
  for (int layer = 0; layer < model.layers; ++layer) {
    keys_.push_back(ggml_new_tensor_2d(context_.get(), GGML_TYPE_F16, width, context_length));
    values_.push_back(ggml_new_tensor_2d(context_.get(), GGML_TYPE_F16, width, context_length));
  }
  buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(context_.get(), plain_buffer_type()));
  if (!buffer_) {
    throw Error(ErrorKind::kOutOfMemory, "not enough memory for a context of " +
                                             std::to_string(context_length) +
                                             " tokens; set a shorter context");
  }
  // Attention multiplies masked rows by zero before they are first written, and NaN times zero is NaN.
  ggml_backend_buffer_clear(buffer_.get(), 0);
}

}  // namespace hotset
