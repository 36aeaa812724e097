#include "gguf/model_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <system_error>

#include "error.h"
#include "gguf/libllama_check.h"
#include "gguf/llama_layout.h"
#include "gguf/metadata.h"
#include "gguf/predictor_tensors.h"
#include "gguf/printable.h"
#include "gguf/vocabulary_check.h"

namespace hotset {
namespace {

// libllama aborts beyond these (LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS).
constexpr std::uint64_t kMaxLayers = 512;
constexpr std::uint64_t kMaxParts = 1024;
constexpr std::uint64_t kMaxExperts = 1024;
// No model comes near; keeps every product of two sizes inside 64 bits.
constexpr std::uint64_t kMaxDimension = 1ULL << 28;
// Of all keys, or values, of a token in a layer: with it, the bytes of a KV cache stay inside 64 bits.
constexpr std::int64_t kMaxWidth = 1LL << 22;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorKind::kBadModel, path.string() + ": " + what);
}

std::uint64_t size_of_regular_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const auto bad_path = [&](const char* what) {
    return Error(ErrorKind::kBadInput, path.string() + ": " + what + "; choose a GGUF model file");
  };
  if (!std::filesystem::exists(status)) throw bad_path("no such file");
  if (std::filesystem::is_directory(status)) throw bad_path("is a directory");
  if (!std::filesystem::is_regular_file(status)) throw bad_path("is not a regular file");
  const std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) throw bad_path("cannot be read");
  return size;
}

/// Bytes of a tensor, nullopt where the sizes overflow or do not fit the type's blocks.
std::optional<std::uint64_t> checked_size(ggml_type type, const std::int64_t* shape) {
  const auto block = static_cast<std::uint64_t>(ggml_blck_size(type));
  std::uint64_t elements = 1;
  for (int i = 0; i < GGML_MAX_DIMS; ++i) {
    if (shape[i] < 0) return std::nullopt;
    if (shape[i] == 0) return 0;
    const auto extent = static_cast<std::uint64_t>(shape[i]);
    if (elements > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / extent)
      return std::nullopt;
    elements *= extent;
  }
  if (block == 0 || static_cast<std::uint64_t>(shape[0]) % block != 0) return std::nullopt;
  const std::uint64_t blocks = elements / block;
  const std::uint64_t block_bytes = ggml_type_size(type);
  if (blocks > std::numeric_limits<std::uint64_t>::max() / 2 / block_bytes) return std::nullopt;
  return blocks * block_bytes;
}

/// What ggml rounds the other side of a product to. It has no products with such weights, and libllama would
/// not notice before it asks for one.
bool is_intermediate(ggml_type type) { return type == GGML_TYPE_Q8_1 || type == GGML_TYPE_Q8_K; }

std::uint64_t elements_of(const TensorInfo& info) {
  return static_cast<std::uint64_t>(info.shape[0] * info.shape[1] * info.shape[2] * info.shape[3]);
}

