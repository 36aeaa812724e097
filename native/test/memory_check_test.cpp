#include "decode/memory_check.h"

#include <doctest/doctest.h>

#include "decode/model_bytes.h"
#include "error.h"
#include "runtime/available_memory.h"

namespace {

constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30U;

/// Code Llama 7B, 4 bits.
hotset::ModelFile seven_billion() {
  hotset::ModelFile file;
  file.path = "codellama-7b.gguf";
  file.size_bytes = 4 * kGibibyte;
  file.layers = 32;
  file.kv_heads = 32;
  file.key_length = 128;
  file.value_length = 128;
  return file;
}

}  // namespace

TEST_CASE("a KV cache of 4,096 tokens of Llama 7B takes 2 GiB") {
  CHECK(hotset::cache_bytes_per_token(seven_billion()) * 4096 == 2 * kGibibyte);
}

TEST_CASE("rows of neurons kept apart take what gate and up do, and the down matrix in 8 bits") {
  auto file = seven_billion();
  file.layers = 1;
  file.embedding_length = 32768;
  file.feed_forward_length = 32768;
  const auto matrix = [](ggml_type type) {
    return hotset::TensorInfo{.type = type, .shape = {32768, 32768, 1, 1}, .offset = 0, .size = kGibibyte};
  };
  file.tensors["blk.0.ffn_gate.weight"] = matrix(GGML_TYPE_F16);
  file.tensors["blk.0.ffn_up.weight"] = matrix(GGML_TYPE_F16);
  file.tensors["blk.0.ffn_down.weight"] = matrix(GGML_TYPE_Q4_0);
  const auto dense = hotset::memory_need(file, {.context_length = 4096});
  const auto exact = hotset::memory_need(file, {.context_length = 4096, .neurons_apart = true});
  // Q8_0: 34 bytes for 32 weights.
  CHECK(exact - dense == 4 * kGibibyte + kGibibyte / 32 * 34);
}

TEST_CASE("layers on a GPU take no main memory") {
  auto file = seven_billion();
  file.layers = 2;
  file.tensors["blk.0.ffn_gate.weight"].size = 1000;
  file.tensors["blk.1.ffn_gate.weight"].size = 3000;
  file.tensors["blk.1.attn_q.weight"].size = 500;
  file.tensors["blk.10.attn_q.weight"].size = 7;
  const auto need = [&](int layers) {
    return hotset::memory_need(file, {.context_length = 1, .gpu_layers = layers});
  };
  CHECK(need(1) == need(0));  // the head alone
  CHECK(need(0) - need(2) == 3500);
  CHECK(need(0) - need(3) == 4500);
  CHECK(need(0) - need(99) == 4500);
}

TEST_CASE("where neurons kept apart leave no room, prompts read the feed-forward matrices from the file") {
  auto file = seven_billion();
  file.layers = 1;
  file.embedding_length = 32768;
  file.feed_forward_length = 32768;
  for (const char* name : {"ffn_gate", "ffn_up", "ffn_down"}) {
    file.tensors["blk.0." + std::string(name) + ".weight"] = {
        .type = GGML_TYPE_Q8_0, .shape = {32768, 32768, 1, 1}, .offset = 0, .size = kGibibyte / 32 * 34};
  }
  const hotset::MemoryUse use{.context_length = 4096, .neurons_apart = true};
  const auto need = hotset::memory_need(file, use);
  CHECK_FALSE(hotset::fitting(file, use, need).feed_forward_mapped);
  const auto less = hotset::fitting(file, use, need - 1);
  CHECK(less.feed_forward_mapped);
  CHECK(need - hotset::memory_need(file, less) == 3 * (kGibibyte / 32 * 34));
  CHECK_FALSE(hotset::fitting(file, {.context_length = 4096}, 0).feed_forward_mapped);
}

TEST_CASE("token embeddings are looked up unless they are the output matrix too") {
  auto file = seven_billion();
  file.tensors["token_embd.weight"].size = kGibibyte;
  CHECK(hotset::looked_up_bytes(file) == 0);
  file.tensors["output.weight"].size = kGibibyte;
  CHECK(hotset::looked_up_bytes(file) == kGibibyte);
}

TEST_CASE("a model that fits is let through, one that does not is refused with both figures") {
  CHECK_NOTHROW(hotset::require_memory(seven_billion(), {.context_length = 4096}, 7 * kGibibyte));
  try {
    hotset::require_memory(seven_billion(), {.context_length = 4096}, 5 * kGibibyte);
    FAIL("not refused");
  } catch (const hotset::Error& error) {
    CHECK(error.kind() == hotset::ErrorKind::kOutOfMemory);
    CHECK(std::string(error.what()) ==
          "codellama-7b.gguf: the model needs 6.1 GiB of memory, 5.0 GiB are free: choose a smaller model or "
          "context, "
          "or close other programs");
  }
}

TEST_CASE("where the system does not tell, every model is let through") {
  CHECK_NOTHROW(hotset::require_memory(seven_billion(), {.context_length = 4096}, hotset::kUnknownMemory));
}

TEST_CASE("this machine has some memory, and not more than could be") {
  const auto available = hotset::available_memory();
  CHECK(available > (std::uint64_t{1} << 20U));
  CHECK((available < kGibibyte * 1024 * 1024 || available == hotset::kUnknownMemory));
}
