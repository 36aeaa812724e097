#include "decode/llama_context.h"

#include <llama-ext.h>

#include <algorithm>
#include <string>

#include "error.h"
#include "runtime/log.h"

namespace hotset {
namespace {

// Larger chunks gain little on a CPU, and a cancelled prefill loses the chunk it is in.
constexpr std::size_t kCpuChunk = 128;
// What llama.cpp itself takes: a GPU needs more at once.
constexpr std::size_t kGpuChunk = 512;

}  // namespace

std::size_t chunk_length(const LlamaGpu& gpu) { return gpu.layers > 0 ? kGpuChunk : kCpuChunk; }

int most_sequences(const llama_model* model) {
  return llama_model_is_recurrent(model) || llama_model_is_hybrid(model) ? 1 : kMostSequences;
}

LlamaContextHandle make_llama_context(llama_model* model, int context_length, int threads,
                                      const LlamaGpu& gpu) {
  if (llama_model_has_encoder(model) || !llama_model_has_decoder(model) || llama_model_is_diffusion(model)) {
    throw Error(ErrorKind::kBadModel, "this model does not continue text: choose a language model");
  }
  llama_context_params parameters = llama_context_default_params();
  // libllama ends the process where a batch, which is no longer than the context, has no room for one token
  // of each.
  parameters.n_ctx = static_cast<std::uint32_t>(std::max(context_length, most_sequences(model)));
  parameters.n_batch = static_cast<std::uint32_t>(chunk_length(gpu));
  parameters.n_ubatch = parameters.n_batch;
  parameters.n_seq_max = static_cast<std::uint32_t>(most_sequences(model));
  parameters.kv_unified = true;
  parameters.n_threads = threads;
  parameters.n_threads_batch = threads;
  parameters.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_AUTO;
  parameters.offload_kqv = gpu.layers > 0;
  parameters.op_offload = gpu.layers > 0;
  parameters.no_perf = true;

  const ErrorCapture errors;
  LlamaContextHandle context(llama_init_from_model(model, parameters));
  if (context) return context;
  throw Error(ErrorKind::kOutOfMemory, "llama.cpp cannot make a context of " +
                                           std::to_string(context_length) +
                                           " tokens, choose a smaller one: " + errors.reason());
}

std::uint64_t allocated_on(ggml_backend_dev_t device, const llama_context* context) {
  std::uint64_t bytes = 0;
  for (const auto& [type, sizes] : llama_get_memory_breakdown(context)) {
    if (!ggml_backend_buft_is_host(type) && ggml_backend_buft_get_device(type) == device)
      bytes += sizes.total();
  }
  return bytes;
}

}  // namespace hotset
