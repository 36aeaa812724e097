// PowerInfer's own files: the same model as in llama.cpp's format, and its GPU index.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "accepted_file.h"
#include "decode/open_model.h"
#include "decoding.h"
#include "error.h"
#include "file_bytes.h"
#include "neurons/gpu_index.h"
#include "neurons/profile.h"
#include "powerinfer_file.h"
#include "scratch_file.h"

using hotset::Activation;
using hotset::Error;
using hotset::GpuIndex;
using hotset::LoadedModel;
using hotset::LoadOptions;
using hotset::Mode;
using hotset::ModelFile;
using hotset::Profile;
using hotset::SyntheticModel;
using hotset::Token;
using hotset::test::content_of;
using hotset::test::kNever;
using hotset::test::relative_difference;
using hotset::test::ScratchFile;
using hotset::test::write_content;
using hotset::test::write_gpu_index;
using hotset::test::write_powerinfer_pair;

namespace {

SyntheticModel some_model(ggml_type type) {
  SyntheticModel description;
  description.activation = Activation::kRelu;
  description.layers = 3;
  description.embedding_length = 256;
  description.feed_forward_length = 512;
  description.vocabulary_size = 400;
  description.type = type;
  return description;
}

LoadedModel open(const std::filesystem::path& path, Mode mode,
                 const std::optional<std::filesystem::path>& profile = std::nullopt) {
  LoadOptions options;
  options.path = path;
  options.mode = mode;
  options.decoder = hotset::DecoderChoice::kHybrid;
  options.context_length = 256;
  options.threads = 2;
  options.hot_threshold = 0.5;
  options.profile = profile;
  return open_model(
      options, [](double) {}, kNever);
}

std::vector<Token> some_tokens() {
  std::vector<Token> tokens;
  tokens.reserve(40);
  for (Token i = 0; i < 40; ++i) tokens.push_back(3 + i * 29 % 390);
  return tokens;
}

void patch(const std::filesystem::path& path, std::size_t offset, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(byte);
}

bool reads(const std::filesystem::path& path, const ModelFile& model) {
  return hotset::test::is_accepted(path, [&] { GpuIndex::read(path, model); });
}

/// Layers with many, some and no neurons on the GPU.
std::vector<std::vector<int>> some_buckets() {
  std::vector<std::vector<int>> buckets(3);
  for (int neuron = 0; neuron < 512; neuron += 2) buckets[0].push_back(neuron);
  buckets[1] = {3, 500};
  return buckets;
}

}  // namespace

TEST_CASE("PowerInfer's files compute what the same weights compute in llama.cpp's format") {
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_Q4_0}) {
    for (const std::string architecture : {"llama", "bamboo"}) {
      CAPTURE(std::string(ggml_type_name(type)));
      CAPTURE(architecture);
      const ScratchFile powerinfer(".powerinfer.gguf");
      const ScratchFile plain;
      write_powerinfer_pair(some_model(type), architecture, powerinfer.path(), plain.path());
      const ModelFile model = ModelFile::open(powerinfer.path());
      CHECK(model.powerinfer);
      CHECK(model.architecture == "llama");
      CHECK(model.activation == (architecture == "bamboo" ? Activation::kDrelu : Activation::kRelu));

      const LoadedModel expected = open(plain.path(), Mode::kDense);
      const std::vector<float> logits = expected.decoder->all_logits(some_tokens());
      for (const Mode mode : {Mode::kDense, Mode::kExact}) {
        const LoadedModel loaded = open(powerinfer.path(), mode);
        const double difference = relative_difference(loaded.decoder->all_logits(some_tokens()), logits);
        MESSAGE(std::string(ggml_type_name(type)) << " " << architecture << ", mode "
                                                  << static_cast<int>(mode) << ": difference " << difference);
        // Rounding of inputs, and for Q4_0 of the turned matrix, as exact_test.cpp bounds it.
        CHECK(difference < (type == GGML_TYPE_Q4_0 ? 2e-2 : 2e-3));
      }
    }
  }
}

TEST_CASE("their tokenizer is libllama's, whatever the magic") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  for (const std::string architecture : {"llama", "bamboo"}) {
    write_powerinfer_pair(some_model(GGML_TYPE_F16), architecture, powerinfer.path(), plain.path());
    const LoadedModel ours = open(powerinfer.path(), Mode::kExact);
    const LoadedModel theirs = open(plain.path(), Mode::kExact);
    CHECK(ours.vocabulary.size() == 400);
    CHECK(ours.vocabulary.tokenize("def f(x):", false) == theirs.vocabulary.tokenize("def f(x):", false));
  }
}

TEST_CASE("their predictors are read, and name what the arithmetic of their weights names") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  write_powerinfer_pair(some_model(GGML_TYPE_F16), "llama", powerinfer.path(), plain.path());
  const LoadedModel loaded = open(powerinfer.path(), Mode::kPredicted);
  for (const Token token : some_tokens()) REQUIRE(loaded.decoder->append({&token, 1}, kNever));
  const auto statistics = loaded.decoder->take_statistics();
  REQUIRE(statistics);
  // Random predictors name half of all neurons.
  CHECK(statistics->computed.value_or(0.0) == doctest::Approx(0.5).epsilon(0.2));
  CHECK(loaded.decoder->describe().predictor == "learned");
}

TEST_CASE("PowerInfer's other architectures are refused by name") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  for (const std::string architecture : {"falcon", "opt"}) {
    write_powerinfer_pair(some_model(GGML_TYPE_F16), architecture, powerinfer.path(), plain.path());
    CHECK_THROWS_WITH_AS(ModelFile::open(powerinfer.path()), doctest::Contains(architecture.c_str()), Error);
  }
}

