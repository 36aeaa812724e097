#include "hybrid/sign_predictor.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

#include "hybrid/large_memory.h"
#include "hybrid/sparse_scratch.h"

namespace hotset {
namespace {

using Word = std::uint64_t;
constexpr int kWordBits = 64;

std::size_t words_of(int length) { return static_cast<std::size_t>((length + kWordBits - 1) / kWordBits); }

/// One bit for each value, set where it is negative; the last word's rest is zero.
void pack_signs(const float* values, int length, Word* words) {
  for (int begin = 0; begin < length; begin += kWordBits) {
    Word word = 0;
    const int count = std::min(kWordBits, length - begin);
    for (int i = 0; i < count; ++i)
      word |= Word{values[begin + i] < 0.0F ? 1U : 0U} << static_cast<unsigned>(i);
    words[begin / kWordBits] = word;
  }
}

int count_disagreements(const Word* a, const Word* b, std::size_t words) {
  int count = 0;
  for (std::size_t i = 0; i < words; ++i) count += std::popcount(a[i] ^ b[i]);
  return count;
}

}  // namespace

struct SignPredictor::Layer {
  LargeMemory signs;  ///< rows of words, from place `first` on
  std::size_t words;  ///< to a row
  int first;
  int rows;
  int hot;

  float threshold = -std::numeric_limits<float>::infinity();
  int tokens_seen = 0;
  std::vector<float> last_scores;        ///< of the last token, while tokens are still learnt from
  std::vector<double> mass_disagreeing;  ///< [disagreements] mass of the cold neurons that had so many

  bool is_learning() const { return tokens_seen < kCalibrationTokens; }
  const Word* row(int index) const {
    return reinterpret_cast<const Word*>(signs.bytes().data()) + words * static_cast<std::size_t>(index);
  }
  void settle();
};

SignPredictor::SignPredictor(const ModelFile& model, std::span<const std::byte> file,
                             const std::vector<LayerSplit>& splits) {
  const int embedding = model.embedding_length;
  std::vector<float> values(static_cast<std::size_t>(embedding));
  for (std::size_t index = 0; index < splits.size(); ++index) {
    const LayerSplit& split = splits[index];
    const std::string name = "blk." + std::to_string(index) + ".ffn_gate.weight";
    const TensorInfo& gate = model.tensors.at(name);
    const ggml_type type = gate.type;
    const std::size_t row_bytes = ggml_row_size(type, embedding);
    const std::byte* gates = file.data() + gate.offset;

    auto layer = std::make_unique<Layer>();
    layer->words = words_of(embedding);
    layer->first = first_predicted(split);
    layer->rows = model.feed_forward_length - layer->first;
    layer->hot = split.hot;
    layer->last_scores.resize(static_cast<std::size_t>(layer->rows));
    layer->mass_disagreeing.resize(static_cast<std::size_t>(embedding) + 1);
    layer->signs = LargeMemory(static_cast<std::size_t>(layer->rows) * layer->words * sizeof(Word));
    auto* target = reinterpret_cast<Word*>(layer->signs.bytes().data());
    for (int row = 0; row < layer->rows; ++row, target += layer->words) {
      const int place = layer->first + row;
      const auto neuron = static_cast<std::size_t>(split.order[static_cast<std::size_t>(place)]);
      const std::byte* source = gates + row_bytes * neuron;
      if (type == GGML_TYPE_F32) {
        std::memcpy(values.data(), source, row_bytes);
      } else {
        ggml_get_type_traits(type)->to_float(source, values.data(), embedding);
      }
      pack_signs(values.data(), embedding, target);
    }
    layers_.push_back(std::move(layer));
  }
}

SignPredictor::~SignPredictor() = default;

int SignPredictor::first(int layer) const { return layers_[static_cast<std::size_t>(layer)]->first; }

float SignPredictor::threshold(int layer) const {
  return layers_[static_cast<std::size_t>(layer)]->threshold;
}

bool SignPredictor::wants_truth(int layer) const {
  return layers_[static_cast<std::size_t>(layer)]->is_learning();
}

std::uint64_t SignPredictor::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& layer : layers_) bytes += layer->signs.bytes().size();
  return bytes;
}

ggml_tensor* SignPredictor::build(ggml_context* context, int layer, FeedForwardInput input) {
  Layer* own = layers_[static_cast<std::size_t>(layer)].get();
  if (own->rows == 0) return nullptr;
  return ggml_custom_4d(context, GGML_TYPE_F32, own->rows, input.normed->ne[1], 1, 1, &input.normed, 1, score,
                        GGML_N_TASKS_MAX, own);
}

void SignPredictor::score(ggml_tensor* scores, int thread, int threads, void* layer) {
  auto& own = *static_cast<Layer*>(layer);
  const ggml_tensor* normed = scores->src[0];
  const auto embedding = static_cast<int>(normed->ne[0]);
  const Range range = share(own.rows, {.thread = thread, .threads = threads});
  std::vector<Word> signs(own.words);
  for (std::int64_t token = 0; token < normed->ne[1]; ++token) {
    pack_signs(static_cast<const float*>(normed->data) + token * embedding, embedding, signs.data());
    float* target = static_cast<float*>(scores->data) + token * own.rows;
    for (int row = range.begin; row < range.end; ++row) {
      target[row] = static_cast<float>(-count_disagreements(own.row(row), signs.data(), own.words));
    }
    if (!own.is_learning()) continue;
    std::copy(target + range.begin, target + range.end, own.last_scores.begin() + range.begin);
  }
}

void SignPredictor::learn(int layer, std::span<const FiredNeuron> fired) {
  Layer& own = *layers_[static_cast<std::size_t>(layer)];
  for (const FiredNeuron& neuron : fired) {
    if (neuron.place < own.hot) continue;
    const float score = own.last_scores[static_cast<std::size_t>(neuron.place - own.first)];
    own.mass_disagreeing[static_cast<std::size_t>(-score)] += static_cast<double>(neuron.mass);
  }
  ++own.tokens_seen;
  if (!own.is_learning()) own.settle();
}

void SignPredictor::Layer::settle() {
  double all = 0.0;
  for (const double mass : mass_disagreeing) all += mass;
  if (all == 0.0) return;  // nothing fired, so nothing is known: everything is computed
  double kept = 0.0;
  std::size_t disagreements = 0;
  while (kept < kRecall * all && disagreements < mass_disagreeing.size())
    kept += mass_disagreeing[disagreements++];
  threshold = -static_cast<float>(disagreements - 1);
}

}  // namespace hotset
