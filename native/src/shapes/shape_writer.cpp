#include "shapes/shape_writer.h"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "gguf/fingerprint.h"
#include "gguf/gguf_stream.h"
#include "gguf/model_file.h"
#include "hybrid/weights/neuron_cache.h"
#include "kernels/packing.h"
#include "neurons/profile.h"
#include "neurons/split.h"
#include "shapes/row_filler.h"
#include "shapes/shape_vocabulary.h"

namespace hotset {
namespace {

std::string prefix_of(int layer) { return "blk." + std::to_string(layer) + "."; }

class ShapeWriter {
 public:
  ShapeWriter(const ShapeChoice& choice, ShapeFiles files)
      : weights_(choice),
        shape_(choice.shape),
        type_(choice.type),
        files_(std::move(files)),
        orders_(order_neurons()),
        model_(files_.model),
        predictors_(files_.predictors),
        neurons_(files_.neurons, sizes(), orders_, std::vector<RowTypes>(orders_.size(), {type_, type_})) {
    plan_model();
    plan_predictors();
  }

  void write(int threads, const Progress& progress) {
    const std::uint64_t total =
        model_.planned_bytes() + predictors_.planned_bytes() + neurons_.planned_bytes();
    require_room(files_.model, total);
    model_.begin();
    predictors_.begin();
    neurons_.begin();
    RowFiller filler(threads, total, progress);
    write_ends(filler);
    for (int layer = 0; layer < shape_.layers; ++layer) write_layer(layer, filler);
    finish();
  }

 private:
  NeuronOrders order_neurons() const {
    NeuronOrders orders;
    for (const auto& layer : weights_.frequencies()) orders.push_back(split_by_frequency(layer, 0.0).order);
    return orders;
  }

  /// What the neuron cache wants to know of the model.
  ModelFile sizes() const {
    ModelFile model;
    model.layers = shape_.layers;
    model.embedding_length = shape_.embedding_length;
    model.feed_forward_length = shape_.feed_forward_length;
    return model;
  }

  void set(const char* key, int value) {
    gguf_set_val_u32(model_.keys(), (shape_.architecture + "." + key).c_str(),
                     static_cast<std::uint32_t>(value));
  }

  void plan_model() {
    gguf_context* keys = model_.keys();
    gguf_set_val_str(keys, "general.architecture", shape_.architecture.c_str());
    gguf_set_val_str(keys, "general.name", (shape_.name + " with random weights").c_str());
    gguf_set_val_str(keys, kShapeDescriptionKey, shape_description(weights_.choice()).c_str());
    set("context_length", shape_.context_length);
    set("block_count", shape_.layers);
    set("embedding_length", shape_.embedding_length);
    set("feed_forward_length", shape_.feed_forward_length);
    set("attention.head_count", shape_.heads);
    set("attention.head_count_kv", shape_.kv_heads);
    set("rope.dimension_count", shape_.head_length());
    set("vocab_size", shape_.vocabulary_size);
    gguf_set_val_f32(keys, (shape_.architecture + ".attention.layer_norm_rms_epsilon").c_str(), 1e-5F);
    gguf_set_val_f32(keys, (shape_.architecture + ".rope.freq_base").c_str(), shape_.rope_base);
    gguf_set_val_str(keys, (shape_.architecture + ".hidden_activation").c_str(), "relu");
    set_shape_vocabulary(keys, shape_.vocabulary_size);

    const std::int64_t embedding = shape_.embedding_length;
    embeddings_ = model_.plan("token_embd.weight", type_, {embedding, shape_.vocabulary_size});
    for (int layer = 0; layer < shape_.layers; ++layer) plan_layer(prefix_of(layer));
    output_norm_ = model_.plan("output_norm.weight", GGML_TYPE_F32, {embedding});
    // A matrix of its own even where the real model's is its embeddings: those would answer every token with
    // itself. A token reads as many bytes either way.
    head_ = model_.plan("output.weight", head_type(type_), {embedding, shape_.vocabulary_size});
  }

