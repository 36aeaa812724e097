// Writes what fuzzing begins with, all of it made by our own writers:
//
//     hotset_fuzz_seeds FOLDER
//
// Each target's inputs go to FOLDER/TARGET.
#include <array>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "../test/powerinfer_file.h"
#include "gguf/gguf_stream.h"
#include "gguf_image.h"
#include "hybrid/weights/neuron_cache_store.h"
#include "neurons/profile.h"
#include "parts.h"
#include "shapes/shape_vocabulary.h"
#include "targets/beside_model.h"
#include "targets/caches.h"

namespace fs = std::filesystem;
using namespace hotset;
using fuzz::GgufImage;

namespace {

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}

  /// A file of this name for the target, in a folder that is there.
  fs::path place(const std::string& target, const std::string& name) const {
    fs::create_directories(folder_ / target);
    return folder_ / target / name;
  }

  void put(const std::string& target, const std::string& name, const fuzz::Bytes& bytes) const {
    std::ofstream(place(target, name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

 private:
  fs::path folder_;
};

fuzz::Bytes content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

GgufImage image_of(const fs::path& path) { return GgufImage::parse(content_of(path)).value(); }

/// Keys as ggml writes them.
GgufImage keys_of(const std::function<void(gguf_context*)>& set) {
  const fs::path path = fuzz::scratch_folder() / "keys.gguf";
  gguf_context* context = gguf_init_empty();
  set(context);
  gguf_write_to_file(context, path.c_str(), true);
  gguf_free(context);
  return image_of(path);
}

void add_keys(GgufImage& image, const GgufImage& others) {
  std::erase_if(image.keys, [](const fuzz::GgufKey& key) { return key.name.starts_with("tokenizer."); });
  image.keys.insert(image.keys.end(), others.keys.begin(), others.keys.end());
}

constexpr int kTokens = 260;

SyntheticModel whole_model(const std::string& architecture) {
  SyntheticModel description = fuzz::small_model();
  description.architecture = architecture;
  description.layers = 1;
  description.vocabulary_size = kTokens;
  const bool rectified = architecture == "llama";
  description.activation = rectified ? Activation::kRelu : find_architecture(architecture)->activation;
  description.tied_head = true;
  return description;
}

GgufImage model_image(const SyntheticModel& description) {
  const fs::path path = fuzz::scratch_folder() / "seed.gguf";
  write_synthetic_model(description, path);
  GgufImage image = image_of(path);
  add_keys(image, keys_of([](gguf_context* keys) { set_shape_vocabulary(keys, kTokens); }));
  return image;
}

/// The tensors in turns to `count` files, each of which says which one it is.
fuzz::Bytes divided(const GgufImage& whole, std::uint16_t count) {
  std::vector<fuzz::Bytes> parts;
  for (std::uint16_t part = 0; part < count; ++part) {
    GgufImage image = keys_of([&](gguf_context* keys) {
      gguf_set_val_u16(keys, "split.no", part);
      gguf_set_val_u16(keys, "split.count", count);
      gguf_set_val_i32(keys, "split.tensors.count", static_cast<std::int32_t>(whole.tensors.size()));
    });
    if (part == 0) image.keys.insert(image.keys.begin(), whole.keys.begin(), whole.keys.end());
    for (std::size_t i = part; i < whole.tensors.size(); i += count)
      image.tensors.push_back(whole.tensors[i]);
    image.data = whole.data;
    image.lay_out();
    parts.push_back(image.bytes());
  }
  return fuzz::joined(parts);
}

void write_models(const Seeds& seeds) {
  for (const char* architecture : {"llama", "qwen2", "qwen3", "granite", "phi3", "starcoder2", "gemma"}) {
    const GgufImage image = model_image(whole_model(architecture));
    for (const char* target : {"gguf", "model"}) seeds.put(target, architecture, image.bytes());
  }
  SyntheticModel half = whole_model("llama");
  half.activation = Activation::kSilu;
  half.type = GGML_TYPE_F16;
  const GgufImage plain = model_image(half);
  for (const char* target : {"gguf", "model"}) seeds.put(target, "llama-silu", plain.bytes());
  seeds.put("split", "two", divided(plain, 2));
  seeds.put("split", "three", divided(plain, 3));

  const fs::path powerinfer = seeds.place("powerinfer", "llama");
  test::write_powerinfer_pair(whole_model("llama"), "llama", powerinfer,
                              fuzz::scratch_folder() / "plain.gguf");
  test::write_powerinfer_pair(whole_model("llama"), "bamboo", seeds.place("powerinfer", "bamboo"),
                              fuzz::scratch_folder() / "plain.gguf");
}

/// As GPT-2's: every byte a token, and a few merges.
void set_byte_pairs(gguf_context* keys) {
  std::vector<std::string> tokens;
  for (char letter = '!'; letter <= '~'; ++letter) tokens.emplace_back(1, letter);
  for (const char* more :
       {"ab", "abc", "in", "\xC4\xA0",
        "\xC4\xA0"
        "in",
        "\xC4\x8A", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|endoftext|>"}) {
    tokens.emplace_back(more);
  }
  std::vector<const char*> texts;
  std::vector<std::int32_t> types(tokens.size(), 1);
  for (const std::string& token : tokens) texts.push_back(token.c_str());
  std::fill(types.end() - 4, types.end(), 3);
  std::array<const char*, 4> merges = {"a b", "ab c", "i n", "\xC4\xA0 in"};
  gguf_set_val_str(keys, "tokenizer.ggml.model", "gpt2");
  gguf_set_val_str(keys, "tokenizer.ggml.pre", "qwen2");
  gguf_set_arr_str(keys, "tokenizer.ggml.tokens", texts.data(), texts.size());
  gguf_set_arr_str(keys, "tokenizer.ggml.merges", merges.data(), merges.size());
  gguf_set_arr_data(keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
  const auto last = static_cast<std::uint32_t>(tokens.size() - 1);
  gguf_set_val_u32(keys, "tokenizer.ggml.eos_token_id", last);
  gguf_set_val_u32(keys, "tokenizer.ggml.fim_pre_token_id", last - 3);
  gguf_set_val_bool(keys, "tokenizer.ggml.add_bos_token", false);
}

/// As BERT's and T5's.
void set_words(gguf_context* keys, const char* model) {
  std::array<const char*, 9> tokens = {"<pad>",
                                       "</s>",
                                       "<unk>",
                                       "\xE2\x96\x81"
                                       "a",
                                       "\xE2\x96\x81"
                                       "b",
                                       "[UNK]",
                                       "[CLS]",
                                       "[SEP]",
                                       "c"};
  const std::array<float, 9> scores = {0, 0, 0, -1, -2, -3, -4, -5, -6};
  const std::array<std::int32_t, 9> types = {3, 3, 2, 1, 1, 3, 3, 3, 1};
  gguf_set_val_str(keys, "tokenizer.ggml.model", model);
  gguf_set_arr_str(keys, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
  gguf_set_arr_data(keys, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(), scores.size());
  gguf_set_arr_data(keys, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, types.data(), types.size());
}

void set_rwkv(gguf_context* keys) {
  std::array<const char*, 7> tokens = {"\\x00", "a", "ab", "\\n", "\\xe2", "\\xe2\\x96\\x81", "\\\\"};
  gguf_set_val_str(keys, "tokenizer.ggml.model", "rwkv");
  gguf_set_arr_str(keys, "tokenizer.ggml.tokens", tokens.data(), tokens.size());
}

void write_vocabularies(const Seeds& seeds) {
  const auto write = [&](const char* name, const std::function<void(gguf_context*)>& set) {
    const GgufImage image = keys_of([&](gguf_context* keys) {
      gguf_set_val_str(keys, "general.architecture", "llama");
      set(keys);
    });
    seeds.put("vocabulary", name, image.bytes());
  };
  write("sentencepiece", [](gguf_context* keys) { set_shape_vocabulary(keys, kTokens); });
  write("byte-pairs", set_byte_pairs);
  write("rwkv", set_rwkv);
  for (const char* model : {"bert", "t5", "plamo2"}) {
    write(model, [&](gguf_context* keys) { set_words(keys, model); });
  }
}

SelectionCurve curve() {
  SelectionCurve result;
  for (std::size_t i = 0; i < SelectionCurve::kPoints; ++i) {
    result.scores.push_back(static_cast<float>(i));
    result.left_out.push_back(static_cast<float>(i) / 100.0F);
  }
  return result;
}

void write_profiles(const Seeds& seeds, const ModelFile& model) {
  const auto neurons = static_cast<std::size_t>(model.feed_forward_length);
  const auto layers = static_cast<std::size_t>(model.layers);
  Profile profile;
  profile.corpus = "a corpus";
  profile.tokens = 1000;
  profile.frequencies.assign(layers, std::vector<float>(neurons, 0.25F));
  profile.write(seeds.place("profile", "rectified"));
  profile.sparsity = 0.5F;
  for (auto& curves : profile.curves) curves.assign(layers, curve());
  profile.gate_weights.assign(layers, std::vector<float>(neurons, 1.0F));
  profile.write(seeds.place("profile", "curves"));
  for (const char* target : {"profile", "gpuidx"}) {
    test::write_gpu_index(seeds.place(target, "index"), {{1, 4, 9}, {0, 31}}, model.feed_forward_length);
  }
}

void write_predictors(const Seeds& seeds, const ModelFile& model) {
  constexpr std::int64_t kHidden = 16;
  GgufStream file(seeds.place("predictors", "learned"));
  gguf_set_val_str(file.keys(), "general.architecture", "hotset.predictors");
  gguf_set_val_str(file.keys(), "hotset.predictor.input", "normed");
  const std::array<float, 2> thresholds = {0.0F, 0.5F};
  gguf_set_arr_data(file.keys(), "hotset.predictor.threshold", GGUF_TYPE_FLOAT32, thresholds.data(),
                    thresholds.size());
  for (int layer = 0; layer < model.layers; ++layer) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    file.plan(prefix + "fc1.weight", GGML_TYPE_F32, {model.embedding_length, kHidden});
    file.plan(prefix + "fc2.weight", GGML_TYPE_F16, {kHidden, model.feed_forward_length});
  }
  file.begin();
  file.finish();
}

void write_caches(const Seeds& seeds, const ModelFile& model) {
  const auto quietly = [](double) {};
  build_neuron_cache(model, fuzz::orders_of(model), 1, seeds.place("neuron_cache", "cache"), quietly);
  const MappedFile bytes(model.path);
  const MatrixSource source = [&](const std::string& name) {
    return bytes.bytes().data() + model.tensors.at(name).offset;
  };
  build_packed_cache(model, fuzz::plan_of(model), source, 1, seeds.place("packed_cache", "cache"), quietly);
}

void write_texts(const Seeds& seeds) {
  const std::array<std::string, 3> texts = {"0def f(x):\n\treturn \"h\xC3\xA9\"\n",
                                            "1<|fim_prefix|>a<|fim_suffix|>",
                                            "2\xF0\x9F\x98\x80  \r\n12345 \xFF"};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    seeds.put("text", std::to_string(i), {texts.at(i).begin(), texts.at(i).end()});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: hotset_fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const Seeds seeds(argv[1]);
  const ModelFile& model = fuzz::model_beside();
  write_models(seeds);
  write_vocabularies(seeds);
  write_profiles(seeds, model);
  write_predictors(seeds, model);
  write_caches(seeds, model);
  write_texts(seeds);
  return 0;
}
