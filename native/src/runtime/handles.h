// Owners of ggml's objects.
#pragma once

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>

#include <cstddef>
#include <memory>

namespace hotset {

struct GgmlDeleter {
  void operator()(ggml_context* context) const { ggml_free(context); }
  void operator()(ggml_backend_buffer* buffer) const { ggml_backend_buffer_free(buffer); }
  void operator()(ggml_backend* backend) const { ggml_backend_free(backend); }
  void operator()(ggml_gallocr* allocator) const { ggml_gallocr_free(allocator); }
};

using ContextHandle = std::unique_ptr<ggml_context, GgmlDeleter>;
using BufferHandle = std::unique_ptr<ggml_backend_buffer, GgmlDeleter>;
using BackendHandle = std::unique_ptr<ggml_backend, GgmlDeleter>;
using AllocatorHandle = std::unique_ptr<ggml_gallocr, GgmlDeleter>;

/// A context for `tensors` descriptions without data.
inline ContextHandle make_context(std::size_t tensors) {
  return ContextHandle(
      ggml_init({.mem_size = ggml_tensor_overhead() * tensors, .mem_buffer = nullptr, .no_alloc = true}));
}

template <typename Visit>
void for_each_tensor(ggml_context* context, Visit visit) {
  for (ggml_tensor* tensor = ggml_get_first_tensor(context); tensor != nullptr;
       tensor = ggml_get_next_tensor(context, tensor))
    visit(tensor);
}

/// Makes tensors look as if they had data: for graphs that are measured and never computed.
inline void pretend_data(ggml_context* context) {
  static std::byte placeholder{};
  for_each_tensor(context, [](ggml_tensor* tensor) { tensor->data = &placeholder; });
}

}  // namespace hotset
