#include "hybrid/sparse/sparse_feed_forward.h"

#include <algorithm>
#include <array>
#include <utility>

#include "gguf/mapped_file.h"
#include "runtime/node_parts.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

// The truth about one layer takes as long as some layers: asked for every so many tokens it costs nothing
// that anybody notices.
constexpr int kTokensPerSample = 8;
// Controllers learn sooner from an eighth of a layer's neurons at every third token, for less.
constexpr int kTokensPerAudit = 3;
constexpr int kNeuronsPerAudited = 8;
// Of a predictor's thresholds, in deviations of its scores for an error of 1. Farther away everything is
// predicted, or next to nothing.
constexpr double kPredictorGain = 16.0;
constexpr double kFarthest = 8.0;
// Runs of memory below this many bytes arrive slower than longer ones.
constexpr std::size_t kShortRun = 1024;

const float* source(const ggml_tensor* tensor, int index) {
  const ggml_tensor* found = tensor->src[index];
  return found == nullptr ? nullptr : static_cast<const float*>(found->data);
}

/// A tensor that only says that a step is done; its columns are the tokens.
ggml_tensor* step(ggml_context* context, std::span<ggml_tensor*> sources, std::int64_t tokens,
                  ggml_custom_op_t function, void* node) {
  return ggml_custom_4d(context, GGML_TYPE_F32, 1, tokens, 1, 1, sources.data(),
                        static_cast<int>(sources.size()), function, GGML_N_TASKS_MAX, node);
}

/// Without those of the GPU, where they are copied.
NeuronRows cached_rows(const ModelFile& model, const NeuronCache::Layer& layer, const LayerSplit& split,
                       bool copied) {
  return copied ? NeuronRows::copied(model, layer, split.on_gpu) : NeuronRows(model, layer);
}

int tokens_of(const ggml_tensor* tensor) { return static_cast<int>(tensor->ne[1]); }

}  // namespace

SparseFeedForward::SparseFeedForward(const ModelFile& model, Options options, const Progress& progress)
    : embedding_(model.embedding_length),
      prompts_(options.prompts),
      scratch_(static_cast<std::size_t>(options.threads),
               SparseScratch(model, options.prompts ? kMostPromptTokens : kMostTexts)),
      schedules_(scratch_.front().of_token.size()),
      cache_(std::move(options.cache)),
      predictor_(std::move(options.predictor)),
      thresholds_(std::move(options.thresholds)),
      leaves_out_(predictor_ != nullptr || model.activation == Activation::kSilu),
      sample_scratch_(model, 1),
      counts_(kMostTexts, Counts{.masses = std::vector<ColdMass>(static_cast<std::size_t>(model.layers))}) {
  sample_.normed.resize(static_cast<std::size_t>(embedding_));
  const MappedFile file(model.path);
  for (int layer = 0; layer < model.layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    SparseLayerOptions of_layer{
        .threshold = thresholds_.of(layer), .predicted = predictor_ != nullptr, .kernel = options.kernel};
    if (!options.gate_weights.empty()) of_layer.gate_weights = options.gate_weights[index];
    const LayerSplit& split = options.splits[index];
    NeuronRows rows = cache_ ? cached_rows(model, cache_->layer(layer), split, options.copy_cache)
                             : NeuronRows(model, file.bytes(), layer, split, options.threads);
    nodes_.push_back(
        std::make_unique<Node>(SparseLayer(model, layer, split, std::move(rows), of_layer), *this, layer));
    progress(static_cast<double>(layer + 1) / model.layers);
  }
  if (options.predicted_mass) {
    const KeptMassController::Range range{.start = 0.0, .least = -kFarthest, .most = kFarthest};
    predictor_controllers_.assign(nodes_.size(),
                                  KeptMassController(*options.predicted_mass, range, kPredictorGain));
  }
  if (!holds_mass()) return;
  for (const auto& node : nodes_) node->layer.keep_down_lengths();
}

/// Whether each thread adds up neurons of its own, because slices of rows would be too short.
bool SparseFeedForward::sums_apart(const SparseLayer& layer) const {
  return !layer.is_small() && layer.rows().down_bytes() / scratch_.size() < kShortRun;
}

ggml_tensor* SparseFeedForward::build(ggml_context* context, int layer, FeedForwardInput input,
                                      ggml_tensor* residual) {
  ggml_tensor* scores = predictor_ == nullptr ? nullptr : predictor_->build(context, layer, input);
  return add_nodes(context, layer, input.normed, scores, residual);
}

ggml_tensor* SparseFeedForward::build_prompt(ggml_context* context, int layer, FeedForwardInput input,
                                             ggml_tensor* residual) {
  return add_nodes(context, layer, input.normed, nullptr, residual);
}

