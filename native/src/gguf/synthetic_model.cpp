#include "gguf/synthetic_model.h"

#include <cmath>
#include <fstream>
#include <memory>
#include <vector>

#include "error.h"
#include "gguf.h"
#include "gguf/random.h"

namespace hotset {
namespace {

/// Uniform values in [centre - spread, centre + spread).
struct Planned {
  ggml_tensor* tensor;
  float centre;
  float spread;
};

struct FreeGguf {
  void operator()(gguf_context* context) const { gguf_free(context); }
};
struct FreeGgml {
  void operator()(ggml_context* context) const { ggml_free(context); }
};

class Writer {
 public:
  explicit Writer(const SyntheticModel& description)
      : description_(description),
        architecture_(known(description.architecture)),
        gguf_(gguf_init_empty()),
        // 17 tensors a layer at most, and 7 of the model
        ggml_(ggml_init(
            {.mem_size = ggml_tensor_overhead() * (17 * static_cast<std::size_t>(description.layers) + 7),
             .mem_buffer = nullptr,
             .no_alloc = true})) {
    describe();
    plan_model();
  }

  void write(const std::filesystem::path& path) {
    if (!gguf_write_to_file(gguf_.get(), path.string().c_str(), true)) throw cannot_write(path);
    std::ofstream file(path, std::ios::binary | std::ios::app);
    Random random(description_.seed);
    for (const Planned& planned : planned_) write_tensor(file, planned, random);
    file.close();
    if (!file) throw cannot_write(path);
  }

 private:
  static const Architecture& known(const std::string& name) {
    const Architecture* architecture = find_architecture(name);
    if (architecture == nullptr) throw Error(ErrorKind::kBadInput, name + " is no architecture of ours");
    return *architecture;
  }

  static Error cannot_write(const std::filesystem::path& path) {
    return {ErrorKind::kBadInput, path.string() + ": cannot be written; check the folder and the free space"};
  }

  void set(const std::string& key, int value) {
    gguf_set_val_u32(gguf_.get(), (description_.architecture + "." + key).c_str(),
                     static_cast<std::uint32_t>(value));
  }
  void set(const std::string& key, float value) {
    gguf_set_val_f32(gguf_.get(), (description_.architecture + "." + key).c_str(), value);
  }
  void set(const std::string& key, const char* value) {
    gguf_set_val_str(gguf_.get(), (description_.architecture + "." + key).c_str(), value);
  }

  void describe() {
    gguf_set_val_str(gguf_.get(), "general.architecture", description_.architecture.c_str());
    gguf_set_val_str(gguf_.get(), "general.name", "synthetic");
    gguf_set_val_str(gguf_.get(), "tokenizer.ggml.model", "none");
    set("vocab_size", description_.vocabulary_size);
    set("context_length", description_.context_length);
    set("block_count", description_.layers);
    set("embedding_length", description_.embedding_length);
    set("feed_forward_length", description_.feed_forward_length);
    set("attention.head_count", description_.heads);
    set("attention.head_count_kv", description_.kv_heads);
    const bool layer_norm = architecture_.norm == Norm::kLayer;
    set(layer_norm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 1e-5F);
    if (description_.key_length > 0) {
      set("attention.key_length", description_.key_length);
      set("attention.value_length", description_.key_length);
    }
    if (architecture_.scales) describe_scales();
    set("rope.dimension_count", turned_length());
    describe_rope();
    if (description_.activation == Activation::kRelu) set("hidden_activation", "relu");
    if (description_.activation == Activation::kDrelu) set("hidden_activation", "drelu");
  }

  /// As far from 1 as leaves something of every term.
  void describe_scales() {
    set("embedding_scale", 3.0F);
    set("residual_scale", 0.4F);
    set("logit_scale", 2.5F);
    set("attention.scale", 0.2F);
  }

  void describe_rope() {
    const RopeParameters& rope = description_.rope;
    set("rope.freq_base", rope.frequency_base);
    if (!rope.scaling_type.empty()) set("rope.scaling.type", rope.scaling_type.c_str());
    if (rope.scaling_factor != 1.0F) set("rope.scaling.factor", rope.scaling_factor);
    if (rope.attention_factor != 1.0F) set("rope.scaling.attn_factor", rope.attention_factor);
    if (rope.original_context_length > 0)
      set("rope.scaling.original_context_length", rope.original_context_length);
  }

  int turned_length() const {
    return description_.rope.dimensions > 0 ? description_.rope.dimensions : head_length();
  }

  int head_length() const {
    return description_.key_length > 0 ? description_.key_length
                                       : description_.embedding_length / description_.heads;
  }

  void plan(const std::string& name, ggml_type type, std::int64_t columns, std::int64_t rows, float centre,
            float spread) {
    ggml_tensor* tensor = rows > 0 ? ggml_new_tensor_2d(ggml_.get(), type, columns, rows)
                                   : ggml_new_tensor_1d(ggml_.get(), type, columns);
    ggml_set_name(tensor, name.c_str());
    gguf_add_tensor(gguf_.get(), tensor);
    planned_.push_back({.tensor = tensor, .centre = centre, .spread = spread});
  }

  /// Of a matrix whose products with a vector of unit variance have about unit variance.
  static float spread_of(std::int64_t columns) { return std::sqrt(3.0F / static_cast<float>(columns)); }

