#include "hybrid/sparse/selected_down.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <utility>

#include "gguf/mapped_file.h"
#include "hybrid/weights/neuron_arrangement.h"
#include "runtime/node_parts.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

enum Source { kActivations, kResidual };

// Summing up masses takes as long as choosing neurons does: of one token in eight nobody notices.
constexpr int kTokensPerSample = 8;
// Runs of neurons: many enough for even shares of most numbers of threads, few enough that adding their sums
// up takes no time.
constexpr int kRuns = 16;

const float* column_of(const ggml_tensor& tensor, std::int64_t token) {
  return static_cast<const float*>(tensor.data) + tensor.ne[0] * token;
}

}  // namespace

SelectedDown::SelectedDown(const ModelFile& model, Options options, const Progress& progress)
    : embedding_(model.embedding_length),
      neurons_(model.feed_forward_length),
      followed_(kMostTexts, Text{.thresholds = std::move(options.thresholds),
                                 .masses = std::vector<Mass>(static_cast<std::size_t>(model.layers))}),
      choice_(options.choice),
      activations_(std::move(options.activations)),
      threads_(options.threads),
      input_bytes_(options.input_bytes),
      runs_(kRuns) {
  for (int number = 0; number < kRuns; ++number) {
    Run& run = runs_[static_cast<std::size_t>(number)];
    run.neurons = share(neurons_, {.thread = number, .threads = kRuns});
    // One more than can be chosen: choose() writes before it decides.
    run.rows.resize(static_cast<std::size_t>(run.neurons.end - run.neurons.begin) + 1);
    run.factors.resize(run.rows.size());
    run.sums.resize(std::size_t{kMostTexts} * static_cast<std::size_t>(embedding_));
  }
  const MappedFile file(model.path);
  for (int layer = 0; layer < model.layers; ++layer) {
    DownRows rows(model, file.bytes(), layer, options.threads);
    const AddKernel add = add_kernel(options.kernel, rows.type());
    std::vector<float> lengths = down_lengths(model, file.bytes(), layer);
    layers_.push_back(std::make_unique<Layer>(Layer{
        .block = *this, .index = layer, .rows = std::move(rows), .add = add, .lengths = std::move(lengths)}));
    progress(static_cast<double>(layer + 1) / model.layers);
  }
}

ggml_tensor* SelectedDown::build(ggml_context* context, int layer, FeedForwardInput input,
                                 ggml_tensor* residual) {
  Layer* own = layers_[static_cast<std::size_t>(layer)].get();
  ggml_tensor* activations = activations_(context, layer, input);
  const std::int64_t tokens = activations->ne[1];
  ggml_tensor* done = ggml_custom_4d(context, GGML_TYPE_F32, 1, tokens, 1, 1, &activations, 1,
                                     in_parts<combine>, GGML_N_TASKS_MAX, own);
  std::array<ggml_tensor*, 2> sources = {done, residual};
  return ggml_custom_4d(context, GGML_TYPE_F32, embedding_, tokens, 1, 1, sources.data(),
                        residual == nullptr ? 1 : 2, in_parts<reduce>, GGML_N_TASKS_MAX, own);
}

/// Every part finds it for itself where it is one token's: no part waits for another.
float SelectedDown::threshold_of(const Layer& layer, const float* activations, std::int64_t column) const {
  if (!is_per_token(choice_)) return state_of(text_of(column)).thresholds.of(layer.index);
  return token_threshold({activations, layer.lengths.size()}, layer.lengths, choice_);
}

/// Returns how many.
int SelectedDown::choose(const Layer& layer, const float* activations, float threshold, Run& run) {
  std::size_t count = 0;
  const auto end = static_cast<std::size_t>(run.neurons.end);
  for (auto i = static_cast<std::size_t>(run.neurons.begin); i < end; ++i) {
    run.rows[count] = layer.rows.at(i);
    run.factors[count] = activations[i];
    count += std::fabs(activations[i]) * layer.lengths[i] > threshold ? 1U : 0U;
  }
  return static_cast<int>(count);
}

void SelectedDown::list_chosen(const Layer& layer, const float* activations, float threshold, Run& run) {
  run.fired.clear();
  for (int neuron = run.neurons.begin; neuron < run.neurons.end; ++neuron) {
    const auto i = static_cast<std::size_t>(neuron);
    if (std::fabs(activations[i]) * layer.lengths[i] > threshold) run.fired.push_back(neuron);
  }
}

SelectedDown::Mass SelectedDown::weigh(const Layer& layer, const float* activations, float threshold,
                                       Range neurons) {
  Mass mass;
  for (auto i = static_cast<std::size_t>(neurons.begin); i < static_cast<std::size_t>(neurons.end); ++i) {
    const float own = std::fabs(activations[i]) * layer.lengths[i];
    mass.all += static_cast<double>(own);
    mass.kept += own > threshold ? static_cast<double>(own) : 0.0;
  }
  return mass;
}

