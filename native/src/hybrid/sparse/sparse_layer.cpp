#include "hybrid/sparse/sparse_layer.h"

#include <ggml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "error.h"

namespace hotset {
namespace {

// Rows whose addresses are written down at a time: few enough for the stack, enough that asking for rows
// ahead seldom stops at the end of a list.
constexpr int kRun = 256;
// The same for several tokens: rows that stay in the second-level cache until the last token has met them.
constexpr int kSharedRun = 64;
// Neurons that a thread takes at a time where threads take turns, because the first ones in the order fire
// most.
constexpr int kGroup = 16;
// A thread's slice of the output begins at a multiple of this many values: whole cache lines.
constexpr int kSlice = 32;
// A layer of this many bytes takes about as long as some tens of barriers.
constexpr std::size_t kSmallBytes = std::size_t{4} << 20U;

/// As ggml rounds the other side of the down matrix: of one that the file holds transposed, as it does for
/// types like that.
Rounding rounding_of_activations(const ModelFile& model, int layer, const NeuronRows& rows) {
  const auto down = model.tensors.find("blk." + std::to_string(layer) + ".ffn_down.weight");
  return rounding_for(down == model.tensors.end() ? rows.down_type() : down->second.type);
}

std::vector<ActivationRule> rules_of(Activation activation, const LayerSplit& split,
                                     const SparseLayerOptions& options) {
  if (options.gate_weights.empty()) return {ActivationRule(activation, options.threshold)};
  // No gate is as large: of a neuron without weight nothing is computed.
  constexpr float kNever = 1e30F;
  std::vector<ActivationRule> rules;
  rules.reserve(split.order.size());
  for (const int neuron : split.order) {
    const float weight = options.gate_weights[static_cast<std::size_t>(neuron)];
    const float threshold = weight > 0.0F ? std::min(options.threshold / weight, kNever) : kNever;
    rules.emplace_back(activation, threshold);
  }
  return rules;
}

}  // namespace

SparseLayer::SparseLayer(const ModelFile& model, int layer, const LayerSplit& split, NeuronRows rows,
                         const SparseLayerOptions& options)
    : embedding_(model.embedding_length),
      neurons_(model.feed_forward_length),
      first_(split.on_gpu),
      hot_(split.hot),
      without_threshold_(model.activation, 0.0F),
      rules_(rules_of(model.activation, split, options)),
      order_(split.order),
      rows_(std::move(rows)),
      round_input_(round_kernel(options.kernel, rounding_for(rows_.input_type()))),
      dot_(dot_kernel(options.kernel, rows_.input_type())),
      add_(add_kernel(options.kernel, rows_.down_type())) {
  const std::size_t neuron_bytes = 2 * rows_.input_bytes() + rows_.down_bytes();
  small_ = neuron_bytes * static_cast<std::size_t>(neurons_) < kSmallBytes;
  interleaved_ = small_ && !options.predicted;
  const Rounding rounding = rounding_of_activations(model, layer, rows_);
  round_blocks_ = block_length(rounding) > 1;
  round_activations_ = round_kernel(options.kernel, rounding);
  if (dot_ == nullptr) {
    throw Error(ErrorKind::kBadModel, model.path.string() + ": there is no sparse kernel for weights in " +
                                          ggml_type_name(rows_.input_type()) + "; choose the mode dense");
  }
}

int SparseLayer::find(const float* normed, int tokens, const Predicted* predicted, SparseTeam team,
                      Part part) const {
  SparseScratch& own = team.scratch[static_cast<std::size_t>(part.thread)];
  for (int token = 0; token < tokens; ++token) {
    auto& scratch = own.of_token[static_cast<std::size_t>(token)];
    round_input_(normed + std::ptrdiff_t{token} * embedding_, embedding_, scratch.input);
    scratch.found.clear();
  }
  if (predicted == nullptr) {
    find_everywhere(tokens, team, part);
    return neurons_ - first_;
  }
  int candidates = 0;
  for (int token = 0; token < tokens; ++token) candidates = find_predicted(token, *predicted, team, part);
  return candidates;
}

void SparseLayer::find_everywhere(int tokens, SparseTeam team, Part part) const {
  SparseScratch& own = team.scratch[static_cast<std::size_t>(part.thread)];
  if (!interleaved_) {
    team.schedules.front().each(neurons_ - first_, part.threads, [&](Range piece) {
      find_in_run({first_ + piece.begin, first_ + piece.end}, tokens, rules(), own);
      for (int token = 0; token < tokens; ++token) {
        own.of_token[static_cast<std::size_t>(token)].found.end_run(piece.begin);
      }
    });
    return;
  }
  for (int begin = first_ + part.thread * kGroup; begin < neurons_; begin += part.threads * kGroup) {
    find_in_run({begin, std::min(begin + kGroup, neurons_)}, tokens, rules(), own);
  }
}

void SparseLayer::find_cold(const float* normed, Every some, SparseScratch& own) const {
  auto& scratch = own.of_token.front();
  round_input_(normed, embedding_, scratch.input);
  scratch.found.clear();
  int count = 0;
  for (int place = std::max(first_, hot_) + some.first; place < neurons_; place += some.step) {
    own.places[static_cast<std::size_t>(count++)] = place;
  }
  find_among({0, count}, scratch.input, {.first = &without_threshold_, .step = 0}, scratch.found, own);
  scratch.found.end_run(0);
}

void SparseLayer::find_in_run(Range places, int tokens, Rules rules, SparseScratch& own) const {
  std::array<const std::byte*, kRun> rows;
  std::array<float, kRun> gates;
  const int run = tokens == 1 ? kRun : kSharedRun;
  for (int begin = places.begin; begin < places.end; begin += run) {
    const int count = std::min(run, places.end - begin);
    for (int i = 0; i < count; ++i) rows[static_cast<std::size_t>(i)] = rows_.gate(begin + i);
    for (int token = 0; token < tokens; ++token) {
      auto& scratch = own.of_token[static_cast<std::size_t>(token)];
      dot_(rows.data(), count, scratch.input, embedding_, gates.data());
      for (int i = 0; i < count; ++i) {
        const float gate = gates[static_cast<std::size_t>(i)];
        scratch.found.add_if(begin + i < hot_ || rules.fire(begin + i, gate), begin + i, gate);
      }
    }
  }
}

int SparseLayer::list_candidates(const float* scores, const Predicted& predicted,
                                 std::vector<int>& places) const {
  int count = 0;
  for (int place = first_; place < hot_; ++place) places[static_cast<std::size_t>(count++)] = place;
  for (int place = hot_; place < neurons_; ++place) {
    places[static_cast<std::size_t>(count)] = place;
    count += scores[place - predicted.first] >= predicted.threshold ? 1 : 0;
  }
  return count;
}

int SparseLayer::find_predicted(int token, const Predicted& predicted, SparseTeam team, Part part) const {
  SparseScratch& own = team.scratch[static_cast<std::size_t>(part.thread)];
  const float* scores = predicted.scores + std::ptrdiff_t{token} * predicted.stride;
  // Every thread writes the whole list, which takes less time than waiting for a part of each.
  const int candidates = list_candidates(scores, predicted, own.places);
  auto& scratch = own.of_token[static_cast<std::size_t>(token)];
  GuidedSchedule& schedule = team.schedules[static_cast<std::size_t>(token)];
  schedule.each(candidates, part.threads, [&](Range piece) {
    find_among(piece, scratch.input, rules(), scratch.found, own);
    scratch.found.end_run(piece.begin);
  });
  return candidates;
}

/// candidates: of own.places.
void SparseLayer::find_among(Range candidates, const Operand& input, Rules rules, FoundNeurons& found,
                             SparseScratch& own) const {
  const int count = candidates.end - candidates.begin;
  const int* places = own.places.data() + candidates.begin;
  for (int i = 0; i < count; ++i) own.rows[static_cast<std::size_t>(i)] = rows_.gate(places[i]);
  dot_(own.rows.data(), count, input, embedding_, own.factors.data());
  for (int i = 0; i < count; ++i) {
    const float gate = own.factors[static_cast<std::size_t>(i)];
    found.add_if(places[i] < hot_ || rules.fire(places[i], gate), places[i], gate);
  }
}

void SparseLayer::activate_found(const Operand& input, FoundNeurons& found, Range range,
                                 SparseScratch& own) const {
  const int count = range.end - range.begin;
  const int* places = found.places.data() + range.begin;
  float* values = found.values.data() + range.begin;
  for (int i = 0; i < count; ++i) own.rows[static_cast<std::size_t>(i)] = rows_.up(places[i]);
  dot_(own.rows.data(), count, input, embedding_, own.factors.data());
  for (int i = 0; i < count; ++i) {
    values[i] = without_threshold_.activation(values[i], own.factors[static_cast<std::size_t>(i)]);
  }
}

void SparseLayer::activate_own(int tokens, SparseScratch& own) const {
  for (int token = 0; token < tokens; ++token) {
    auto& scratch = own.of_token[static_cast<std::size_t>(token)];
    activate_found(scratch.input, scratch.found, {0, scratch.found.count}, own);
  }
}

void SparseLayer::activate(int tokens, SparseTeam team, Part part) const {
  SparseScratch& own = team.scratch[static_cast<std::size_t>(part.thread)];
  for (int token = 0; token < tokens; ++token) {
    const auto index = static_cast<std::size_t>(token);
    int all = 0;
    for (const SparseScratch& finder : team.scratch) all += finder.of_token[index].found.count;
    team.schedules[index].each(all, part.threads,
                               [&](Range piece) { activate_places(piece, index, team.scratch, own); });
  }
}

/// range: of all that the team found for the token, thread after thread.
void SparseLayer::activate_places(Range range, std::size_t token, std::span<SparseScratch> team,
                                  SparseScratch& own) const {
  int passed = 0;
  for (SparseScratch& finder : team) {
    FoundNeurons& found = finder.of_token[token].found;
    const int begin = std::clamp(range.begin - passed, 0, found.count);
    const int end = std::clamp(range.end - passed, 0, found.count);
    if (begin < end) activate_found(own.of_token[token].input, found, {begin, end}, own);
    passed += found.count;
  }
}

/// Calls visit(place, activation) in the order of the places.
template <typename Visit>
void SparseLayer::visit_found(int token, std::span<const SparseScratch> team, const Visit& visit) const {
  const auto found_by = [&](std::size_t thread) -> const FoundNeurons& {
    return team[thread].of_token[static_cast<std::size_t>(token)].found;
  };
  const auto visit_range = [&](const FoundNeurons& found, Range range) {
    for (auto at = static_cast<std::size_t>(range.begin); at < static_cast<std::size_t>(range.end); ++at) {
      visit(found.places[at], found.values[at]);
    }
  };
  const auto pass = [&](const FoundNeurons& found, int begin, int border) {
    int at = begin;
    for (; at < found.count && found.places[static_cast<std::size_t>(at)] < border; ++at) {
      visit(found.places[static_cast<std::size_t>(at)], found.values[static_cast<std::size_t>(at)]);
    }
    return at;
  };
  if (!interleaved_) {
    visit_runs(team.size(), found_by, visit_range);
    return;
  }
  std::array<int, GGML_MAX_N_THREADS> passed{};
  std::size_t thread = 0;
  for (int begin = first_; begin < neurons_; begin += kGroup) {
    passed[thread] = pass(found_by(thread), passed[thread], begin + kGroup);
    thread = thread + 1 < team.size() ? thread + 1 : 0;
  }
}

int SparseLayer::collect(int token, std::span<const SparseScratch> team, SparseScratch& own) const {
  int count = 0;
  visit_found(token, team, [&](int place, float activation) {
    if (activation == 0.0F) return;
    own.places[static_cast<std::size_t>(count)] = place;
    own.factors[static_cast<std::size_t>(count)] = activation;
    ++count;
  });
  return count;
}

void SparseLayer::keep_down_lengths() {
  std::vector<float> lengths(static_cast<std::size_t>(neurons_));
  for (int place = first_; place < neurons_; ++place) {
    lengths[static_cast<std::size_t>(place)] = down_length(place);
  }
  down_lengths_ = std::move(lengths);
}

float SparseLayer::down_length(int place) const {
  if (!down_lengths_.empty()) return down_lengths_[static_cast<std::size_t>(place)];
  std::vector<float> weights(static_cast<std::size_t>(embedding_));
  const std::byte* row = rows_.down(place);
  constexpr float kOnce = 1.0F;
  add_(&row, &kOnce, 1, embedding_, 0, embedding_, weights.data());
  const double squares = std::inner_product(weights.begin(), weights.end(), weights.begin(), 0.0);
  return static_cast<float>(std::sqrt(squares));
}

void SparseLayer::round_factors(int count, SparseScratch& own) const {
  float* factors = own.factors.data();
  if (!round_blocks_) {
    round_activations_(factors, count, own.activations);
    std::copy_n(own.activations.values.data(), count, factors);
    return;
  }
  const auto neuron_at = [&](int i) {
    return static_cast<std::size_t>(
        order_[static_cast<std::size_t>(own.places[static_cast<std::size_t>(i)])]);
  };
  std::fill(own.by_neuron.begin(), own.by_neuron.end(), 0.0F);
  for (int i = 0; i < count; ++i) own.by_neuron[neuron_at(i)] = factors[i];
  round_activations_(own.by_neuron.data(), neurons_, own.activations);
  for (int i = 0; i < count; ++i) factors[i] = own.activations.values[neuron_at(i)];
}

int SparseLayer::prepare_rows(int token, std::span<const SparseScratch> team, SparseScratch& own) const {
  const int count = collect(token, team, own);
  round_factors(count, own);
  for (int i = 0; i < count; ++i) {
    own.rows[static_cast<std::size_t>(i)] = rows_.down(own.places[static_cast<std::size_t>(i)]);
  }
  return count;
}

Range SparseLayer::slice(Part part) const {
  const int length = std::max(kSlice, add_granularity(rows_.down_type()));
  const Range blocks = share((embedding_ + length - 1) / length, part);
  return {.begin = std::min(blocks.begin * length, embedding_),
          .end = std::min(blocks.end * length, embedding_)};
}

void SparseLayer::combine_slices(int tokens, std::span<SparseScratch> team, const float* residual,
                                 float* output, std::span<int> counts, Part part) const {
  SparseScratch& own = team[static_cast<std::size_t>(part.thread)];
  const Range range = slice(part);
  for (int token = 0; token < tokens; ++token) {
    const std::ptrdiff_t start = std::ptrdiff_t{token} * embedding_;
    float* sum = output + start;
    const int count = prepare_rows(token, team, own);
    if (static_cast<std::size_t>(token) < counts.size()) counts[static_cast<std::size_t>(token)] = count;
    std::fill(sum + range.begin, sum + range.end, 0.0F);
    add_(own.rows.data(), own.factors.data(), count, embedding_, range.begin, range.end, sum);
    if (residual == nullptr) continue;
    for (int j = range.begin; j < range.end; ++j) sum[j] += residual[start + j];
  }
}

void SparseLayer::combine_shares(int tokens, std::span<SparseScratch> team, std::span<int> counts,
                                 Part part) const {
  SparseScratch& own = team[static_cast<std::size_t>(part.thread)];
  for (int token = 0; token < tokens; ++token) {
    float* sum = own.sums.data() + std::ptrdiff_t{token} * embedding_;
    const int count = prepare_rows(token, team, own);
    if (static_cast<std::size_t>(token) < counts.size()) counts[static_cast<std::size_t>(token)] = count;
    const Range range = share(count, part);
    std::fill_n(sum, embedding_, 0.0F);
    add_(own.rows.data() + range.begin, own.factors.data() + range.begin, range.end - range.begin, embedding_,
         0, embedding_, sum);
  }
}

void SparseLayer::reduce(int tokens, std::span<const SparseScratch> team, const float* residual,
                         float* output, Part part) const {
  const Range range = share(tokens * embedding_, part);
  std::fill(output + range.begin, output + range.end, 0.0F);
  for (const SparseScratch& scratch : team) {
    for (int j = range.begin; j < range.end; ++j) output[j] += scratch.sums[static_cast<std::size_t>(j)];
  }
  if (residual == nullptr) return;
  for (int j = range.begin; j < range.end; ++j) output[j] += residual[j];
}

}  // namespace hotset
