// Files of which one field is broken, such as libllama ends the process on: each is refused by one clear
// line.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

#include "../fuzz/gguf_image.h"
#include "error.h"
#include "file_bytes.h"
#include "gguf/model_file.h"
#include "gguf/synthetic_model.h"
#include "neurons/predictor_file.h"
#include "neurons/profile.h"
#include "scratch_file.h"

using hotset::Error;
using hotset::ModelFile;
using hotset::Profile;
using hotset::SelectionCurve;
using hotset::SyntheticModel;
using hotset::fuzz::GgufImage;
using hotset::fuzz::GgufKey;
using hotset::fuzz::GgufTensor;
using hotset::test::content_of;
using hotset::test::ScratchFile;

namespace {

using Breaking = std::function<void(GgufImage&)>;

SyntheticModel small_model() {
  SyntheticModel description;
  description.embedding_length = 64;
  description.feed_forward_length = 96;
  description.vocabulary_size = 32;
  return description;
}

template <typename T>
hotset::fuzz::Bytes value_of(T value) {
  hotset::fuzz::Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

hotset::fuzz::Bytes text_of(const std::string& text) {
  const std::uint64_t size = text.size();
  hotset::fuzz::Bytes bytes(sizeof size + text.size());
  std::memcpy(bytes.data(), &size, sizeof size);
  std::ranges::copy(text, bytes.begin() + sizeof size);
  return bytes;
}

/// Sets the key, a new one where there is none of this name.
void set(GgufImage& image, const std::string& name, std::uint32_t type, const hotset::fuzz::Bytes& value) {
  const auto found = std::ranges::find(image.keys, name, &GgufKey::name);
  if (found == image.keys.end()) {
    image.keys.push_back({name, type, value});
  } else {
    *found = {name, type, value};
  }
}

Breaking number(const std::string& name, std::uint32_t value) {
  return [=](GgufImage& image) { set(image, name, GGUF_TYPE_UINT32, value_of(value)); };
}

void rewrite(const std::filesystem::path& path, const Breaking& break_it) {
  const std::vector<char> bytes = content_of(path);
  auto image = GgufImage::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE(image);
  break_it(*image);
  const hotset::fuzz::Bytes broken = image->bytes();
  hotset::test::write_content(path, {broken.begin(), broken.end()}, broken.size());
}

/// What reading says of the file, which must be refused.
std::string refusal(const std::filesystem::path& path, const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(error.kind() == hotset::ErrorKind::kBadModel);
    CHECK(message.starts_with(path.string()));
    CHECK(std::ranges::none_of(message, [](char c) { return static_cast<unsigned char>(c) < ' '; }));
    return message;
  }
  FAIL("was accepted: " << path);
  return {};
}

void check_refused(const Breaking& break_it, const std::string& reason) {
  const ScratchFile file;
  write_synthetic_model(small_model(), file.path());
  rewrite(file.path(), break_it);
  const std::string message = refusal(file.path(), [&] { ModelFile::open(file.path()); });
  CHECK_MESSAGE(message.find(reason) != std::string::npos, message);
}

}  // namespace

TEST_CASE("hostile files: taken apart and put together a model is the same bytes") {
  const ScratchFile file;
  write_synthetic_model(small_model(), file.path());
  const std::vector<char> before = content_of(file.path());
  rewrite(file.path(), [](GgufImage& image) { image.lay_out(); });
  CHECK(content_of(file.path()) == before);
}

TEST_CASE("hostile files: an alignment that ggml asserts against is refused") {
  check_refused(number("general.alignment", 8), "multiples of 8 bytes");
}

TEST_CASE("hostile files: weights of types that ggml has no products with are refused") {
  for (const ggml_type type : {GGML_TYPE_I16, GGML_TYPE_I32, GGML_TYPE_F64}) {
    check_refused(
        [=](GgufImage& image) {
          image.tensors.back().type = static_cast<std::uint32_t>(type);
          image.lay_out();
        },
        ggml_type_name(type));
  }
}

