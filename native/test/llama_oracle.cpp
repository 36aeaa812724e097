#include "llama_oracle.h"

#include <doctest/doctest.h>
#include <llama.h>

#include <algorithm>
#include <array>
#include <memory>

namespace hotset::test {
namespace {

struct Free {
  void operator()(llama_model* model) const { llama_model_free(model); }
  void operator()(llama_context* context) const { llama_free(context); }
};

}  // namespace

std::vector<float> libllama_logits(const std::filesystem::path& model, std::span<const int> tokens,
                                   int step) {
  const std::unique_ptr<llama_model, Free> loaded(llama_model_load_from_file(model.string().c_str(), [] {
    // A GPU that is there would take the weights into memory of its kind even where the CPU computes, and the
    // kernels that the CPU has for those round otherwise.
    static std::array<ggml_backend_dev_t, 1> none = {nullptr};
    llama_model_params params = llama_model_default_params();
    params.devices = none.data();
    params.n_gpu_layers = 0;
    return params;
  }()));
  REQUIRE(loaded);
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(tokens.size());
  params.n_batch = static_cast<std::uint32_t>(step);
  params.n_ubatch = static_cast<std::uint32_t>(step);
  params.n_threads = 1;
  params.n_threads_batch = 1;
  // A GPU that is there would compute long prompts with roundings of its own.
  params.offload_kqv = false;
  params.op_offload = false;
  const std::unique_ptr<llama_context, Free> context(llama_init_from_model(loaded.get(), params));
  REQUIRE(context);
  const auto vocabulary = static_cast<std::size_t>(llama_vocab_n_tokens(llama_model_get_vocab(loaded.get())));

  std::vector<float> all;
  llama_batch batch = llama_batch_init(step, 0, 1);
  for (std::size_t begin = 0; begin < tokens.size(); begin += static_cast<std::size_t>(step)) {
    batch.n_tokens = std::min(step, static_cast<int>(tokens.size() - begin));
    for (int i = 0; i < batch.n_tokens; ++i) {
      batch.token[i] = tokens[begin + static_cast<std::size_t>(i)];
      batch.pos[i] = static_cast<llama_pos>(begin) + i;
      batch.n_seq_id[i] = 1;
      batch.seq_id[i][0] = 0;
      batch.logits[i] = 1;
    }
    REQUIRE(llama_decode(context.get(), batch) == 0);
    for (int i = 0; i < batch.n_tokens; ++i) {
      const float* row = llama_get_logits_ith(context.get(), i);
      all.insert(all.end(), row, row + vocabulary);
    }
  }
  llama_batch_free(batch);
  return all;
}

}  // namespace hotset::test
