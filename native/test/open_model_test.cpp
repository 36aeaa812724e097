#include "decode/open_model.h"

#include <doctest/doctest.h>
#include <ggml.h>
#include <gguf.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "embedded_model.h"
#include "error.h"
#include "gguf/synthetic_model.h"
#include "hybrid/products/packed_products.h"
#include "scratch_file.h"

using hotset::CancelFlag;
using hotset::DecoderChoice;
using hotset::ErrorKind;
using hotset::LoadedModel;
using hotset::LoadOptions;
using hotset::Mode;

namespace {

LoadOptions options_for(const std::filesystem::path& path) {
  LoadOptions options;
  options.path = path;
  options.context_length = 256;
  options.threads = 1;
  return options;
}

LoadedModel open(const LoadOptions& options) {
  return hotset::open_model(
      options, [](double) {}, CancelFlag{false});
}

void check_refused(const LoadOptions& options, ErrorKind kind, const std::string& reason) {
  CAPTURE(reason);
  try {
    open(options);
    FAIL("not refused");
  } catch (const hotset::Error& error) {
    CAPTURE(error.what());
    CHECK(error.kind() == kind);
    CHECK(std::string(error.what()).find(reason) != std::string::npos);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
}

/// The embedded model as if it had been trained with SiLU: the key that says otherwise gets a name nobody
/// reads.
void write_silu_model(const std::filesystem::path& path) {
  std::ifstream in(hotset::test::embedded_model(), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const std::string key = "llama.hidden_activation";
  const auto at = bytes.find(key);
  REQUIRE(at != std::string::npos);
  bytes[at + key.size() - 1] = 'x';
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Writes the model anew with one of its matrices in a type that has no packed form.
void keep_in_f32(const std::filesystem::path& path, const std::string& name) {
  ggml_context* tensors = nullptr;
  gguf_context* old = gguf_init_from_file(path.string().c_str(), {.no_alloc = false, .ctx = &tensors});
  REQUIRE(old != nullptr);
  gguf_context* changed = gguf_init_empty();
  gguf_set_kv(changed, old);
  std::vector<float> values;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(old); ++i) {
    const ggml_tensor& tensor = *ggml_get_tensor(tensors, gguf_get_tensor_name(old, i));
    gguf_add_tensor(changed, &tensor);
    if (tensor.name != name) continue;
    values.resize(static_cast<std::size_t>(ggml_nelements(&tensor)));
    ggml_get_type_traits(tensor.type)->to_float(tensor.data, values.data(), ggml_nelements(&tensor));
    gguf_set_tensor_type(changed, tensor.name, GGML_TYPE_F32);
    gguf_set_tensor_data(changed, tensor.name, values.data());
  }
  REQUIRE_FALSE(values.empty());
  CHECK(gguf_write_to_file(changed, path.string().c_str(), false));
  gguf_free(changed);
  gguf_free(old);
  ggml_free(tensors);
}

}  // namespace

TEST_CASE("a ReLU model runs in the hybrid decoder, exactly, unless told otherwise") {
  LoadOptions options = options_for(hotset::test::embedded_model());
  CHECK(open(options).decoder->describe().decoder == "hybrid");
  CHECK(open(options).decoder->describe().mode == "exact");
  options.mode = Mode::kDense;
  CHECK(open(options).decoder->describe().mode == "dense");
}

TEST_CASE("a SiLU model runs in llama.cpp unless its products can be packed, or told otherwise") {
  const hotset::test::ScratchFile file;
  write_silu_model(file.path());
  keep_in_f32(file.path(), "blk.0.attn_output.weight");
  LoadOptions options = options_for(file.path());
  CHECK(open(options).decoder->describe().decoder == "llama.cpp");
  CHECK(open(options).decoder_reason.find("not all of its weights") == 0);
  CHECK(open(options).has_other_decoder);
  options.decoder = DecoderChoice::kHybrid;
  CHECK(open(options).decoder_reason == "asked for");
  CHECK(open(options).decoder->describe().decoder == "hybrid");
  CHECK(open(options).decoder->describe().mode == "dense");
}

TEST_CASE("what was measured decides where both decoders say the same, and nowhere else") {
  const hotset::test::ScratchFile file;
  write_silu_model(file.path());
  LoadOptions options = options_for(file.path());
  for (const bool is_hybrid : {true, false}) {
    options.measured = {.is_hybrid = is_hybrid, .reason = "measured"};
    const LoadedModel model = open(options);
    CHECK(model.decoder->describe().decoder == (is_hybrid ? "hybrid" : "llama.cpp"));
    CHECK(model.decoder_reason == "measured");
    CHECK_FALSE(model.has_other_decoder);
  }
  options.decoder = DecoderChoice::kHybrid;
  CHECK(open(options).decoder->describe().decoder == "hybrid");
  CHECK_FALSE(open(options).has_other_decoder);
  options = options_for(hotset::test::embedded_model());
  options.measured = {.is_hybrid = false, .reason = "measured"};
  CHECK(open(options).decoder->describe().decoder == "hybrid");
  CHECK_FALSE(open(options).has_other_decoder);
}

TEST_CASE("every product of a quantised model and of one in 16 bits can be packed, of one in F32 none") {
  for (const std::string architecture :
       {"llama", "qwen2", "qwen3", "granite", "phi3", "starcoder2", "gemma"}) {
    hotset::SyntheticModel description;
    description.architecture = architecture;
    description.embedding_length = 256;
    for (const ggml_type type : {GGML_TYPE_Q8_0, GGML_TYPE_Q4_K, GGML_TYPE_F16, GGML_TYPE_F32}) {
      description.type = type;
      const hotset::test::ScratchFile file;
      write_synthetic_model(description, file.path());
      const bool packs = type != GGML_TYPE_F32;
      CHECK(hotset::PackedProducts::can_pack_whole(hotset::ModelFile::open(file.path())) == packs);
    }
  }
}

TEST_CASE("llama.cpp refuses what it would compute wrong") {
  LoadOptions options = options_for(hotset::test::embedded_model());
  options.decoder = DecoderChoice::kLlamaCpp;
  check_refused(options, ErrorKind::kBadInput, "trained with ReLU");
  options.ignore_hidden_activation = true;
  CHECK(open(options).decoder->describe().decoder == "llama.cpp");
  options.mode = Mode::kExact;
  check_refused(options, ErrorKind::kBadInput, "no exact mode");
}

TEST_CASE("the context is no longer than what the model was trained for") {
  LoadOptions options = options_for(hotset::test::embedded_model());
  options.context_length = 1'000'000;
  const auto model = open(options);
  CHECK(model.decoder->describe().context_length == model.file.context_length);
}

TEST_CASE("options out of range are refused before anything is loaded") {
  LoadOptions options = options_for(hotset::test::embedded_model());
  options.threads = -1;
  check_refused(options, ErrorKind::kBadInput, "threads must lie between 0 and 512");
  options = options_for(hotset::test::embedded_model());
  options.context_length = 0;
  check_refused(options, ErrorKind::kBadInput, "contextLength must be at least 1");
  options = options_for(hotset::test::embedded_model());
  options.hot_threshold = 1.5;
  check_refused(options, ErrorKind::kBadInput, "hotThreshold must lie between 0 and 1");
}

TEST_CASE("a model without a vocabulary is refused") {
  const hotset::test::ScratchFile file;
  hotset::write_synthetic_model({}, file.path());
  check_refused(options_for(file.path()), ErrorKind::kBadModel, "no vocabulary");
}

TEST_CASE("loading that is given up leaves off") {
  for (const auto decoder : {DecoderChoice::kHybrid, DecoderChoice::kLlamaCpp}) {
    LoadOptions options = options_for(hotset::test::embedded_model());
    options.decoder = decoder;
    options.ignore_hidden_activation = true;
    CHECK_THROWS_WITH_AS(hotset::open_model(
                             options, [](double) {}, CancelFlag{true}),
                         "loading was given up", hotset::Error);
  }
}