TEST_CASE("hostile files: names of control characters are refused, and not repeated") {
  check_refused([](GgufImage& image) { image.tensors.front().name = "line\nfeed"; }, "control characters");
  check_refused(
      [](GgufImage& image) { set(image, "general.architecture", GGUF_TYPE_STRING, text_of("a\nb")); },
      "general.architecture");
  check_refused(
      [](GgufImage& image) { set(image, "llama.rope.scaling.type", GGUF_TYPE_STRING, text_of("a\x1B[2J")); },
      "rope scaling type");
}

TEST_CASE(
    "hostile files: what libllama asserts of layers and experts is refused, whatever the architecture") {
  check_refused(number("llama.nextn_predict_layers", 3), "nextn_predict_layers");
  check_refused(number("llama.expert_used_count", 1), "of its 0 experts it uses 1");
  check_refused(number("llama.expert_count", 4), "of its 4 experts it uses 0");
  check_refused(number("llama.expert_group_count", 2), "groups");
  check_refused(
      [](GgufImage& image) {
        number("llama.expert_count", 4)(image);
        number("llama.expert_used_count", 2)(image);
        number("llama.expert_group_count", 3)(image);
      },
      "groups");
  check_refused(
      [](GgufImage& image) { set(image, "general.architecture", GGUF_TYPE_STRING, text_of("clip")); }, "");
}

TEST_CASE("hostile files: heads whose keys would overflow a KV cache's size are refused") {
  check_refused(
      [](GgufImage& image) {
        // Of an architecture whose tensors only libllama knows.
        set(image, "general.architecture", GGUF_TYPE_STRING, text_of("other"));
        for (const char* size : {"block_count", "context_length", "embedding_length"}) {
          number(std::string("other.") + size, 512)(image);
        }
        number("other.attention.head_count", 1U << 28U)(image);
        number("other.attention.key_length", 1U << 28U)(image);
      },
      "attention heads");
}

TEST_CASE("hostile files: a part that does not say which it is, as libllama reads it, is refused") {
  const ScratchFile first("-00001-of-00002.gguf");
  const std::string name = first.path().string();
  const std::filesystem::path second = name.substr(0, name.size() - 19) + "00002-of-00002.gguf";
  write_synthetic_model(small_model(), first.path());
  const auto put = [](const char* key, std::uint16_t value) {
    return [=](GgufImage& image) { set(image, key, GGUF_TYPE_UINT16, value_of(value)); };
  };
  rewrite(first.path(), [&](GgufImage& image) {
    put("split.no", 0)(image);
    put("split.count", 2)(image);
  });
  const auto with_second = [&](const Breaking& break_it) {
    GgufImage part;
    break_it(part);
    const hotset::fuzz::Bytes bytes = part.bytes();
    hotset::test::write_content(second, {bytes.begin(), bytes.end()}, bytes.size());
  };

  with_second(put("split.no", 1));
  CHECK(ModelFile::open(first.path()).parts == 2);
  for (const Breaking& broken :
       std::array<Breaking, 3>{put("split.no", 0), put("split", 1), number("split.no", 1)}) {
    with_second(broken);
    const std::string message = refusal(second, [&] { ModelFile::open(first.path()); });
    CHECK(message.find("is called part 2 of a divided model, but does not say so") != std::string::npos);
  }
  std::filesystem::remove(second);
}