/// Every part chooses among neurons of its own: no part waits for what another one found.
void SelectedDown::combine(ggml_tensor* done, int part, int parts, void* layer) {
  const NodeVisit visit;
  const auto& own = *static_cast<const Layer*>(layer);
  SelectedDown& block = own.block;
  const int embedding = block.embedding_;
  const std::int64_t tokens = done->ne[1];
  const Range range = share(kRuns, {.thread = part, .threads = parts});
  std::array<float, kMostTexts> thresholds{};
  const auto begin = Clock::now();
  for (std::int64_t token = 0; token < tokens; ++token) {
    thresholds[static_cast<std::size_t>(token)] =
        block.threshold_of(own, column_of(*done->src[kActivations], token), token);
  }
  Seconds adapting = is_per_token(block.choice_) ? Clock::now() - begin : Seconds(0);
  for (int number = range.begin; number < range.end; ++number) {
    Run& run = block.runs_[static_cast<std::size_t>(number)];
    for (std::int64_t token = 0; token < tokens; ++token) {
      const float threshold = thresholds[static_cast<std::size_t>(token)];
      const float* activations = column_of(*done->src[kActivations], token);
      float* sums = run.sums.data() + token * embedding;
      const auto column = static_cast<std::size_t>(token);
      run.chosen[column] = choose(own, activations, threshold, run);
      std::fill_n(sums, embedding, 0.0F);
      own.add(run.rows.data(), run.factors.data(), run.chosen[column], embedding, 0, embedding, sums);
      if (tokens == 1 && block.watch_ != nullptr) list_chosen(own, activations, threshold, run);
      if (!block.is_sampled(token)) continue;
      const auto before = Clock::now();
      run.mass[column] = weigh(own, activations, threshold, run.neurons);
      if (block.wants_audits()) adapting += Clock::now() - before;
    }
    run.adapting = std::exchange(adapting, Seconds(0));
  }
}

void SelectedDown::reduce(ggml_tensor* output, int part, int parts, void* layer) {
  const NodeVisit visit;
  auto& own = *static_cast<Layer*>(layer);
  SelectedDown& block = own.block;
  const auto tokens = static_cast<int>(output->ne[1]);
  const Range range = share(tokens * block.embedding_, {.thread = part, .threads = parts});
  const auto* residual =
      output->src[kResidual] == nullptr ? nullptr : static_cast<const float*>(output->src[kResidual]->data);
  auto* sums = static_cast<float*>(output->data);
  for (int i = range.begin; i < range.end; ++i) sums[i] = residual == nullptr ? 0.0F : residual[i];
  for (const Run& run : block.runs_) {
    const float* of_run = run.sums.data();
    for (int i = range.begin; i < range.end; ++i) sums[i] += of_run[i];
  }
  if (part != 0 || block.texts_.empty()) return;
  block.count(own);
  if (tokens == 1 && block.watch_ != nullptr) block.tell(own);
}

void SelectedDown::count(Layer& layer) {
  layer.chosen = {};
  layer.mass = {};
  for (const Run& run : runs_) {
    adapting_ += run.adapting / threads_;
    for (std::size_t column = 0; column < texts_.size(); ++column) {
      layer.chosen[column] += run.chosen[column];
      if (!is_sampled(static_cast<std::int64_t>(column))) continue;
      layer.mass[column].kept += run.mass[column].kept;
      layer.mass[column].all += run.mass[column].all;
    }
  }
}

void SelectedDown::tell(const Layer& layer) const {
  std::vector<int> fired;
  for (const Run& run : runs_) fired.insert(fired.end(), run.fired.begin(), run.fired.end());
  watch_->see(layer.index, fired);
}

void SelectedDown::end(Seconds took) {
  const auto share = static_cast<double>(texts_.size());
  for (std::size_t column = 0; column < texts_.size(); ++column) {
    Text& text = state_of(texts_[column]);
    text.adapting += adapting_ / share;
    text.took += took / share;
    end_token(column, text);
  }
  adapting_ = Seconds(0);
}

void SelectedDown::end_token(std::size_t column, Text& text) {
  const auto begin = Clock::now();
  const bool is_sampled = text.tokens_until_sample == 0;
  double chosen = 0.0;
  for (const auto& layer : layers_) {
    chosen += layer->chosen[column];
    if (!is_sampled) continue;
    const Mass& now = layer->mass[column];
    Mass& mass = text.masses[static_cast<std::size_t>(layer->index)];
    mass.kept += now.kept;
    mass.all += now.all;
    if (text.thresholds.wants_audits()) text.thresholds.learn(layer->index, now.kept, now.all);
  }
  if (text.thresholds.wants_audits()) text.adapting += Clock::now() - begin;
  text.active += chosen / static_cast<double>(layers_.size()) / neurons_;
  ++text.counted_tokens;
  text.tokens_until_sample = is_sampled ? kTokensPerSample - 1 : text.tokens_until_sample - 1;
}

void SelectedDown::expect(int text, double entropy, Seconds took) {
  const auto begin = Clock::now();
  state_of(text).thresholds.expect(entropy);
  state_of(text).adapting += took + Seconds(Clock::now() - begin);
}

std::optional<DecodeStatistics> SelectedDown::take_statistics(int text) {
  Text& own = state_of(text);
  const int tokens = std::exchange(own.counted_tokens, 0);
  if (tokens == 0) return std::nullopt;
  DecodeStatistics statistics{.activity = std::exchange(own.active, 0.0) / tokens, .computed = 1.0};
  Mass sum;
  for (Mass& of_layer : own.masses) {
    const Mass mass = std::exchange(of_layer, {});
    sum.kept += mass.kept;
    sum.all += mass.all;
    statistics.recall_by_layer.push_back(mass.all > 0.0 ? std::optional(mass.kept / mass.all) : std::nullopt);
  }
  if (sum.all > 0.0) statistics.recall = sum.kept / sum.all;
  const Seconds adapting = std::exchange(own.adapting, Seconds(0));
  const Seconds took = std::exchange(own.took, Seconds(0));
  if (adapts() && took.count() > 0.0) statistics.adapting = adapting / took;
  return statistics;
}

std::uint64_t SelectedDown::up_down_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& layer : layers_) bytes += layer->rows.row_bytes() * static_cast<std::uint64_t>(neurons_);
  return bytes;
}

}  // namespace hotset