/// scores: null to compute every gate.
ggml_tensor* SparseFeedForward::add_nodes(ggml_context* context, int layer, ggml_tensor* normed,
                                          ggml_tensor* scores, ggml_tensor* residual) {
  Node* node = nodes_[static_cast<std::size_t>(layer)].get();
  const std::int64_t tokens = normed->ne[1];
  std::array<ggml_tensor*, 2> inputs = {normed, scores};
  ggml_tensor* done =
      step(context, std::span(inputs).first(scores == nullptr ? 1 : 2), tokens, in_parts<find>, node);
  if (!node->layer.is_small()) done = step(context, std::span(&done, 1), tokens, in_parts<activate>, node);
  const bool apart = sums_apart(node->layer);
  if (apart) done = step(context, std::span(&done, 1), tokens, in_parts<combine_shares>, node);
  std::array<ggml_tensor*, 2> parts = {done, residual};
  return ggml_custom_4d(context, GGML_TYPE_F32, embedding_, tokens, 1, 1, parts.data(),
                        residual == nullptr ? 1 : 2, apart ? in_parts<reduce> : in_parts<combine_slices>,
                        GGML_N_TASKS_MAX, node);
}

void SparseFeedForward::find(ggml_tensor* done, int thread, int threads, void* node) {
  const NodeVisit visit;
  auto& own = *static_cast<Node*>(node);
  SparseFeedForward& block = own.block;
  const float* normed = source(done, 0);
  const ggml_tensor* scores = done->src[1];
  Predicted predicted{};
  if (scores != nullptr) {
    predicted = {.scores = static_cast<const float*>(scores->data),
                 .stride = static_cast<int>(scores->ne[0]),
                 .first = block.predictor_->first(own.index),
                 .threshold = block.predictor_threshold(own.index)};
  }
  const int tokens = tokens_of(done);
  const SparseTeam team = block.team(threads);
  const int computed = own.layer.find(normed, tokens, scores == nullptr ? nullptr : &predicted, team,
                                      {.thread = thread, .threads = threads});
  if (own.layer.is_small()) {
    own.layer.activate_own(tokens, team.scratch[static_cast<std::size_t>(thread)]);
  }
  if (thread != 0) return;
  own.computed = computed;
  if (!block.is_sampled(own)) return;
  const float* last = normed + std::ptrdiff_t{tokens - 1} * block.embedding_;
  std::copy_n(last, block.embedding_, block.sample_.normed.begin());
}

void SparseFeedForward::activate(ggml_tensor* done, int thread, int threads, void* node) {
  const NodeVisit visit;
  auto& own = *static_cast<Node*>(node);
  own.layer.activate(tokens_of(done), own.block.team(threads), {.thread = thread, .threads = threads});
}

void SparseFeedForward::combine_slices(ggml_tensor* output, int thread, int threads, void* node) {
  const NodeVisit visit;
  auto& own = *static_cast<Node*>(node);
  const int tokens = tokens_of(output);
  const auto counts = thread == 0 ? own.block.counted(own) : std::span<int>();
  own.layer.combine_slices(tokens, own.block.team(threads).scratch, source(output, 1),
                           static_cast<float*>(output->data), counts, {.thread = thread, .threads = threads});
  if (!counts.empty()) own.block.observe(own, tokens);
}

void SparseFeedForward::combine_shares(ggml_tensor* done, int thread, int threads, void* node) {
  const NodeVisit visit;
  auto& own = *static_cast<Node*>(node);
  const int tokens = tokens_of(done);
  const auto counts = thread == 0 ? own.block.counted(own) : std::span<int>();
  own.layer.combine_shares(tokens, own.block.team(threads).scratch, counts,
                           {.thread = thread, .threads = threads});
  if (!counts.empty()) own.block.observe(own, tokens);
}

void SparseFeedForward::reduce(ggml_tensor* output, int thread, int threads, void* node) {
  const NodeVisit visit;
  auto& own = *static_cast<Node*>(node);
  own.layer.reduce(tokens_of(output), own.block.team(threads).scratch, source(output, 1),
                   static_cast<float*>(output->data), {.thread = thread, .threads = threads});
}

bool SparseFeedForward::is_sampled(const Node& node) const {
  return !texts_.empty() && leaves_out_ && tokens_until_sample_ <= 0 && node.index == sampled_layer_;
}

/// Where it is counted how many neurons fire for each token.
std::span<int> SparseFeedForward::counted(Node& node) const {
  return std::span(node.active).first(texts_.size());
}

/// The neurons that fired for the last token stand at the front of the first thread's scratch.
void SparseFeedForward::observe(Node& node, int tokens) {
  const auto count = static_cast<std::size_t>(node.active[static_cast<std::size_t>(tokens - 1)]);
  const auto places = std::span<const int>(scratch_[0].places).first(count);
  if (watch_ != nullptr && tokens == 1) watch_->see(node.index, places);
  if (!leaves_out_) return;
  if (is_sampled(node)) sample_.fired.assign(places.begin(), places.end());
  if (predictor_ == nullptr || !predictor_->wants_truth(node.index)) return;
  predictor_->learn(node.index,
                    masses(node.layer, places, std::span<const float>(scratch_[0].factors).first(count)));
}

float SparseFeedForward::predictor_threshold(int layer) const {
  const float own = predictor_->threshold(layer);
  if (predictor_controllers_.empty()) return own;
  const double setting = predictor_controllers_[static_cast<std::size_t>(layer)].setting();
  return own - static_cast<float>(setting) * predictor_->score_deviation();
}