  void plan_layer(const std::string& prefix) {
    const std::int64_t embedding = shape_.embedding_length;
    const std::int64_t kv = shape_.kv_length();
    const std::int64_t neurons = shape_.feed_forward_length;
    Layer layer{};
    layer.attention_norm = model_.plan(prefix + "attn_norm.weight", GGML_TYPE_F32, {embedding});
    layer.query_key_value = {model_.plan(prefix + "attn_q.weight", type_, {embedding, embedding}),
                             model_.plan(prefix + "attn_k.weight", type_, {embedding, kv}),
                             model_.plan(prefix + "attn_v.weight", type_, {embedding, kv})};
    if (shape_.architecture == "qwen2") {
      // Zeros, which the file holds already.
      model_.plan(prefix + "attn_q.bias", GGML_TYPE_F32, {embedding});
      model_.plan(prefix + "attn_k.bias", GGML_TYPE_F32, {kv});
      model_.plan(prefix + "attn_v.bias", GGML_TYPE_F32, {kv});
    }
    layer.attention_output = model_.plan(prefix + "attn_output.weight", type_, {embedding, embedding});
    layer.feed_forward_norm = model_.plan(prefix + "ffn_norm.weight", GGML_TYPE_F32, {embedding});
    layer.gate = model_.plan(prefix + "ffn_gate.weight", type_, {embedding, neurons});
    layer.up = model_.plan(prefix + "ffn_up.weight", type_, {embedding, neurons});
    layer.down = model_.plan(prefix + "ffn_down.weight", type_, {neurons, embedding});
    layers_.push_back(layer);
  }

  void plan_predictors() {
    gguf_context* keys = predictors_.keys();
    const std::int64_t hidden = predictor_hidden(shape_);
    gguf_set_val_str(keys, "general.architecture", "hotset.predictors");
    gguf_set_val_str(keys, kPredictorsModelKey, hexadecimal(0).c_str());
    gguf_set_val_str(keys, "hotset.predictor.input", "normed");
    const std::vector<float> thresholds(layers_.size(), 0.0F);
    gguf_set_arr_data(keys, "hotset.predictor.threshold", GGUF_TYPE_FLOAT32, thresholds.data(),
                      thresholds.size());
    for (int layer = 0; layer < shape_.layers; ++layer) {
      Layer& own = layers_[static_cast<std::size_t>(layer)];
      own.fc1 = predictors_.plan(prefix_of(layer) + "fc1.weight", kPredictorType,
                                 {shape_.embedding_length, hidden});
      own.fc2 = predictors_.plan(prefix_of(layer) + "fc2.weight", kPredictorType,
                                 {hidden, shape_.feed_forward_length});
    }
  }

  /// Writes rows of a tensor of the model or the predictors.
  static void fill(RowFiller& filler, GgufStream& file, std::size_t tensor, std::size_t rows,
                   std::size_t row_bytes, const RowFiller::Fill& fill_row) {
    filler.run(rows, row_bytes, fill_row, [&](std::size_t first, std::span<const std::byte> bytes) {
      file.write(tensor, first * row_bytes, bytes);
    });
  }

  void write_ends(RowFiller& filler) {
    const auto tokens = static_cast<std::size_t>(shape_.vocabulary_size);
    fill(filler, model_, embeddings_, tokens, ggml_row_size(type_, shape_.embedding_length),
         [&](std::size_t row, std::byte* bytes) { weights_.write_embedding(row, bytes); });
    fill(filler, model_, head_, tokens, ggml_row_size(head_type(type_), shape_.embedding_length),
         [&](std::size_t row, std::byte* bytes) { weights_.write_head(row, bytes); });
    model_.write(output_norm_, 0, bytes_of(weights_.output_norm()));
  }

  void write_layer(int layer, RowFiller& filler) {
    const Layer& own = layers_[static_cast<std::size_t>(layer)];
    model_.write(own.attention_norm, 0, bytes_of(weights_.attention_norm()));
    model_.write(own.feed_forward_norm, 0, bytes_of(weights_.feed_forward_norm(layer)));
    write_attention(layer, filler);
    const GateDirections gates = weights_.draw_gates(layer, filler.threads());
    write_model_feed_forward(layer, gates, filler);
    write_neurons(layer, gates, filler);
    predictors_.write(own.fc1, 0, gates.fc1());
    fill(filler, predictors_, own.fc2, neurons(), gates.fc2_bytes(),
         [&](std::size_t neuron, std::byte* bytes) { weights_.write_fc2(gates, layer, neuron, bytes); });
  }

  void write_attention(int layer, RowFiller& filler) {
    const Layer& own = layers_[static_cast<std::size_t>(layer)];
    const std::size_t row_bytes = ggml_row_size(type_, shape_.embedding_length);
    const auto embedding = static_cast<std::size_t>(shape_.embedding_length);
    for (std::size_t i = 0; i < own.query_key_value.size(); ++i) {
      const auto rows = i == 0 ? embedding : static_cast<std::size_t>(shape_.kv_length());
      fill(filler, model_, own.query_key_value[i], rows, row_bytes, [&](std::size_t row, std::byte* bytes) {
        weights_.write_query_key_value(layer, static_cast<int>(i), row, bytes);
      });
    }
    fill(filler, model_, own.attention_output, embedding, row_bytes,
         [&](std::size_t row, std::byte* bytes) { weights_.write_attention_output(layer, row, bytes); });
  }

