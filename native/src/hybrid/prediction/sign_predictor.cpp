#include "hybrid/prediction/sign_predictor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "kernels/signs.h"
#include "runtime/large_memory.h"
#include "runtime/node_parts.h"
#include "runtime/node_visit.h"
#include "runtime/shares.h"

namespace hotset {
namespace {

// Rows counted at a time: few enough for the stack.
constexpr int kRun = 128;

}  // namespace

struct SignPredictor::Layer {
  LargeMemory signs;      ///< packed rows, from place `first` on
  std::size_t row_bytes;  ///< of packed signs
  SignKernel count_disagreements;
  int first;
  int rows;
  int hot;

  float threshold = -std::numeric_limits<float>::infinity();
  int tokens_seen = 0;
  std::vector<float> last_scores;        ///< of the last token, while tokens are still learnt from
  std::vector<double> mass_disagreeing;  ///< [disagreements] mass of the cold neurons that had so many

  bool is_learning() const { return tokens_seen < kCalibrationTokens; }
  void settle();
};

SignPredictor::SignPredictor(const ModelFile& model, std::span<const std::byte> file,
                             const std::vector<LayerSplit>& splits, KernelChoice kernel)
    : score_deviation_(std::sqrt(static_cast<float>(model.embedding_length)) / 2) {
  const int embedding = model.embedding_length;
  for (std::size_t index = 0; index < splits.size(); ++index) {
    const LayerSplit& split = splits[index];
    const TensorInfo& gate = model.tensors.at("blk." + std::to_string(index) + ".ffn_gate.weight");
    const std::size_t gate_bytes = ggml_row_size(gate.type, embedding);

    auto layer = std::make_unique<Layer>();
    layer->row_bytes = sign_row_bytes(embedding);
    layer->count_disagreements = sign_kernel(kernel);
    layer->first = first_predicted(split);
    layer->rows = model.feed_forward_length - layer->first;
    layer->hot = split.hot;
    layer->last_scores.resize(static_cast<std::size_t>(layer->rows));
    layer->mass_disagreeing.resize(static_cast<std::size_t>(embedding) + 1);
    layer->signs = LargeMemory(static_cast<std::size_t>(layer->rows) * layer->row_bytes);
    std::byte* target = layer->signs.bytes().data();
    for (int place = layer->first; place < model.feed_forward_length; ++place, target += layer->row_bytes) {
      const auto neuron = static_cast<std::size_t>(split.order[static_cast<std::size_t>(place)]);
      pack_signs(gate.type, file.data() + gate.offset + gate_bytes * neuron, embedding, target);
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
  return ggml_custom_4d(context, GGML_TYPE_F32, own->rows, input.normed->ne[1], 1, 1, &input.normed, 1,
                        in_parts<score>, GGML_N_TASKS_MAX, own);
}

void SignPredictor::score(ggml_tensor* scores, int thread, int threads, void* layer) {
  const NodeVisit visit;
  auto& own = *static_cast<Layer*>(layer);
  const ggml_tensor* normed = scores->src[0];
  const auto embedding = static_cast<int>(normed->ne[0]);
  const Range range = share(own.rows, {.thread = thread, .threads = threads});
  std::vector<std::byte> signs(own.row_bytes);
  std::array<int, kRun> disagreements;
  for (std::int64_t token = 0; token < normed->ne[1]; ++token) {
    pack_signs(static_cast<const float*>(normed->data) + token * embedding, embedding, signs.data());
    float* target = static_cast<float*>(scores->data) + token * own.rows;
    for (int begin = range.begin; begin < range.end; begin += kRun) {
      const int count = std::min(kRun, range.end - begin);
      const std::byte* rows = own.signs.bytes().data() + own.row_bytes * static_cast<std::size_t>(begin);
      own.count_disagreements(rows, own.row_bytes, count, signs.data(), embedding, disagreements.data());
      std::transform(disagreements.begin(), disagreements.begin() + count, target + begin,
                     [](int disagreeing) { return static_cast<float>(-disagreeing); });
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