  void plan_matrix(const std::string& name, std::int64_t columns, std::int64_t rows) {
    plan(name, description_.type, columns, rows, 0.0F, spread_of(columns));
  }

  void plan_vector(const std::string& name, std::int64_t length, float centre, float spread) {
    plan(name, GGML_TYPE_F32, length, 0, centre, spread);
  }

  void plan_norm(const std::string& name) {
    plan_vector(name + ".weight", description_.embedding_length, 1.0F, 0.1F);
    if (architecture_.norm == Norm::kLayer) {
      plan_vector(name + ".bias", description_.embedding_length, 0.0F, 0.5F);
    }
  }

  void plan_model() {
    const std::int64_t embedding = description_.embedding_length;
    const float scale = architecture_.scales_embedding ? std::sqrt(static_cast<float>(embedding)) : 1.0F;
    plan("token_embd.weight", description_.type, embedding, description_.vocabulary_size, 0.0F, 1.0F / scale);
    for (int layer = 0; layer < description_.layers; ++layer)
      plan_layer("blk." + std::to_string(layer) + ".");
    plan_norm("output_norm");
    if (!description_.tied_head && !architecture_.tied_head)
      plan_matrix("output.weight", embedding, description_.vocabulary_size);
    // Between no change and a division of the frequency by four, as Llama 3 stretches its low frequencies.
    if (description_.rope_factors) plan_vector("rope_freqs.weight", turned_length() / 2, 2.5F, 1.5F);
    if (!description_.long_rope_factors) return;
    plan_vector("rope_factors_short.weight", turned_length() / 2, 1.2F, 0.2F);
    plan_vector("rope_factors_long.weight", turned_length() / 2, 3.0F, 2.0F);
  }

  void plan_layer(const std::string& prefix) {
    const std::int64_t embedding = description_.embedding_length;
    const std::int64_t neurons = description_.feed_forward_length;
    const std::int64_t query = std::int64_t{description_.heads} * head_length();
    const std::int64_t kv = std::int64_t{description_.kv_heads} * head_length();
    plan_norm(prefix + "attn_norm");
    if (description_.joined_qkv) {
      plan_matrix(prefix + "attn_qkv.weight", embedding, query + 2 * kv);
    } else {
      plan_matrix(prefix + "attn_q.weight", embedding, query);
      plan_matrix(prefix + "attn_k.weight", embedding, kv);
      plan_matrix(prefix + "attn_v.weight", embedding, kv);
    }
    if (description_.architecture == "qwen2" || architecture_.biases) {
      plan_vector(prefix + "attn_q.bias", query, 0.0F, 0.5F);
      plan_vector(prefix + "attn_k.bias", kv, 0.0F, 0.5F);
      plan_vector(prefix + "attn_v.bias", kv, 0.0F, 0.5F);
    }
    if (architecture_.head_norms) {
      plan_vector(prefix + "attn_q_norm.weight", head_length(), 1.0F, 0.3F);
      plan_vector(prefix + "attn_k_norm.weight", head_length(), 1.0F, 0.3F);
    }
    plan_matrix(prefix + "attn_output.weight", query, embedding);
    if (architecture_.biases) plan_vector(prefix + "attn_output.bias", embedding, 0.0F, 0.5F);
    plan_norm(prefix + "ffn_norm");
    if (architecture_.gate_up_joined) {
      plan_matrix(prefix + "ffn_up.weight", embedding, 2 * neurons);
    } else {
      if (architecture_.gated) plan_matrix(prefix + "ffn_gate.weight", embedding, neurons);
      plan_matrix(prefix + "ffn_up.weight", embedding, neurons);
    }
    if (architecture_.biases) plan_vector(prefix + "ffn_up.bias", neurons, 0.0F, 0.5F);
    plan(prefix + "ffn_down.weight", description_.down_type.value_or(description_.type), neurons, embedding,
         0.0F, spread_of(neurons));
    if (architecture_.biases) plan_vector(prefix + "ffn_down.bias", embedding, 0.0F, 0.5F);
  }

  static void write_tensor(std::ofstream& file, const Planned& planned, Random& random) {
    const std::int64_t columns = planned.tensor->ne[0];
    std::vector<float> row(static_cast<std::size_t>(columns));
    std::vector<char> bytes(ggml_row_size(planned.tensor->type, columns));
    // Types of two bits ask how much each column matters.
    const std::vector<float> importance(static_cast<std::size_t>(columns), 1.0F);
    for (std::int64_t r = 0; r < planned.tensor->ne[1]; ++r) {
      for (float& value : row) value = planned.centre + planned.spread * random.next();
      ggml_quantize_chunk(planned.tensor->type, row.data(), bytes.data(), 0, 1, columns,
                          ggml_quantize_requires_imatrix(planned.tensor->type) ? importance.data() : nullptr);
      file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    const std::size_t size = ggml_nbytes(planned.tensor);
    const std::vector<char> padding(GGML_PAD(size, GGUF_DEFAULT_ALIGNMENT) - size);
    file.write(padding.data(), static_cast<std::streamsize>(padding.size()));
  }

  SyntheticModel description_;
  Architecture architecture_;
  std::unique_ptr<gguf_context, FreeGguf> gguf_;
  std::unique_ptr<ggml_context, FreeGgml> ggml_;
  std::vector<Planned> planned_;
};

}  // namespace

void write_synthetic_model(const SyntheticModel& description, const std::filesystem::path& path) {
  Writer(description).write(path);
}

}  // namespace hotset
