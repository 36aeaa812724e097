#include "hybrid/graph/exchange.h"

#include "error.h"
#include "hybrid/graph/placement_costs.h"
#include "runtime/buffer_types.h"

namespace hotset {
namespace {

constexpr std::size_t kTensors = 10;

Wires make_wires(ggml_context* context, const ModelFile& model, int tokens, int context_length) {
  Wires wires;
  for (ggml_tensor*& slot : wires.slots)
    slot = ggml_new_tensor_2d(context, GGML_TYPE_F32, model.embedding_length, tokens);
  wires.tokens = ggml_new_tensor_1d(context, GGML_TYPE_I32, tokens);
  wires.positions = ggml_new_tensor_1d(context, GGML_TYPE_I32, tokens);
  wires.rows = ggml_new_tensor_1d(context, GGML_TYPE_I64, tokens);
  wires.mask = ggml_new_tensor_2d(context, GGML_TYPE_F16, context_length, tokens);
  return wires;
}

}  // namespace

Exchange::Exchange(const ModelFile& model, int tokens, int context_length)
    : cpu_context_(make_context(kTensors)),
      gpu_context_(make_context(kTensors)),
      cpu_(make_wires(cpu_context_.get(), model, tokens, context_length)),
      gpu_(make_wires(gpu_context_.get(), model, tokens, context_length)) {
  // Sequences that begin alike share rows, so that together they may name more than there are.
  cpu_.cells =
      ggml_new_tensor_1d(cpu_context_.get(), GGML_TYPE_I32, std::int64_t{kMostColumns} * context_length);
  cpu_.starts = ggml_new_tensor_1d(cpu_context_.get(), GGML_TYPE_I32, kMostColumns);
}

Exchange::Exchange(const ModelFile& model, int tokens, int context_length, const Gpu* gpu)
    : Exchange(model, tokens, context_length) {
  ggml_backend_buffer_type_t host = gpu == nullptr ? plain_buffer_type() : gpu->host_memory();
  cpu_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(cpu_context_.get(), host));
  if (!cpu_buffer_) {
    throw Error(ErrorKind::kOutOfMemory, "not enough memory for a step's inputs; set a shorter context");
  }
  if (gpu == nullptr) return;
  gpu_buffer_.reset(ggml_backend_alloc_ctx_tensors_from_buft(gpu_context_.get(), gpu->memory()));
  if (!gpu_buffer_) throw GpuError("its memory does not hold a step's inputs");
}

Exchange Exchange::described(const ModelFile& model, int tokens, int context_length) {
  Exchange exchange(model, tokens, context_length);
  pretend_data(exchange.cpu_context_.get());
  pretend_data(exchange.gpu_context_.get());
  return exchange;
}

std::uint64_t Exchange::gpu_bytes() const {
  return gpu_buffer_ ? ggml_backend_buffer_get_size(gpu_buffer_.get()) : 0;
}

std::uint64_t Exchange::bytes_in(ggml_backend_buffer_type_t memory) const {
  return bytes_of(gpu_context_.get(), memory);
}

void attach(ggml_tensor* tensor, const ggml_tensor* wire) {
  if (wire->buffer == nullptr) {
    tensor->data = wire->data;  // of a graph that is only measured
  } else {
    ggml_backend_tensor_alloc(wire->buffer, tensor, wire->data);
  }
}

}  // namespace hotset