TEST_CASE("a plain file under PowerInfer's magic, and the other way round, are refused") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  write_powerinfer_pair(some_model(GGML_TYPE_F16), "llama", powerinfer.path(), plain.path());
  hotset::test::set_magic(powerinfer.path(), "GGUF");
  CHECK_THROWS_WITH_AS(ModelFile::open(powerinfer.path()), doctest::Contains("ffn_down.weight is missing"),
                       Error);
  hotset::test::set_magic(plain.path(), "PWRI");
  CHECK_THROWS_WITH_AS(ModelFile::open(plain.path()), doctest::Contains("ffn_down_t.weight is missing"),
                       Error);
  hotset::test::set_magic(plain.path(), "PWRX");
  CHECK_THROWS_WITH_AS(ModelFile::open(plain.path()), doctest::Contains("not a GGUF file"), Error);
}

TEST_CASE("a PowerInfer file that is cut or has a flipped bit in its header is never a crash") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  write_powerinfer_pair(some_model(GGML_TYPE_F16), "llama", powerinfer.path(), plain.path());
  const std::vector<char> whole = content_of(powerinfer.path());
  std::uint64_t header = whole.size();
  for (const auto& [name, info] : ModelFile::open(powerinfer.path()).tensors)
    header = std::min(header, info.offset);

  const ScratchFile bad;
  for (std::size_t length = 0; length < header; length += 61) {
    write_content(bad.path(), whole, length);
    CHECK_THROWS_AS(ModelFile::open(bad.path()), Error);
  }
  int refused = 0;
  for (std::size_t offset = 4; offset < header; offset += 7) {
    const char flipped = static_cast<char>(whole[offset] ^ (1 << (offset % 8)));
    patch(powerinfer.path(), offset, flipped);
    try {
      ModelFile::open(powerinfer.path());
    } catch (const Error& error) {
      ++refused;
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
    }
    patch(powerinfer.path(), offset, whole[offset]);
  }
  CHECK(refused > 100);
}

TEST_CASE("a GPU index beside the model says who is hot") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  const ScratchFile index(".gguf.generated.gpuidx");
  write_powerinfer_pair(some_model(GGML_TYPE_F16), "llama", powerinfer.path(), plain.path());
  const ModelFile model = ModelFile::open(powerinfer.path());
  CHECK(gpu_index_path(model) == powerinfer.path().string() + ".generated.gpuidx");
  write_gpu_index(index.path(), some_buckets(), model.feed_forward_length);

  const GpuIndex read = GpuIndex::read(index.path(), model);
  CHECK(read.vram_bytes == 1ULL << 30U);
  CHECK(std::count(read.on_gpu[0].begin(), read.on_gpu[0].end(), true) == 256);
  CHECK(read.on_gpu[1][3]);
  CHECK_FALSE(read.on_gpu[1][4]);
  CHECK(Profile::read(index.path(), model).frequencies[1][500] == 1.0F);

  const LoadedModel given = open(powerinfer.path(), Mode::kExact, index.path());
  CHECK(given.decoder->describe().hot_share == doctest::Approx(258.0 / 512 / 3));
  CHECK(open(powerinfer.path(), Mode::kExact).decoder->describe().hot_share == 0.0);
  std::filesystem::copy_file(index.path(), gpu_index_path(model));
  const LoadedModel found = open(powerinfer.path(), Mode::kExact);
  CHECK(found.decoder->describe().hot_share == doctest::Approx(258.0 / 512 / 3));
  CHECK(found.decoder->all_logits(some_tokens()).size() == some_tokens().size() * 400);
  std::filesystem::remove(gpu_index_path(model));
}

TEST_CASE("a GPU index that is another's, contradicts itself or is damaged is refused in one line") {
  const ScratchFile powerinfer;
  const ScratchFile plain;
  const ScratchFile index(".gpuidx");
  write_powerinfer_pair(some_model(GGML_TYPE_F16), "llama", powerinfer.path(), plain.path());
  const ModelFile model = ModelFile::open(powerinfer.path());
  const auto buckets = some_buckets();
  CHECK_FALSE(reads(index.path(), model));
  CHECK_FALSE(reads(powerinfer.path(), model));
  write_gpu_index(index.path(), {buckets[0], buckets[1]}, model.feed_forward_length);
  CHECK_FALSE(reads(index.path(), model));
  write_gpu_index(index.path(), buckets, model.feed_forward_length + 32);
  CHECK_FALSE(reads(index.path(), model));
  write_gpu_index(index.path(), buckets, model.feed_forward_length);
  CHECK(reads(index.path(), model));

  const std::vector<char> whole = content_of(index.path());
  const ScratchFile bad(".gpuidx");
  for (std::size_t length = 0; length < whole.size() - 32; length += 37) {
    write_content(bad.path(), whole, length);
    CHECK_FALSE(reads(bad.path(), model));
  }
  const std::uint64_t data = ModelFile::open_tensors(index.path()).tensors.at("blk.0.gpu_idx").offset;
  int refused = 0;
  for (std::size_t offset = 0; offset < whole.size(); offset += offset < data ? 1 : 4) {
    std::vector<char> changed = whole;
    changed[offset] = static_cast<char>(changed[offset] ^ (1 << (offset % 8)));
    write_content(bad.path(), changed, changed.size());
    if (!reads(bad.path(), model)) ++refused;
  }
  CHECK(refused > 1000);
}
