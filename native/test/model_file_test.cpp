// Reading GGUF headers: what a good file says, and that a bad one costs one clear line and nothing else.
#include "gguf/model_file.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "error.h"
#include "gguf.h"
#include "gguf/llama_layout.h"
#include "gguf/synthetic_model.h"
#include "scratch_file.h"
#include "sparse_models.h"

namespace {

using hotset::Activation;
using hotset::Error;
using hotset::ErrorKind;
using hotset::ModelFile;
using hotset::SyntheticModel;
using hotset::test::ScratchFile;

constexpr std::uint64_t kVersionOffset = 4;
constexpr std::uint64_t kTensorCountOffset = 8;

SyntheticModel small_model() {
  SyntheticModel description;
  description.embedding_length = 64;
  description.feed_forward_length = 96;
  description.vocabulary_size = 32;
  return description;
}

/// The message of the Error that opening `path` throws; fails the test where none comes.
std::string refusal(const std::filesystem::path& path, ErrorKind kind) {
  try {
    ModelFile::open(path);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.starts_with(path.string()));
    return message;
  }
  FAIL("opened " << path);
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::vector<char> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::filesystem::path& path, const std::vector<char>& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void patch(const std::filesystem::path& path, std::uint64_t offset, const std::vector<char>& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::uint64_t header_bytes(const std::filesystem::path& path) {
  gguf_context* context = gguf_init_from_file(path.string().c_str(), {.no_alloc = true, .ctx = nullptr});
  REQUIRE(context != nullptr);
  const std::uint64_t size = gguf_get_data_offset(context);
  gguf_free(context);
  return size;
}

/// Writes a GGUF of keys alone, as the vocabulary files of llama.cpp are.
void write_keys(const std::filesystem::path& path, const std::function<void(gguf_context*)>& set) {
  gguf_context* context = gguf_init_empty();
  set(context);
  CHECK(gguf_write_to_file(context, path.string().c_str(), true));
  gguf_free(context);
}

TEST_CASE("a synthetic model is described as it was written") {
  SyntheticModel description = small_model();
  description.activation = Activation::kDrelu;
  description.type = GGML_TYPE_Q8_0;
  description.rope.scaling_type = "yarn";
  description.rope.scaling_factor = 4.0F;
  description.rope.original_context_length = 256;
  const ScratchFile file;
  write_synthetic_model(description, file.path());

  const ModelFile model = ModelFile::open(file.path());
  CHECK(model.architecture == "llama");
  CHECK(model.activation == Activation::kDrelu);
  CHECK(model.quantisation == "Q8_0");
  CHECK(model.layers == 2);
  CHECK(model.embedding_length == 64);
  CHECK(model.feed_forward_length == 96);
  CHECK(model.heads == 4);
  CHECK(model.kv_heads == 2);
  CHECK(model.key_length == 16);
  CHECK(model.vocabulary_size == 32);
  CHECK(model.norm_epsilon == doctest::Approx(1e-5));
  CHECK(model.rope.dimensions == 16);
  CHECK(model.rope.scaling_type == "yarn");
  CHECK(model.rope.scaling_factor == 4.0F);
  CHECK(model.rope.original_context_length == 256);
  CHECK(hotset::is_llama_family(model));
  CHECK(model.tensors.at("blk.1.ffn_down.weight").shape == std::array<std::int64_t, 4>{96, 64, 1, 1});
  CHECK(model.size_bytes == std::filesystem::file_size(file.path()));
}

TEST_CASE("parameters are counted without predictors, which are no part of the model") {
  SyntheticModel description = small_model();
  description.tied_head = true;
  const ScratchFile plain;
  const ScratchFile both;
  write_synthetic_model(description, plain.path());
  const ModelFile model = ModelFile::open(plain.path());
  hotset::test::TensorFile file("llama");
  file.add_all(plain.path());
  hotset::test::add_gates_as_predictors(file, model);
  file.write(both.path());

  constexpr std::uint64_t kWidth = 64;
  constexpr std::uint64_t kAttention = 3 * kWidth * kWidth;  // half as many heads of keys and values
  constexpr std::uint64_t kLayer = kAttention + 3 * kWidth * 96 + 2 * kWidth;
  CHECK(model.parameters == 2 * kLayer + kWidth + 32 * kWidth);
  CHECK(ModelFile::open(both.path()).tensors.size() == model.tensors.size() + 4);
  CHECK(ModelFile::open(both.path()).parameters == model.parameters);
}

TEST_CASE("the same seed writes the same bytes, another seed others") {
  SyntheticModel description = small_model();
  const ScratchFile first;
  const ScratchFile second;
  write_synthetic_model(description, first.path());
  write_synthetic_model(description, second.path());
  CHECK(bytes_of(first.path()) == bytes_of(second.path()));
  description.seed = 2;
  write_synthetic_model(description, second.path());
  CHECK(bytes_of(first.path()) != bytes_of(second.path()));
}

TEST_CASE("paths that are no model file are named as what they are") {
  const ScratchFile file;
  CHECK(contains(refusal(file.path(), ErrorKind::kBadInput), "no such file"));
  const auto folder = std::filesystem::temp_directory_path();
  CHECK(contains(refusal(folder, ErrorKind::kBadInput), "is a directory"));
  write_bytes(file.path(), {});
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "not a GGUF file"));
  write_bytes(file.path(), {'h', 'e', 'l', 'l', 'o', '\n'});
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "not a GGUF file"));
  write_bytes(file.path(), {'G', 'G', 'U', 'F', 3, 0, 0, 0});
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "truncated"));
}