void SparseFeedForward::end(Seconds took) {
  double computed = 0.0;
  double on_cpu = 0.0;
  double all = 0.0;
  std::array<double, kMostTexts> active{};
  for (const auto& node : nodes_) {
    const int first = node->layer.first();
    all += node->layer.neurons();
    on_cpu += node->layer.neurons() - first;
    computed += node->computed + first;
    for (std::size_t column = 0; column < texts_.size(); ++column) active[column] += node->active[column];
  }
  if (on_cpu == 0.0) return;  // the GPU computes every neuron, and tells of none
  for (std::size_t column = 0; column < texts_.size(); ++column) {
    Counts& counts = counts_[static_cast<std::size_t>(texts_[column])];
    ++counts.tokens;
    counts.computed += computed / all;
    counts.active += active[column] / on_cpu;
    counts.took += took / static_cast<double>(texts_.size());
  }
  if (leaves_out_) sample(counts_[static_cast<std::size_t>(texts_.back())]);
}

/// Of the last token of the graph.
void SparseFeedForward::sample(Counts& counts) {
  const bool is_due = tokens_until_sample_ <= 0;
  tokens_until_sample_ -= static_cast<int>(texts_.size());
  if (!is_due) return;
  const auto begin = Clock::now();
  const auto sampled = static_cast<std::size_t>(sampled_layer_);
  const int step = holds_mass() ? kNeuronsPerAudited : 1;
  // Other neurons each time that it is this layer's turn.
  const int round = samples_++ / static_cast<int>(nodes_.size());
  const ColdMass mass =
      measure_recall(nodes_[sampled]->layer, sample_, {.first = round % step, .step = step}, sample_scratch_);
  counts.masses[sampled].kept += mass.kept;
  counts.masses[sampled].all += mass.all;
  if (holds_mass()) adapt(sampled_layer_, mass);
  tokens_until_sample_ += holds_mass() ? kTokensPerAudit : kTokensPerSample;
  sampled_layer_ = (sampled_layer_ + 1) % static_cast<int>(nodes_.size());
  const Seconds own = Clock::now() - begin;
  if (holds_mass()) counts.adapting += own;
  counts.took += own;
}

/// A predictor that is still learning computes everything.
void SparseFeedForward::adapt(int layer, const ColdMass& mass) {
  if (predictor_ != nullptr) {
    KeptMassController& controller = predictor_controllers_[static_cast<std::size_t>(layer)];
    if (!predictor_->wants_truth(layer)) controller.learn(mass.kept, mass.all);
    return;
  }
  thresholds_.learn(layer, mass.kept, mass.all);
  nodes_[static_cast<std::size_t>(layer)]->layer.set_threshold(thresholds_.of(layer));
}

void SparseFeedForward::expect(int text, double entropy, Seconds took) {
  const auto begin = Clock::now();
  thresholds_.expect(entropy);
  for (const auto& node : nodes_) node->layer.set_threshold(thresholds_.of(node->index));
  const Seconds own = took + Seconds(Clock::now() - begin);
  Counts& counts = counts_[static_cast<std::size_t>(text)];
  counts.adapting += own;
  counts.took += own;
}

std::optional<DecodeStatistics> SparseFeedForward::take_statistics(int text) {
  Counts& counts = counts_[static_cast<std::size_t>(text)];
  if (counts.tokens == 0) return std::nullopt;
  DecodeStatistics statistics{.activity = counts.active / counts.tokens,
                              .computed = counts.computed / counts.tokens};
  if (leaves_out_) add_recall(counts, statistics);
  if ((holds_mass() || wants_entropy()) && counts.took.count() > 0.0) {
    statistics.adapting = counts.adapting / counts.took;
  }
  counts = {.masses = std::vector<ColdMass>(counts.masses.size())};
  return statistics;
}

bool SparseFeedForward::watches_neurons() const {
  return std::ranges::any_of(nodes_,
                             [](const auto& node) { return node->layer.neurons() > node->layer.first(); });
}

void SparseFeedForward::add_recall(const Counts& counts, DecodeStatistics& statistics) {
  const auto recall_of = [](const ColdMass& mass) -> std::optional<double> {
    return mass.all > 0.0 ? std::optional(mass.kept / mass.all) : std::nullopt;
  };
  ColdMass sum;
  for (const ColdMass& mass : counts.masses) {
    sum.kept += mass.kept;
    sum.all += mass.all;
    statistics.recall_by_layer.push_back(recall_of(mass));
  }
  statistics.recall = recall_of(sum);
}

std::uint64_t SparseFeedForward::gate_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& node : nodes_) {
    bytes += node->layer.rows().input_bytes() * static_cast<std::uint64_t>(node->layer.neurons());
  }
  return bytes;
}

std::uint64_t SparseFeedForward::up_down_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& node : nodes_) {
    const NeuronRows& rows = node->layer.rows();
    bytes += (rows.input_bytes() + rows.down_bytes()) * static_cast<std::uint64_t>(node->layer.neurons());
  }
  return bytes;
}

}  // namespace hotset