TEST_CASE("hostile files: what lies in several parts is checked as a whole, as one file is") {
  const ScratchFile first("-00001-of-00002.gguf");
  const std::string name = first.path().string();
  const std::filesystem::path second = name.substr(0, name.size() - 19) + "00002-of-00002.gguf";
  write_synthetic_model(small_model(), first.path());
  const std::vector<char> bytes = content_of(first.path());
  const auto whole = GgufImage::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE(whole);
  const auto write_part = [](const std::filesystem::path& path, GgufImage part, std::uint16_t number) {
    set(part, "split.no", GGUF_TYPE_UINT16, value_of(number));
    set(part, "split.count", GGUF_TYPE_UINT16, value_of(std::uint16_t{2}));
    part.lay_out();
    const hotset::fuzz::Bytes written = part.bytes();
    hotset::test::write_content(path, {written.begin(), written.end()}, written.size());
  };
  const auto open_with = [&](const std::function<void(GgufTensor&)>& break_it) {
    GgufImage front = *whole;
    GgufImage back;
    const auto norm = std::ranges::find(front.tensors, "output_norm.weight", &GgufTensor::name);
    back.tensors.push_back(*norm);
    front.tensors.erase(norm);
    break_it(back.tensors[0]);
    write_part(first.path(), front, 0);
    write_part(second, back, 1);
    return ModelFile::open(first.path());
  };
  const auto check_refused_by = [&](const std::filesystem::path& part, const char* reason,
                                    const std::function<void(GgufTensor&)>& break_it) {
    const std::string message = refusal(part, [&] { open_with(break_it); });
    CHECK_MESSAGE(message.find(reason) != std::string::npos, message);
  };

  CHECK(open_with([](GgufTensor&) {}).parts == 2);
  check_refused_by(second, "must be F32", [](GgufTensor& norm) { norm.type = GGML_TYPE_F16; });
  check_refused_by(second, "before it", [](GgufTensor& norm) { norm.name = "blk.0.ffn_norm.weight"; });
  check_refused_by(first.path(), "is missing", [](GgufTensor& norm) { norm.name = "other"; });
  check_refused_by(first.path(), "have the shape", [](GgufTensor& norm) { norm.shape[0] /= 2; });
  std::filesystem::remove(second);
}

TEST_CASE("hostile files: norms and biases of architectures that only libllama knows are F32") {
  for (const char* name : {"blk.0.post_norm.weight", "blk.0.ssm_dt.bias"}) {
    check_refused(
        [&](GgufImage& image) {
          set(image, "general.architecture", GGUF_TYPE_STRING, text_of("other"));
          for (const char* size : {"block_count", "context_length", "embedding_length"}) {
            number(std::string("other.") + size, 512)(image);
          }
          image.tensors.push_back({.name = name, .shape = {64}, .type = GGML_TYPE_F16});
          image.lay_out();
        },
        std::string(name) + " is f16, but norms and biases must be F32");
  }
}

TEST_CASE("hostile files: a token called as libllama calls an empty one is there twice") {
  const ScratchFile file;
  gguf_context* keys = gguf_init_empty();
  gguf_set_val_str(keys, "general.architecture", "llama");
  std::array<const char*, 3> tokens = {"a", "", "[EMPTY_1]"};
  gguf_set_arr_str(keys, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
  CHECK(gguf_write_to_file(keys, file.path().string().c_str(), true));
  gguf_free(keys);
  CHECK(refusal(file.path(), [&] { ModelFile::open(file.path()); }).find("twice") != std::string::npos);
}

TEST_CASE(
    "hostile files: a profile's curves are there for every layer or for none, its sparsity is a share") {
  const ScratchFile model_path;
  write_synthetic_model(small_model(), model_path.path());
  const ModelFile model = ModelFile::open(model_path.path());
  const auto layers = static_cast<std::size_t>(model.layers);
  Profile whole;
  whole.frequencies.assign(layers, std::vector<float>(96, 0.5F));
  whole.sparsity = 0.5F;
  const std::vector<float> rising(SelectionCurve::kPoints, 1.0F);
  for (auto& curves : whole.curves) curves.assign(layers, {.scores = rising, .left_out = rising});
  whole.gate_weights.assign(layers, std::vector<float>(96, 1.0F));

  const auto refused = [&](const Breaking& break_it) {
    const ScratchFile file;
    whole.write(file.path());
    CHECK_NOTHROW(Profile::read(file.path(), model));
    rewrite(file.path(), break_it);
    return refusal(file.path(), [&] { Profile::read(file.path(), model); });
  };
  for (const char* name : {"blk.1.gate_magnitude_quantiles", "blk.0.product_left_out", "blk.0.gate_weight"}) {
    const std::string message = refused([&](GgufImage& image) {
      std::ranges::find(image.tensors, std::string(name), &hotset::fuzz::GgufTensor::name)->name = "none";
    });
    CHECK(message.find("some layers") != std::string::npos);
  }
  for (const float sparsity : {-0.5F, 2.0F, std::numeric_limits<float>::quiet_NaN()}) {
    const std::string message = refused([&](GgufImage& image) {
      set(image, "hotset.profile.sparsity", GGUF_TYPE_FLOAT32, value_of(sparsity));
    });
    CHECK(message.find("no share") != std::string::npos);
  }
}