void read_tensors(ModelFile& model, const Metadata& metadata) {
  const gguf_context* context = metadata.context();
  const std::uint64_t data_start = gguf_get_data_offset(context);
  const std::int64_t count = gguf_get_n_tensors(context);
  // ggml asserts it of whatever it is to compute with.
  if (gguf_get_alignment(context) % GGUF_DEFAULT_ALIGNMENT != 0) {
    fail(model.path, "its tensors begin at multiples of " + std::to_string(gguf_get_alignment(context)) +
                         " bytes in place of 32; convert the model again with a current llama.cpp");
  }
  std::uint64_t expected_bytes = 0;
  std::map<ggml_type, std::uint64_t> bytes_of_type;

  for (std::int64_t i = 0; i < count; ++i) {
    const std::string name = gguf_get_tensor_name(context, i);
    if (!is_printable(name)) {
      fail(model.path,
           "tensor " + std::to_string(i) + " has a name of control characters; the file is damaged");
    }
    TensorInfo info{};
    info.type = gguf_get_tensor_type(context, i);
    std::copy_n(gguf_get_tensor_ne(context, i), GGML_MAX_DIMS, info.shape.begin());
    if (is_intermediate(info.type)) {
      fail(model.path, "tensor " + name + " is " + ggml_type_name(info.type) +
                           ", which no file holds; download the file again");
    }
    const auto size = checked_size(info.type, info.shape.data());
    const std::uint64_t offset = gguf_get_tensor_offset(context, i);
    if (!size || offset > std::numeric_limits<std::uint64_t>::max() / 4) {
      fail(model.path, "tensor " + name + " has an impossible size; download the file again");
    }
    info.size = *size;
    info.offset = data_start + offset;
    expected_bytes = std::max(expected_bytes, info.offset + info.size);
    bytes_of_type[info.type] += info.size;
    if (!is_predictor_tensor(name)) model.parameters += elements_of(info);
    model.tensors.emplace(name, info);
  }

  if (expected_bytes > model.size_bytes) {
    fail(model.path, "truncated: expected " + std::to_string(expected_bytes) + " bytes, has " +
                         std::to_string(model.size_bytes) + "; download it again");
  }
  const auto most = std::max_element(bytes_of_type.begin(), bytes_of_type.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != bytes_of_type.end()) {
    model.quantisation = ggml_type_name(most->first);
    std::transform(model.quantisation.begin(), model.quantisation.end(), model.quantisation.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  }
}

/// Reads integers of the architecture's section and refuses what no model has.
class Sizes {
 public:
  Sizes(const ModelFile& model, const Metadata& metadata) : model_(model), metadata_(metadata) {}

  /// 0 where the key is absent.
  int optional(const std::string& key, std::uint64_t maximum = kMaxDimension) const {
    return checked(key, metadata_.unsigned_integer(full(key)).value_or(0), maximum);
  }

  /// Like optional(), for keys that may hold one value per layer; sets `uniform` to false where these differ.
  int per_layer(const std::string& key, bool& uniform) const {
    const auto value = metadata_.uniform_unsigned(full(key));
    if (!value && metadata_.is_array(full(key))) uniform = false;
    return checked(key, value.value_or(0), kMaxDimension);
  }

  std::string full(const std::string& key) const { return model_.architecture + "." + key; }

 private:
  int checked(const std::string& key, std::uint64_t value, std::uint64_t maximum) const {
    if (value <= maximum) return static_cast<int>(value);
    fail(model_.path, full(key) + " is " + std::to_string(value) + ", more than the " +
                          std::to_string(maximum) +
                          " this engine allows; the file is damaged or for another program");
  }

  const ModelFile& model_;
  const Metadata& metadata_;
};

/// PowerInfer's files do not tell: that it runs them says it, and Bamboo alone rectifies up as well.
Activation powerinfer_activation(const ModelFile& model) {
  if (model.architecture == "llama") return Activation::kRelu;
  if (model.architecture == "bamboo") return Activation::kDrelu;
  fail(model.path, "is a PowerInfer model of the architecture " + model.architecture +
                       ", which this engine does not run; choose a LLaMA or Bamboo one");
}

Activation activation_of(const ModelFile& model, const Metadata& metadata) {
  if (model.powerinfer) return powerinfer_activation(model);
  const auto key = model.architecture + ".hidden_activation";
  const Architecture* architecture = find_architecture(model.architecture);
  if (!metadata.has(key)) return architecture == nullptr ? Activation::kOther : architecture->activation;
  const std::string name = metadata.text(key).value_or("");
  if (name == "silu") return Activation::kSilu;
  if (name == "relu") return Activation::kRelu;
  if (name == "drelu") return Activation::kDrelu;
  if (name == "gelu" || name == "gelu_pytorch_tanh") return Activation::kGelu;
  return Activation::kOther;
}

RopeParameters rope_of(const ModelFile& model, const Metadata& metadata, const Sizes& sizes) {
  RopeParameters rope;
  rope.dimensions = sizes.optional("rope.dimension_count");
  rope.frequency_base = static_cast<float>(metadata.real(sizes.full("rope.freq_base")).value_or(10000.0));
  rope.scaling_type = metadata.text(sizes.full("rope.scaling.type")).value_or("");
  const auto factor = metadata.real(sizes.full("rope.scaling.factor"));
  const auto old_factor = metadata.real(sizes.full("rope.scale_linear"));
  rope.scaling_factor = static_cast<float>(factor.value_or(old_factor.value_or(1.0)));
  if (rope.scaling_factor == 0.0F) rope.scaling_factor = 1.0F;  // libllama's meaning of 0
  rope.attention_factor =
      static_cast<float>(metadata.real(sizes.full("rope.scaling.attn_factor")).value_or(1.0));
  rope.original_context_length = sizes.optional("rope.scaling.original_context_length");
  if (rope.original_context_length == 0) rope.original_context_length = model.context_length;

  const bool finite = std::isfinite(rope.frequency_base) && rope.frequency_base > 0 &&
                      std::isfinite(rope.scaling_factor) && rope.scaling_factor > 0 &&
                      std::isfinite(rope.attention_factor);
  if (!finite) {
    fail(model.path,
         "its rotary embedding has a base or factor that is no positive number; the file is damaged");
  }
  // libllama aborts on a name that it does not know.
  const auto& type = rope.scaling_type;
  if (!type.empty() && type != "none" && type != "linear" && type != "yarn" && type != "longrope") {
    fail(model.path, "unknown rope scaling type \"" + printable(type) +
                         "\"; convert the model again with a current llama.cpp");
  }
  return rope;
}

float norm_epsilon_of(const ModelFile& model, const Metadata& metadata, const Sizes& sizes) {
  const Architecture* architecture = find_architecture(model.architecture);
  const bool layer = architecture != nullptr && architecture->norm == Norm::kLayer;
  const char* key = layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";
  return static_cast<float>(metadata.real(sizes.full(key)).value_or(0.0));
}

/// What the architecture makes no use of is not read.
void read_scales(ModelFile& model, const Metadata& metadata, const Sizes& sizes) {
  const Architecture* architecture = find_architecture(model.architecture);
  if (architecture == nullptr) return;
  const auto real = [&](const char* key) {
    return static_cast<float>(metadata.real(sizes.full(key)).value_or(0.0));
  };
  // libllama leaves out what is 0.
  const auto factor = [&](const char* key) { return real(key) == 0.0F ? 1.0F : real(key); };
  if (architecture->attention_scale) model.attention_scale = real("attention.scale");
  if (architecture->scales_embedding) {
    model.scales.embedding = std::sqrt(static_cast<float>(model.embedding_length));
  }
  if (!architecture->scales) return;
  model.scales = {.embedding = factor("embedding_scale"),
                  .residual = factor("residual_scale"),
                  .logits = 1.0F / real("logit_scale")};
  model.rope.absent = !metadata.boolean(sizes.full("rope.scaling.finetuned")).value_or(true);
}

int vocabulary_size_of(const ModelFile& model, const Metadata& metadata, const Sizes& sizes) {
  if (const std::size_t tokens = metadata.array_length("tokenizer.ggml.tokens"); tokens > 0) {
    if (tokens > kMaxDimension) fail(model.path, "its vocabulary is too large; the file is damaged");
    return static_cast<int>(tokens);
  }
  if (const int size = sizes.optional("vocab_size"); size > 0) return size;
  const auto embedding = model.tensors.find("token_embd.weight");
  return embedding == model.tensors.end() ? 0 : static_cast<int>(embedding->second.shape[1]);
}

/// Weights that nobody can use cost a warning, not the model.
void read_confidence_weights(ModelFile& model, const Metadata& metadata) {
  const std::string key = "hotset.confidence.weights";
  if (!metadata.has(key)) return;
  const std::vector<float> weights = metadata.reals(key);
  std::array<float, 4> four{};
  if (weights.size() == four.size() &&
      std::ranges::all_of(weights, [](float weight) { return std::isfinite(weight); })) {
    std::ranges::copy(weights, four.begin());
    model.confidence_weights = four;
    return;
  }
  model.warnings.push_back(
      "has " + key + " that are not 4 finite numbers: its confidence is the plain product of probabilities");
}

/// libllama splits the text of such a file as it thinks fit, which is seldom what the model learned from.
void check_splitting(ModelFile& model, const Metadata& metadata) {
  const bool needs_splitting = metadata.text("tokenizer.ggml.model") == "gpt2";
  if (!needs_splitting || metadata.has("tokenizer.ggml.pre")) return;
  model.warnings.emplace_back(
      "does not say how to split text into tokens (tokenizer.ggml.pre): completions are worse than they "
      "could be; download a current file of the model");
}

/// libllama leaves such a token aside without a word, and looks for the usual names.
void check_infilling(ModelFile& model, const Metadata& metadata) {
  const std::size_t tokens = metadata.array_length("tokenizer.ggml.tokens");
  if (tokens == 0) return;
  constexpr std::array kKeys = {"fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id",
                                "prefix_token_id",  "suffix_token_id",  "middle_token_id"};
  for (const char* key : kKeys) {
    const std::string full = std::string("tokenizer.ggml.") + key;
    const auto token = metadata.unsigned_integer(full);
    if (!token || *token < tokens) continue;
    model.warnings.push_back("names token " + std::to_string(*token) + ", beyond its vocabulary of " +
                             std::to_string(tokens) + ", for a part of an infilling prompt (" + full +
                             "): download the file again");
    return;
  }
}

void read_hyperparameters(ModelFile& model, const Metadata& metadata) {
  const Sizes sizes(model, metadata);
  model.name = metadata.text("general.name").value_or("");
  model.fim_order = metadata.text("hotset.fim.order").value_or("");
  model.path_in_prompt = metadata.boolean("hotset.prompt.path").value_or(false);
  read_confidence_weights(model, metadata);
  check_splitting(model, metadata);
  check_infilling(model, metadata);
  model.activation = activation_of(model, metadata);
  model.layers = sizes.optional("block_count", kMaxLayers);
  model.embedding_length = sizes.optional("embedding_length");
  model.context_length = sizes.optional("context_length");
  model.experts = sizes.optional("expert_count", kMaxExperts);
  model.feed_forward_length = sizes.per_layer("feed_forward_length", model.uniform_layers);
  model.heads = sizes.per_layer("attention.head_count", model.uniform_layers);
  model.kv_heads = sizes.per_layer("attention.head_count_kv", model.uniform_layers);
  if (model.kv_heads == 0) model.kv_heads = model.heads;
  model.key_length = sizes.optional("attention.key_length");
  model.value_length = sizes.optional("attention.value_length");
  const int head_length = model.heads > 0 ? model.embedding_length / model.heads : 0;
  if (model.key_length == 0) model.key_length = head_length;
  if (model.value_length == 0) model.value_length = head_length;
  model.norm_epsilon = norm_epsilon_of(model, metadata, sizes);
  model.rope = rope_of(model, metadata, sizes);
  read_scales(model, metadata, sizes);
  if (model.rope.dimensions == 0) model.rope.dimensions = model.key_length;
  model.vocabulary_size = vocabulary_size_of(model, metadata, sizes);
  // Bamboo is a LLaMA but for its activation.
  if (model.powerinfer) model.architecture = "llama";
}

/// What libllama would abort on or what nothing can run, for any architecture with weights in the file.
void check_hyperparameters(const ModelFile& model) {
  check_weights(model);
  if (model.layers == 0)
    fail(model.path, model.architecture + ".block_count is missing or 0; the file is damaged");
  if (model.embedding_length == 0) {
    fail(model.path, model.architecture + ".embedding_length is missing or 0; the file is damaged");
  }
  if (model.context_length == 0) {
    fail(model.path, model.architecture + ".context_length is missing or 0; the file is damaged");
  }
  const std::int64_t head = std::max(model.key_length, model.value_length);
  if (head * std::max(model.heads, model.kv_heads) > kMaxWidth) {
    fail(model.path, "its attention heads are more, or longer, than any model's; the file is damaged");
  }
}

std::string part_ending(int part, int parts) {
  std::array<char, 40> ending{};
  std::snprintf(ending.data(), ending.size(), "-%05d-of-%05d.gguf", part, parts);
  return ending.data();
}

ModelFile describe_tensors(const std::filesystem::path& path, std::uint64_t size_bytes,
                           const Metadata& metadata) {
  ModelFile model;
  model.path = path;
  model.size_bytes = size_bytes;
  model.powerinfer = metadata.powerinfer();
  model.architecture = metadata.text("general.architecture").value_or("");
  if (model.architecture.empty()) {
    fail(path, "the GGUF does not say its architecture (general.architecture); choose a language model");
  }
  if (!is_printable(model.architecture)) {
    fail(path, "the name of its architecture is none (general.architecture); the file is damaged");
  }
  read_tensors(model, metadata);
  return model;
}

/// `NAME-00001-of-00003.gguf`, as llama.cpp names the parts.
std::filesystem::path part_path(const std::filesystem::path& first, int part, int parts) {
  const std::string name = first.filename().string();
  const std::string ending = part_ending(1, parts);
  if (!name.ends_with(ending)) {
    fail(first, "is a part of a divided model, but not called so (" + ending + "); give it its name back");
  }
  return first.parent_path() / (name.substr(0, name.size() - ending.size()) + part_ending(part, parts));
}

/// Throws where a part does not say, in the type that libllama reads, that it is the one that its name says.
void check_part_number(const ModelFile& part, const Metadata& metadata, int number) {
  const std::int64_t key = gguf_find_key(metadata.context(), "split.no");
  const bool is_known = key >= 0 && gguf_get_kv_type(metadata.context(), key) == GGUF_TYPE_UINT16;
  // Counted from 0 there.
  if (is_known && gguf_get_val_u16(metadata.context(), key) == number - 1) return;
  fail(part.path, "is called part " + std::to_string(number) +
                      " of a divided model, but does not say so (split.no); download it again");
}

/// What our own graph reads, as it reads it.
void prepare_layout(ModelFile& model) {
  divide_gate_up(model);
  choose_rope_factors(model, model.rope.original_context_length);
  check_llama_layout(model);
}

/// Counts what lies in the other parts, and checks all of them together. Throws where one is missing, before
/// libllama looks for it.
void add_other_parts(ModelFile& model) {
  ModelFile whole = model;
  for (int part = 2; part <= model.parts; ++part) {
    const std::filesystem::path path = part_path(model.path, part, model.parts);
    if (!std::filesystem::exists(path)) {
      fail(model.path, "its part " + std::to_string(part) + " of " + std::to_string(model.parts) +
                           " is missing; put " + path.filename().string() + " beside it");
    }
    ModelFile other;
    other.path = path;
    other.size_bytes = size_of_regular_file(path);
    const Metadata metadata = Metadata::read(path, other.size_bytes);
    check_part_number(other, metadata, part);
    read_tensors(other, metadata);
    check_weights(other);
    model.size_bytes += other.size_bytes;
    model.parameters += other.parameters;
    for (const auto& [name, tensor] : other.tensors) {
      if (whole.tensors.emplace(name, tensor).second) continue;
      fail(path, "tensor " + name + " lies in a part before it, too; the file is damaged");
    }
  }
  if (is_llama_family(whole)) prepare_layout(whole);
}

}  // namespace

ModelFile ModelFile::open_tensors(const std::filesystem::path& path) {
  const std::uint64_t size_bytes = size_of_regular_file(path);
  return describe_tensors(path, size_bytes, Metadata::read(path, size_bytes));
}

ModelFile ModelFile::open(const std::filesystem::path& path) {
  const std::uint64_t size_bytes = size_of_regular_file(path);
  const Metadata metadata = Metadata::read(path, size_bytes);
  ModelFile model = describe_tensors(path, size_bytes, metadata);
  read_hyperparameters(model, metadata);
  check_vocabulary(path, metadata);
  model.parts = static_cast<int>(std::min(metadata.unsigned_integer("split.count").value_or(1), kMaxParts));
  // A file with a vocabulary and no weights is good for tokenising; nothing else is asked of it.
  if (model.tensors.empty() && model.parts <= 1) return model;
  check_hyperparameters(model);
  check_for_libllama(model, metadata);
  if (model.parts > 1) {
    add_other_parts(model);
    return model;
  }
  if (is_llama_family(model)) prepare_layout(model);
  return model;
}

}  // namespace hotset
