#include "runtime/buffer_types.h"

#include <ggml-alloc.h>

#include <new>

#include "runtime/backends.h"

namespace hotset {
namespace {

bool supports_product(ggml_backend_buffer_type_t buffer_type, ggml_type type, std::int64_t columns,
                      std::int64_t rows) {
  const ContextHandle context = make_context(3);
  ggml_tensor* weight = ggml_new_tensor_2d(context.get(), type, columns, rows);
  ggml_tensor* input = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, columns, 1);
  ggml_tensor* product = ggml_mul_mat(context.get(), weight, input);
  // The backend looks at the buffer that the weight lies in, so there has to be one.
  const BufferHandle empty(ggml_backend_buft_alloc_buffer(buffer_type, 0));
  weight->buffer = empty.get();
  return ggml_backend_dev_supports_op(cpu_backend().device, product);
}

ggml_backend_buffer_type_t* extra_buffer_types() {
  ggml_backend_dev_t device = cpu_backend().device;
  void* function = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device),
                                                     "ggml_backend_dev_get_extra_bufts");
  if (function == nullptr) return nullptr;
  return reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(function)(device);
}

}  // namespace

ggml_backend_buffer_type_t plain_buffer_type() { return ggml_backend_dev_buffer_type(cpu_backend().device); }

ggml_backend_buffer_type_t fastest_for_products(ggml_type type, std::int64_t columns, std::int64_t rows) {
  ggml_backend_buffer_type_t* candidates = extra_buffer_types();
  if (candidates == nullptr) return nullptr;
  for (; *candidates != nullptr; ++candidates) {
    if (supports_product(*candidates, type, columns, rows)) return *candidates;
  }
  return nullptr;
}

std::uint64_t bytes_of(ggml_context* context, ggml_backend_buffer_type_t type) {
  const std::size_t alignment = ggml_backend_buft_get_alignment(type);
  std::uint64_t bytes = 0;
  for_each_tensor(context, [&](const ggml_tensor* tensor) {
    bytes += GGML_PAD(ggml_backend_buft_get_alloc_size(type, tensor), alignment);
  });
  return bytes;
}

BufferHandle allocate_in_large_pages(ggml_context* context, LargeMemory& memory) {
  try {
    memory = LargeMemory(ggml_backend_alloc_ctx_tensors_from_buft_size(context, plain_buffer_type()));
  } catch (const std::bad_alloc&) {
    return {};
  }
  BufferHandle buffer(buffer_over(memory.bytes()));
  ggml_tallocr allocator = ggml_tallocr_new(buffer.get());
  bool fits = true;
  for_each_tensor(context, [&](ggml_tensor* tensor) {
    fits = fits && ggml_tallocr_alloc(&allocator, tensor) == GGML_STATUS_SUCCESS;
  });
  return fits ? std::move(buffer) : BufferHandle();
}

ggml_backend_buffer_t buffer_over(std::span<const std::byte> memory) {
  // ggml's interface has no const; nothing writes into a buffer of weights.
  return ggml_backend_dev_buffer_from_host_ptr(cpu_backend().device, const_cast<std::byte*>(memory.data()),
                                               memory.size(), memory.size());
}

}  // namespace hotset