TEST_CASE("unsupported versions and absurd counts are refused before anything is allocated") {
  const ScratchFile file;
  write_synthetic_model(small_model(), file.path());
  for (const int version : {0, 1, 4, 99}) {
    patch(file.path(), kVersionOffset, {static_cast<char>(version), 0, 0, 0});
    CHECK(contains(refusal(file.path(), ErrorKind::kBadModel),
                   "unsupported GGUF version " + std::to_string(version)));
  }
  patch(file.path(), kVersionOffset, {3, 0, 0, 0});
  patch(file.path(), kTensorCountOffset, {0, 0, 0, 0, 0, 0, 0, 0x10});
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "damaged GGUF header"));
}

TEST_CASE("a file cut anywhere is refused, and says by how much where the header is whole") {
  const ScratchFile whole;
  write_synthetic_model(small_model(), whole.path());
  const std::vector<char> bytes = bytes_of(whole.path());
  const std::uint64_t header = header_bytes(whole.path());
  // The last tensor may be followed by padding, which nobody needs.
  const std::uint64_t needed = [&] {
    std::uint64_t end = 0;
    for (const auto& [name, info] : ModelFile::open(whole.path()).tensors)
      end = std::max(end, info.offset + info.size);
    return end;
  }();

  const ScratchFile cut;
  for (std::uint64_t length = 0; length < header; length += 3) {
    write_bytes(cut.path(), {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
    refusal(cut.path(), ErrorKind::kBadModel);
  }
  for (std::uint64_t length = header; length < needed; length += 997) {
    write_bytes(cut.path(), {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
    CHECK(
        contains(refusal(cut.path(), ErrorKind::kBadModel),
                 "truncated: expected " + std::to_string(needed) + " bytes, has " + std::to_string(length)));
  }
}

TEST_CASE("a flipped bit in the header is either harmless or one clear line") {
  const ScratchFile file;
  write_synthetic_model(small_model(), file.path());
  const std::vector<char> bytes = bytes_of(file.path());
  const std::uint64_t header = header_bytes(file.path());
  int refused = 0;
  for (std::uint64_t offset = 0; offset < header; ++offset) {
    for (int bit = 0; bit < 8; bit += 1 + static_cast<int>(offset % 3)) {
      const char original = bytes[offset];
      patch(file.path(), offset, {static_cast<char>(original ^ (1 << bit))});
      try {
        ModelFile::open(file.path());
      } catch (const Error& error) {
        ++refused;
        if (error.kind() != ErrorKind::kBadModel) FAIL("byte " << offset << ": " << error.what());
      }
      patch(file.path(), offset, {original});
    }
  }
  // Magic, version, counts, lengths, shapes and types all lie in there.
  CHECK(refused > 1000);
}

/// Where the header says of which type the last tensor of this name is: behind the name come the number of
/// its dimensions, these, and the type.
std::uint64_t type_place(const std::vector<char>& bytes, const std::string& name, int dimensions) {
  const auto found = std::find_end(bytes.begin(), bytes.end(), name.begin(), name.end());
  REQUIRE(found != bytes.end());
  return static_cast<std::uint64_t>(found - bytes.begin()) + name.size() + 4 +
         8 * static_cast<std::uint64_t>(dimensions);
}

TEST_CASE("weights of a type that only intermediate results have are refused, whoever would compute") {
  for (const ggml_type type : {GGML_TYPE_Q8_1, GGML_TYPE_Q8_K}) {
    SyntheticModel description = small_model();
    description.embedding_length = 256;
    const ScratchFile file;
    write_synthetic_model(description, file.path());
    // The last tensor, and of a larger type: nothing else is in the wrong place then.
    const std::uint64_t place = type_place(bytes_of(file.path()), "output.weight", 2);
    patch(file.path(), place, {static_cast<char>(type)});
    const std::string message = refusal(file.path(), ErrorKind::kBadModel);
    CHECK(contains(message, "output.weight is " + std::string(ggml_type_name(type))));
  }
}

TEST_CASE("a vocabulary without weights opens") {
  const ScratchFile file;
  write_keys(file.path(), [](gguf_context* context) {
    gguf_set_val_str(context, "general.architecture", "llama");
    std::array<const char*, 3> tokens = {"<unk>", "a", "b"};
    gguf_set_arr_str(context, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
  });
  const ModelFile model = ModelFile::open(file.path());
  CHECK(model.tensors.empty());
  CHECK(model.vocabulary_size == 3);
}

/// A vocabulary file with `set` keys more.
ModelFile open_with(const ScratchFile& file, const std::function<void(gguf_context*)>& set) {
  write_keys(file.path(), [&](gguf_context* context) {
    gguf_set_val_str(context, "general.architecture", "llama");
    set(context);
  });
  return ModelFile::open(file.path());
}

TEST_CASE("a file that does not say how its tokenizer splits text is told of") {
  const ScratchFile file;
  const auto with = [&](const char* model, const char* splitting) {
    return open_with(file, [&](gguf_context* context) {
      gguf_set_val_str(context, "tokenizer.ggml.model", model);
      if (splitting != nullptr) gguf_set_val_str(context, "tokenizer.ggml.pre", splitting);
    });
  };
  CHECK(with("gpt2", "qwen2").warnings.empty());
  CHECK(with("llama", nullptr).warnings.empty());
  const ModelFile model = with("gpt2", nullptr);
  REQUIRE(model.warnings.size() == 1);
  CHECK(contains(model.warnings.front(), "tokenizer.ggml.pre"));
}

TEST_CASE("an infilling token beyond the vocabulary is told of, under its present and its former key") {
  const ScratchFile file;
  const auto with = [&](const char* key, std::uint32_t token) {
    return open_with(file, [&](gguf_context* context) {
      std::array<const char*, 3> tokens = {"a", "b", "<MID>"};
      gguf_set_arr_str(context, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
      gguf_set_val_u32(context, key, token);
    });
  };
  for (const char* key : {"tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"}) {
    CAPTURE(key);
    CHECK(with(key, 2).warnings.empty());
    const ModelFile model = with(key, 3);
    REQUIRE(model.warnings.size() == 1);
    CHECK(contains(model.warnings.front(), "names token 3, beyond its vocabulary"));
    CHECK(contains(model.warnings.front(), key));
  }
}

TEST_CASE("confidence weights are four finite numbers, or left aside with a warning") {
  constexpr const char* kKey = "hotset.confidence.weights";
  const ScratchFile file;
  const auto with_floats = [&](std::vector<float> weights) {
    return open_with(file, [&](gguf_context* context) {
      gguf_set_arr_data(context, kKey, GGUF_TYPE_FLOAT32, weights.data(), weights.size());
    });
  };
  const ModelFile good = with_floats({0.5F, 1.0F, -2.0F, 0.25F});
  CHECK(good.confidence_weights == std::array<float, 4>{0.5F, 1.0F, -2.0F, 0.25F});
  CHECK(good.warnings.empty());

  const ModelFile without = open_with(file, [](gguf_context*) {});
  CHECK_FALSE(without.confidence_weights);
  CHECK(without.warnings.empty());

  const auto check_left_aside = [](const ModelFile& model) {
    CHECK_FALSE(model.confidence_weights);
    REQUIRE(model.warnings.size() == 1);
    CHECK(contains(model.warnings.front(), kKey));
  };
  check_left_aside(with_floats({}));
  check_left_aside(with_floats({1.0F, 2.0F, 3.0F}));
  check_left_aside(with_floats({1.0F, 2.0F, 3.0F, 4.0F, 5.0F}));
  check_left_aside(with_floats({1.0F, 2.0F, std::numeric_limits<float>::quiet_NaN(), 4.0F}));
  check_left_aside(with_floats({1.0F, 2.0F, std::numeric_limits<float>::infinity(), 4.0F}));
  check_left_aside(open_with(file, [&](gguf_context* context) { gguf_set_val_f32(context, kKey, 1.0F); }));
}

TEST_CASE("a model says whether it was trained to see the file's path") {
  constexpr const char* kKey = "hotset.prompt.path";
  const ScratchFile file;
  CHECK(
      open_with(file, [&](gguf_context* context) { gguf_set_val_bool(context, kKey, true); }).path_in_prompt);
  CHECK_FALSE(open_with(file, [](gguf_context*) {}).path_in_prompt);
  CHECK_FALSE(
      open_with(file, [&](gguf_context* context) { gguf_set_val_u32(context, kKey, 1); }).path_in_prompt);
}

TEST_CASE("a GGUF without an architecture is refused") {
  const ScratchFile file;
  write_keys(file.path(), [](gguf_context* context) { gguf_set_val_u32(context, "general.file_type", 1); });
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "architecture"));
}

TEST_CASE("sizes that libllama aborts on are refused here") {
  const ScratchFile file;
  SyntheticModel description = small_model();
  description.rope.scaling_type = "spiral";
  write_synthetic_model(description, file.path());
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "rope scaling type"));

  write_keys(file.path(), [](gguf_context* context) {
    gguf_set_val_str(context, "general.architecture", "llama");
    gguf_set_val_u32(context, "llama.block_count", 513);
  });
  CHECK(contains(refusal(file.path(), ErrorKind::kBadModel), "llama.block_count"));
}

TEST_CASE("a tensor whose shape contradicts the header is named") {
  const ScratchFile file;
  write_synthetic_model(small_model(), file.path());
  std::vector<char> bytes = bytes_of(file.path());
  const std::string key = "llama.feed_forward_length";
  const auto found = std::search(bytes.begin(), bytes.end(), key.begin(), key.end());
  REQUIRE(found != bytes.end());
  found[static_cast<std::ptrdiff_t>(key.size()) + 4] = 64;  // after the key comes its type, then the value
  write_bytes(file.path(), bytes);
  const std::string message = refusal(file.path(), ErrorKind::kBadModel);
  CHECK(contains(message, "blk.0.ffn_gate.weight"));
  CHECK(contains(message, "64 x 64"));
}

}  // namespace
