#include "decode/memory_check.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "decode/model_bytes.h"
#include "error.h"
#include "runtime/available_memory.h"
#include "scratch_file.h"

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

/// One layer of feed-forward matrices of 2^30 weights each.
hotset::ModelFile wide_layer(ggml_type type) {
  auto file = seven_billion();
  file.layers = 1;
  file.embedding_length = 32768;
  file.feed_forward_length = 32768;
  for (const char* name : {"ffn_gate", "ffn_up", "ffn_down"}) {
    file.tensors["blk.0." + std::string(name) + ".weight"] = {
        .type = type, .shape = {32768, 32768, 1, 1}, .offset = 0, .size = ggml_row_size(type, kGibibyte)};
  }
  return file;
}

}  // namespace

TEST_CASE("a KV cache of 4,096 tokens of Llama 7B takes 2 GiB") {
  CHECK(hotset::cache_bytes_per_token(seven_billion(), GGML_TYPE_F16) * 4096 == 2 * kGibibyte);
  // 34 bytes for 32 values.
  CHECK(hotset::cache_bytes_per_token(seven_billion(), GGML_TYPE_Q8_0) * 4096 == kGibibyte * 34 / 32);
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

TEST_CASE("what a placement puts on a GPU takes no main memory") {
  auto file = seven_billion();
  file.layers = 2;
  file.embedding_length = 4096;
  file.feed_forward_length = 8192;
  constexpr std::uint64_t kMatrix = std::uint64_t{4096} * 8192 * 2;
  constexpr std::uint64_t kHead = 77777;
  constexpr std::uint64_t kAttention = 5000;
  for (const char* layer : {"blk.0.", "blk.1."}) {
    for (const char* name : {"ffn_gate", "ffn_up", "ffn_down"}) {
      const bool down = std::string(name) == "ffn_down";
      file.tensors[std::string(layer) + name + ".weight"] = {
          .type = GGML_TYPE_F16,
          .shape = {down ? 8192 : 4096, down ? 4096 : 8192, 1, 1},
          .offset = 0,
          .size = kMatrix};
    }
    file.tensors[std::string(layer) + "attn_q.weight"].size = kAttention;
  }
  file.tensors["output.weight"].size = kHead;
  const auto need = [&](hotset::LayerPlacement first, hotset::LayerPlacement second, bool head, bool apart) {
    const hotset::Placement placement{.device = "GPU", .layers = {first, second}, .head_on_gpu = head};
    return hotset::memory_need(file,
                               {.context_length = 4096, .neurons_apart = apart, .placement = &placement});
  };
  const auto without = hotset::memory_need(file, {.context_length = 4096});
  const auto apart = hotset::memory_need(file, {.context_length = 4096, .neurons_apart = true});
  CHECK(need({}, {}, false, false) == without);
  CHECK(without - need({}, {}, true, false) == kHead);
  // 32 heads of 128 keys and values in F16.
  const std::uint64_t keys_and_values = std::uint64_t{4096} * 32 * 128 * 2 * 2;
  CHECK(without - need({.attention_on_gpu = true}, {}, false, false) == kAttention + keys_and_values);
  CHECK(without - need({.hot_on_gpu = 2048}, {}, false, false) == 3 * kMatrix / 4);
  CHECK(without - need({.hot_on_gpu = 2048}, {.hot_on_gpu = 8192}, false, false) ==
        3 * kMatrix / 4 + 3 * kMatrix);
  // A second time as rows, which a file holds for a model of this size.
  CHECK(apart - need({.hot_on_gpu = 2048}, {}, false, true) == 2 * (3 * kMatrix / 4));
}

TEST_CASE("a quantised down matrix of which a GPU has some columns takes 8 bits") {
  auto file = seven_billion();
  file.layers = 1;
  file.feed_forward_length = 64;
  file.tensors["blk.0.ffn_down.weight"] = {
      .type = GGML_TYPE_Q4_0, .shape = {64, 100, 1, 1}, .offset = 0, .size = std::uint64_t{36} * 100};
  const hotset::Placement half{.device = "GPU", .layers = {{.hot_on_gpu = 32}}};
  const auto without = hotset::memory_need(file, {.context_length = 1});
  const auto with = hotset::memory_need(file, {.context_length = 1, .placement = &half});
  CHECK(without - with == 36 * 100 - 34 * 100);
}

TEST_CASE("a placement of another model is counted as far as it goes") {
  auto file = seven_billion();
  file.feed_forward_length = 10;
  const hotset::Placement other{.device = "GPU", .layers = {{.hot_on_gpu = 99}, {.hot_on_gpu = -5}}};
  CHECK(hotset::memory_need(file, {.context_length = 1, .placement = &other}) <=
        hotset::memory_need(file, {.context_length = 1}));
}

TEST_CASE("where neurons kept apart leave no room, prompts read the feed-forward matrices from the file") {
  const auto file = wide_layer(GGML_TYPE_Q8_0);
  const hotset::MemoryUse use{.context_length = 4096, .neurons_apart = true};
  const auto need = hotset::memory_need(file, use);
  CHECK_FALSE(hotset::fitting(file, use, need).feed_forward_mapped);
  const auto less = hotset::fitting(file, use, need - 1);
  CHECK(less.feed_forward_mapped);
  CHECK(need - hotset::memory_need(file, less) == 3 * (kGibibyte / 32 * 34));
  CHECK_FALSE(hotset::fitting(file, {.context_length = 4096}, 0).feed_forward_mapped);
}

TEST_CASE("rows in a file beside the model are counted as they lie there") {
  const hotset::test::ScratchFile scratch;
  auto file = wide_layer(GGML_TYPE_Q4_0);
  file.path = scratch.path();
  const hotset::MemoryUse use{.context_length = 1, .neurons_apart = true};
  const auto arranged = hotset::memory_need(file, use);
  auto cache = scratch.path();
  cache.replace_extension(".neurons.gguf");
  std::ofstream(cache) << std::string(1000, 'x');
  const auto stored = hotset::memory_need(file, use);
  std::filesystem::remove(cache);
  // Gate and up as they are, down in 8 bits.
  CHECK(arranged - stored == kGibibyte / 32 * (18 + 18 + 34) - 1000);
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
