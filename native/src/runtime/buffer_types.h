// The kinds of memory that ggml's CPU backend computes from.
#pragma once

#include <ggml-backend.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/handles.h"
#include "runtime/large_memory.h"

namespace hotset {

/// Ordinary memory.
ggml_backend_buffer_type_t plain_buffer_type();

/// The buffer type with a faster product for such a matrix (rows interleaved for the processor's
/// instructions), or null where there is none. Rows cannot be looked up in it, nor the bytes read back.
ggml_backend_buffer_type_t fastest_for_products(ggml_type type, std::int64_t columns, std::int64_t rows);

/// What ggml allocates for the tensors of `context` in memory of such a type.
std::uint64_t bytes_of(ggml_context* context, ggml_backend_buffer_type_t type);

/// Gives every tensor of `context` its address in `memory`, which becomes as large as they need: ggml's own
/// plain buffers lie in small pages. Null where there is no memory. `memory` has to outlive the buffer.
BufferHandle allocate_in_large_pages(ggml_context* context, LargeMemory& memory);

/// A buffer over memory that is there already and outlives it; null on failure. The caller frees the buffer.
ggml_backend_buffer_t buffer_over(std::span<const std::byte> memory);

}  // namespace hotset
