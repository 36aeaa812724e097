#include "hybrid/sparse_layer.h"

#include <algorithm>
#include <array>
#include <string>

#include "error.h"
#include "kernels/prefetch.h"

namespace hotset {
namespace {

// Neurons that a thread takes at a time. Threads take turns, because the first ones in the order fire most.
constexpr int kGroup = 16;
// A thread's slice of the output begins at a multiple of this many values: whole cache lines.
constexpr int kSlice = 32;
// Activations looked at together: a multiple of the blocks they may be rounded in, or they are rounded one by
// one.
constexpr int kSmallBlock = 32;
constexpr int kLargestBlock = 256;

/// Asks for a row, or for as much of it as the first loads do not fetch themselves.
void prefetch(const std::byte* row, std::size_t bytes) {
  constexpr std::size_t kCacheLine = 64;
  constexpr std::size_t kMost = 2048;
  for (std::size_t at = 0; at < std::min(bytes, kMost); at += kCacheLine) prefetch_line(row + at);
}

/// `count` rows from `first` on, `bytes` from one to the next.
std::array<const std::byte*, kGroup> neighbours(const std::byte* first, std::size_t bytes, int count) {
  std::array<const std::byte*, kGroup> rows{};
  for (int i = 0; i < count; ++i) {
    rows[static_cast<std::size_t>(i)] = first + bytes * static_cast<std::size_t>(i);
  }
  return rows;
}

int count_active(const float* values, int length) {
  int active = 0;
  for (int i = 0; i < length; ++i) active += values[i] != 0.0F ? 1 : 0;
  return active;
}

}  // namespace

SparseScratch::SparseScratch(const ModelFile& model)
    : input(model.embedding_length),
      activations(kLargestBlock),
      rows(static_cast<std::size_t>(model.feed_forward_length)),
      factors(static_cast<std::size_t>(model.feed_forward_length)) {}

SparseLayer::SparseLayer(const ModelFile& model, const Weights& weights, int layer, const LayerSplit& split,
                         KernelChoice kernel)
    : embedding_(model.embedding_length),
      neurons_(model.feed_forward_length),
      rectify_up_(model.activation == Activation::kDrelu),
      hot_(split.hot),
      order_(split.order),
      place_of_(split.order.size()),
      rows_(model, weights, layer, split),
      round_input_(round_kernel(kernel, rounding_for(rows_.input_type()))),
      dot_(dot_kernel(kernel, rows_.input_type())),
      add_(add_kernel(kernel, rows_.down_type())) {
  const ggml_type down = model.tensors.at("blk." + std::to_string(layer) + ".ffn_down.weight").type;
  activation_block_ = std::max(kSmallBlock, block_length(rounding_for(down)));
  round_activations_ = round_kernel(kernel, rounding_for(down));
  if (dot_ == nullptr) {
    throw Error(ErrorKind::kBadModel, model.path.string() + ": exact mode has no kernel for weights in " +
                                          ggml_type_name(rows_.input_type()) + "; choose the mode dense");
  }
  for (std::size_t place = 0; place < order_.size(); ++place) {
    place_of_[static_cast<std::size_t>(order_[place])] = static_cast<int>(place);
  }
}

float SparseLayer::activation(float gate, float up) const {
  if (gate <= 0.0F || (rectify_up_ && up <= 0.0F)) return 0.0F;
  return gate * up;
}

void SparseLayer::activate_hot(int place, int count, const Operand& input, float* activations) const {
  std::array<float, kGroup> gates;
  std::array<float, kGroup> ups;
  const auto gate_rows = neighbours(rows_.gate(place), rows_.input_bytes(), count);
  dot_(gate_rows.data(), count, input, embedding_, gates.data());
  const auto up_rows = neighbours(rows_.up(place), rows_.input_bytes(), count);
  dot_(up_rows.data(), count, input, embedding_, ups.data());
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    activations[order_[static_cast<std::size_t>(place) + at]] = activation(gates[at], ups[at]);
  }
}

void SparseLayer::activate_cold(int place, int count, const Operand& input, float* activations) const {
  std::array<float, kGroup> gates;
  std::array<int, kGroup> open{};
  const auto gate_rows = neighbours(rows_.gate(place), rows_.input_bytes(), count);
  dot_(gate_rows.data(), count, input, embedding_, gates.data());
  std::size_t found = 0;
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(i);
    activations[order_[static_cast<std::size_t>(place) + at]] = 0.0F;
    if (gates[at] > 0.0F) open[found++] = i;
  }
  if (found > 0) prefetch(rows_.up(place + open[0]), rows_.input_bytes());
  for (std::size_t i = 0; i < found; ++i) {
    // Rows that lie apart come late unless they are asked for early.
    if (i + 1 < found) prefetch(rows_.up(place + open[i + 1]), rows_.input_bytes());
    const int here = place + open[i];
    float up = 0.0F;
    const std::byte* row = rows_.up(here);
    dot_(&row, 1, input, embedding_, &up);
    const float gate = gates[static_cast<std::size_t>(open[i])];
    activations[order_[static_cast<std::size_t>(here)]] = activation(gate, up);
  }
}

void SparseLayer::activate(const float* normed, float* activations, SparseScratch& scratch, int thread,
                           int threads) const {
  round_input_(normed, embedding_, scratch.input);
  for (int begin = thread * kGroup; begin < neurons_; begin += threads * kGroup) {
    const int end = std::min(begin + kGroup, neurons_);
    const int border = std::clamp(hot_, begin, end);
    if (border > begin) activate_hot(begin, border - begin, scratch.input, activations);
    if (end > border) activate_cold(border, end - border, scratch.input, activations);
  }
}

/// Lists the neurons that fire, their activations rounded; returns how many.
int SparseLayer::collect(const float* activations, SparseScratch& scratch) const {
  int count = 0;
  for (int begin = 0; begin < neurons_; begin += activation_block_) {
    const int length = std::min(activation_block_, neurons_ - begin);
    if (count_active(activations + begin, length) == 0) continue;
    round_activations_(activations + begin, length, scratch.activations);
    const int* places = place_of_.data() + begin;
    for (int i = 0; i < length; ++i) {
      const float factor = scratch.activations.values[static_cast<std::size_t>(i)];
      if (factor == 0.0F) continue;
      scratch.rows[static_cast<std::size_t>(count)] = rows_.down(places[i]);
      scratch.factors[static_cast<std::size_t>(count)] = factor;
      ++count;
    }
  }
  return count;
}

void SparseLayer::combine(const float* activations, const float* residual, float* output,
                          SparseScratch& scratch, int thread, int threads) const {
  const int slices = (embedding_ + kSlice - 1) / kSlice;
  const int begin = std::min(slices * thread / threads * kSlice, embedding_);
  const int end = std::min(slices * (thread + 1) / threads * kSlice, embedding_);
  if (begin == end) return;
  const int count = collect(activations, scratch);
  std::fill(output + begin, output + end, 0.0F);
  add_(scratch.rows.data(), scratch.factors.data(), count, embedding_, begin, end, output);
  for (int j = begin; j < end; ++j) output[j] += residual[j];
}

}  // namespace hotset
