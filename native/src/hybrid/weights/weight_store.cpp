#include "hybrid/weights/weight_store.h"

#include <numeric>
#include <utility>

#include "error.h"
#include "hybrid/placement/gpu.h"
#include "runtime/buffer_types.h"

namespace hotset {
ggml_tensor* WeightStore::new_tensor(ggml_backend_buffer_type_t type, const std::string& name,
                                     const TensorShape& shape) {
  auto& context = contexts_[type];
  // The head may take the token embedding a second time, and both devices the rotary factors.
  if (!context) context = make_context(model_.tensors.size() + 2);
  ggml_tensor* tensor = ggml_new_tensor_2d(context.get(), shape.type, shape.columns, shape.rows);
  ggml_set_name(tensor, name.c_str());
  return tensor;
}

ggml_tensor* WeightStore::add_mapped(const std::string& name, const TensorShape& shape) {
  ggml_tensor* tensor = new_tensor(nullptr, name, shape);
  mapped_.push_back({.tensor = tensor, .name = name});
  return tensor;
}

ggml_tensor* WeightStore::add(ggml_backend_buffer_type_t buffer_type, const std::string& name,
                              const TensorShape& shape, TensorSource source) {
  ggml_tensor* tensor = new_tensor(buffer_type, name, shape);
  copies_.push_back({.tensor = tensor, .source = std::move(source)});
  return tensor;
}

void WeightStore::load(ggml_backend_buffer_type_t gpu, const Progress& progress) {
  file_ = std::make_unique<MappedFile>(model_.path);
  for (const auto& [type, context] : contexts_) {
    BufferHandle buffer = allocate(type, context.get());
    if (!buffer && type != nullptr && type == gpu) throw GpuError("its memory does not hold the placement");
    if (!buffer) {
      throw Error(ErrorKind::kOutOfMemory,
                  model_.path.string() + ": not enough memory for its weights; choose a smaller model");
    }
    ggml_backend_buffer_set_usage(buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    buffers_[type] = std::move(buffer);
  }
  fill(progress);
  copies_.clear();
}

void WeightStore::pretend() {
  for (const auto& [type, context] : contexts_) pretend_data(context.get());
  copies_.clear();
}

/// Gives every tensor of `context` its address; null where there is no memory.
BufferHandle WeightStore::allocate(ggml_backend_buffer_type_t type, ggml_context* context) {
  if (type == nullptr) return map_tensors();
  if (type == plain_buffer_type()) return allocate_in_large_pages(context, memory_);
  return BufferHandle(ggml_backend_alloc_ctx_tensors_from_buft(context, type));
}

BufferHandle WeightStore::map_tensors() const {
  BufferHandle buffer(buffer_over(file_->bytes()));
  for (const auto& [tensor, name] : mapped_) {
    // ggml only reads weights; its interface has no const.
    auto* address = const_cast<std::byte*>(file_bytes(name));
    ggml_backend_tensor_alloc(buffer.get(), tensor, address);
  }
  return buffer;
}

void WeightStore::fill(const Progress& progress) const {
  const std::size_t total =
      std::accumulate(copies_.begin(), copies_.end(), std::size_t{0},
                      [](std::size_t sum, const Copy& copy) { return sum + ggml_nbytes(copy.tensor); });
  std::size_t done = 0;
  std::vector<std::byte> scratch;
  for (const auto& [tensor, source] : copies_) {
    scratch.clear();
    // Repacking buffers rearrange a tensor as it comes in: it has to come whole.
    ggml_backend_tensor_set(tensor, source(scratch), 0, ggml_nbytes(tensor));
    done += ggml_nbytes(tensor);
    progress(static_cast<double>(done) / static_cast<double>(total));
  }
}

const std::byte* WeightStore::file_bytes(const std::string& name) const {
  return file_->bytes().data() + model_.tensors.at(name).offset;
}

ggml_context* WeightStore::tensors_in(ggml_backend_buffer_type_t buffer_type) const {
  const auto found = contexts_.find(buffer_type);
  return found == contexts_.end() ? nullptr : found->second.get();
}

std::uint64_t WeightStore::bytes_in(ggml_backend_buffer_type_t buffer_type) const {
  const auto found = buffers_.find(buffer_type);
  return found == buffers_.end() ? 0 : ggml_backend_buffer_get_size(found->second.get());
}

}  // namespace hotset
