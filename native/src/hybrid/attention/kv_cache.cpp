#include "hybrid/attention/kv_cache.h"

#include <algorithm>
#include <string>

#include "error.h"
#include "hybrid/placement/gpu.h"
#include "runtime/buffer_types.h"

namespace hotset {
namespace {

/// Attention multiplies masked rows by zero before they are first written, and NaN times zero is NaN.
void clear(const BufferHandle& buffer) { ggml_backend_buffer_clear(buffer.get(), 0); }

std::span<std::byte> row_of(const ggml_tensor* tensor, std::int32_t cell) {
  auto* first = static_cast<std::byte*>(tensor->data);
  return {first + static_cast<std::size_t>(cell) * tensor->nb[1], tensor->nb[1]};
}

}  // namespace

KvCache::KvCache(const ModelFile& model, int context_length, const Layout& layout, ggml_type type,
                 Undefined /*undefined*/)
    : context_length_(context_length),
      cpu_context_(make_context(2 * static_cast<std::size_t>(model.layers))),
      gpu_context_(make_context(2 * static_cast<std::size_t>(model.layers))) {
  const std::int64_t width = std::int64_t{model.kv_heads} * model.key_length;
  for (int layer = 0; layer < model.layers; ++layer) {
    const bool is_on_gpu = layout.attention(layer) == Device::kGpu;
    ggml_context* context = is_on_gpu ? gpu_context_.get() : cpu_context_.get();
    for (auto* tensors : {&keys_, &values_}) {
      tensors->push_back(
          ggml_new_tensor_2d(context, is_on_gpu ? GGML_TYPE_F16 : type, width, context_length));
    }
  }
}

KvCache::KvCache(const ModelFile& model, int context_length, const Layout& layout, ggml_type type)
    : KvCache(model, context_length, layout, type, Undefined{}) {
  if (ggml_get_first_tensor(gpu_context_.get()) != nullptr) {
    gpu_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(gpu_context_.get(), layout.gpu));
    if (!gpu_buffer_) throw GpuError("its memory does not hold the KV cache");
    clear(gpu_buffer_);
  }
  if (ggml_get_first_tensor(cpu_context_.get()) == nullptr) return;
  cpu_buffer_ = allocate_in_large_pages(cpu_context_.get(), cpu_memory_);
  if (!cpu_buffer_) {
    throw Error(ErrorKind::kOutOfMemory, "not enough memory for a context of " +
                                             std::to_string(context_length) +
                                             " tokens; set a shorter context");
  }
  clear(cpu_buffer_);
}

KvCache KvCache::described(const ModelFile& model, int context_length, const Layout& layout, ggml_type type) {
  KvCache cache(model, context_length, layout, type, Undefined{});
  pretend_data(cache.cpu_context_.get());
  pretend_data(cache.gpu_context_.get());
  return cache;
}

std::size_t KvCache::token_bytes() const {
  std::size_t bytes = 0;
  for (const auto* tensors : {&keys_, &values_}) {
    for (const ggml_tensor* tensor : *tensors) bytes += tensor->nb[1];
  }
  return bytes;
}

std::vector<std::byte> KvCache::rows(std::span<const std::int32_t> cells) const {
  std::vector<std::byte> rows;
  rows.reserve(cells.size() * token_bytes());
  for (std::size_t layer = 0; layer < keys_.size(); ++layer) {
    for (const ggml_tensor* tensor : {keys_[layer], values_[layer]}) {
      for (const std::int32_t cell : cells) {
        const auto row = row_of(tensor, cell);
        rows.insert(rows.end(), row.begin(), row.end());
      }
    }
  }
  return rows;
}

void KvCache::write_rows(std::span<const std::int32_t> cells, std::span<const std::byte> rows) {
  for (std::size_t layer = 0; layer < keys_.size(); ++layer) {
    for (const ggml_tensor* tensor : {keys_[layer], values_[layer]}) {
      for (const std::int32_t cell : cells) {
        const auto row = row_of(tensor, cell);
        std::ranges::copy(rows.first(row.size()), row.begin());
        rows = rows.subspan(row.size());
      }
    }
  }
}

std::uint64_t KvCache::gpu_bytes() const {
  return gpu_buffer_ ? ggml_backend_buffer_get_size(gpu_buffer_.get()) : 0;
}

}  // namespace hotset