  void write_model_feed_forward(int layer, const GateDirections& gates, RowFiller& filler) {
    const Layer& own = layers_[static_cast<std::size_t>(layer)];
    const std::size_t row_bytes = ggml_row_size(type_, shape_.embedding_length);
    fill(filler, model_, own.gate, neurons(), row_bytes,
         [&](std::size_t neuron, std::byte* bytes) { weights_.write_gate(gates, layer, neuron, bytes); });
    fill(filler, model_, own.up, neurons(), row_bytes,
         [&](std::size_t neuron, std::byte* bytes) { weights_.write_up(layer, neuron, bytes); });
    fill(filler, model_, own.down, static_cast<std::size_t>(shape_.embedding_length),
         ggml_row_size(type_, shape_.feed_forward_length),
         [&](std::size_t row, std::byte* bytes) { weights_.write_down(layer, row, bytes); });
  }

  /// The rows of all neurons in their order, packed.
  void write_neurons(int layer, const GateDirections& gates, RowFiller& filler) {
    const auto& order = orders_[static_cast<std::size_t>(layer)];
    const int length = shape_.embedding_length;
    const auto packed = [&](const RowFiller::Fill& fill_row) -> RowFiller::Fill {
      return [&order, length, fill_row, type = type_](std::size_t place, std::byte* bytes) {
        std::vector<std::byte> row(ggml_row_size(type, length));
        fill_row(static_cast<std::size_t>(order[place]), row.data());
        pack_row(type, row.data(), length, bytes);
      };
    };
    const std::size_t row_bytes = packed_row_bytes(type_, length);
    using Rows = std::span<const std::byte>;
    filler.run(neurons(), row_bytes, packed([&](std::size_t neuron, std::byte* bytes) {
                 weights_.write_gate(gates, layer, neuron, bytes);
               }),
               [&](std::size_t first, Rows rows) { neurons_.write(layer, first, {.gates = rows}); });
    filler.run(neurons(), row_bytes,
               packed([&](std::size_t neuron, std::byte* bytes) { weights_.write_up(layer, neuron, bytes); }),
               [&](std::size_t first, Rows rows) { neurons_.write(layer, first, {.ups = rows}); });
    filler.run(neurons(), row_bytes, packed([&](std::size_t neuron, std::byte* bytes) {
                 weights_.write_down_column(layer, neuron, bytes);
               }),
               [&](std::size_t first, Rows rows) { neurons_.write(layer, first, {.downs = rows}); });
  }

  /// The model first: the others name its fingerprint.
  void finish() {
    model_.finish();
    const std::string fingerprint = model_fingerprint(ModelFile::open_tensors(files_.model));
    neurons_.finish(fingerprint);
    gguf_set_val_str(predictors_.keys(), kPredictorsModelKey, fingerprint.c_str());
    predictors_.finish();
    Profile profile;
    profile.corpus = "a power law";
    profile.model_fingerprint = fingerprint;
    profile.frequencies = weights_.frequencies();
    profile.write(files_.profile);
  }

  std::size_t neurons() const { return static_cast<std::size_t>(shape_.feed_forward_length); }

  /// Numbers of a layer's tensors in their files.
  struct Layer {
    std::size_t attention_norm;
    std::array<std::size_t, 3> query_key_value;
    std::size_t attention_output;
    std::size_t feed_forward_norm;
    std::size_t gate;
    std::size_t up;
    std::size_t down;
    std::size_t fc1;
    std::size_t fc2;
  };

  ShapeWeights weights_;
  Shape shape_;
  ggml_type type_;
  ShapeFiles files_;
  NeuronOrders orders_;
  GgufStream model_;
  GgufStream predictors_;
  NeuronCacheWriter neurons_;
  std::size_t embeddings_ = 0;
  std::size_t output_norm_ = 0;
  std::size_t head_ = 0;
  std::vector<Layer> layers_;
};

}  // namespace

void write_shape_files(const ShapeChoice& choice, const ShapeFiles& files, int threads,
                       const Progress& progress) {
  ShapeWriter(choice, files).write(threads, progress);
}

}  // namespace hotset
