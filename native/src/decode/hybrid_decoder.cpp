#include "decode/hybrid_decoder.h"

#include <algorithm>
#include <new>
#include <utility>

#include "decode/dense_activity.h"
#include "decode/hybrid_description.h"
#include "decode/hybrid_parts.h"
#include "decode/memory_check.h"
#include "decode/sparse_setup.h"
#include "decode/uncertainties.h"
#include "error.h"
#include "gguf/llama_layout.h"
#include "hybrid/attention/kv_cells.h"
#include "hybrid/graph/attention.h"
#include "hybrid/support.h"
#include "neurons/profile.h"
#include "runtime/available_memory.h"
#include "runtime/devices.h"
#include "runtime/log.h"

namespace hotset {
namespace {

static_assert(kMostTogether <= kMostColumns && kMostTogether <= SparseBlock::kMostTexts);

void require_rows_of(const KvCache& cache, std::size_t tokens, std::size_t bytes) {
  if (bytes == tokens * cache.token_bytes()) return;
  throw Error(ErrorKind::kBadInput, "keys and values of another prompt, model or type of cache");
}

class HybridDecoder final : public Decoder {
 public:
  HybridDecoder(ModelFile model, HybridOptions options, const GpuOpener& opener, const Progress& progress)
      : model_(std::move(model)),
        options_(std::move(options)),
        cells_(options_.cells(), options_.sequences()) {
    choose_rope_factors(model_, options_.context_length);
    prepare_splits();
    if (options_.placement) {
      try {
        load_with_gpu(opener, progress);
        return;
      } catch (const GpuError& error) {
        warn_without_gpu(error);
      }
    }
    load_on_cpu(nullptr, progress);
  }

  DecoderDescription describe() const override {
    DecoderDescription description;
    description.decoder = "hybrid";
    description.mode = mode_name(mode_);
    description.kernel = kernel_;
    description.profile_corpus = profile_corpus_;
    description.threads = options_.threads;
    description.context_length = options_.context_length;
    description.cache_type = options_.cache_type;
    if (parts_) describe_parts(*parts_, model_, description);
    return description;
  }

  int sequences() const override { return options_.sequences(); }

  void select(int sequence) override { selected_ = sequence; }

  void branch(int other, int length) override {
    uncertainties_.forget_behind(selected_, 0);
    cells_.branch(selected_, other, length);
    const std::vector<Token>& from = held_[static_cast<std::size_t>(other)];
    held().assign(from.begin(), from.begin() + length);
  }

  int room() const override { return cells_.free(); }

  int position() const override { return static_cast<int>(held().size()); }

  using Decoder::append;

  bool append(std::span<const Token> tokens, int outputs, const CancelFlag& cancel) override {
    check(tokens);
    // With a few tokens before them, several logits cost less in one step than in two.
    const bool is_few = tokens.size() <= static_cast<std::size_t>(kMostOutputs);
    const std::size_t last = outputs > 1 && is_few ? tokens.size() : static_cast<std::size_t>(outputs);
    const std::size_t before = outputs == 1 ? 0 : tokens.size() - last;
    if (before > 0 && !run_all(tokens.first(before), Outputs::kNone, cancel)) return false;
    if (outputs == 0) return true;
    const Outputs wanted_outputs = outputs == 1 ? Outputs::kLast : Outputs::kAll;
    if (!run_all(tokens.subspan(before), wanted_outputs, cancel, only_choose_)) return false;
    const std::size_t wanted = static_cast<std::size_t>(outputs) * width();
    hidden_rows_ = static_cast<int>((logits_.size() - wanted) / width());
    logits_ = logits_.last(wanted);
    return true;
  }

  int most_together() const override {
    if (!parts_ || parts_->gpu) return 1;
    return parts_->sparse ? std::min(parts_->sparse->most_texts(), kMostTogether) : kMostTogether;
  }

  bool append_each(std::span<const NextToken> next, const CancelFlag& cancel) override {
    check_each(next);
    keep_entropies();
    std::vector<int> texts;
    std::vector<Executor::Column> columns;
    texts.reserve(next.size());
    columns.reserve(next.size());
    for (const auto& [sequence, token] : next) {
      if (parts_->sparse) expect(sequence, sequence);
      texts.push_back(sequence);
      cells_.append(sequence, 1);
      columns.push_back({.token = token, .cells = cells_.of(sequence)});
    }
    if (parts_->sparse) parts_->sparse->begin(texts);
    const auto begin = SparseBlock::Clock::now();
    const Wanted wanted{.outputs = Outputs::kAll, .for_choice = only_choose_, .all_neurons = compute_all_};
    bool finished = false;
    const auto take_back = [&] {
      for (const int sequence : texts) cells_.truncate(sequence, length_of(sequence));
    };
    try {
      finished = parts_->executor->run_each(columns, wanted, cancel);
    } catch (...) {
      take_back();
      throw;
    }
    if (!finished) {
      take_back();
      return false;
    }
    for (const auto& [sequence, token] : next) {
      held_[static_cast<std::size_t>(sequence)].push_back(token);
      uncertainties_.add_row(sequence, length_of(sequence));
    }
    logits_ = parts_->executor->logits();
    hidden_rows_ = 0;
    if (parts_->sparse && !compute_all_) parts_->sparse->end(SparseBlock::Clock::now() - begin);
    return true;
  }

  std::vector<std::byte> rows(int length) const override {
    return parts_->cache->rows(cells_.of(selected_).first(static_cast<std::size_t>(length)));
  }

  void append_rows(std::span<const Token> tokens, std::span<const std::byte> rows) override {
    check(tokens);
    require_rows_of(*parts_->cache, tokens.size(), rows.size());
    cells_.append(selected_, static_cast<int>(tokens.size()));
    parts_->cache->write_rows(cells_.of(selected_).last(tokens.size()), rows);
    held().insert(held().end(), tokens.begin(), tokens.end());
  }

  std::span<const float> logits() const override { return logits_; }

  void only_choose(bool is_so) override { only_choose_ = is_so; }

  bool leaves_out() const override { return parts_ && parts_->sparse && !parts_->sparse->serves_prompts(); }

  void compute_all(bool is_so) override { compute_all_ = is_so; }

  void settle_among(int row, std::span<const Token> tokens) override {
    const HeadNode* head = only_choose_ && parts_->products ? parts_->products->choice() : nullptr;
    if (head == nullptr) return;
    head->settle_among(hidden_rows_ + row, tokens,
                       logits_.subspan(static_cast<std::size_t>(row) * width(), width()).data());
  }

  /// In sparse modes one token at a time, because only so the neurons that do not fire are left out.
  std::vector<float> all_logits(std::span<const Token> tokens) override {
    truncate(0);
    check(tokens);
    const CancelFlag never{false};
    std::vector<float> all;
    while (!tokens.empty()) {
      const std::size_t step = parts_->sparse ? 1 : most_tokens(Outputs::kAll);
      const std::size_t count = std::min(tokens.size(), step);
      run(tokens.first(count), Outputs::kAll, never);
      all.insert(all.end(), logits_.begin(), logits_.end());
      tokens = tokens.subspan(count);
    }
    return all;
  }

  void truncate(int position) override {
    uncertainties_.forget_behind(selected_, position);
    held().resize(static_cast<std::size_t>(position));
    cells_.truncate(selected_, position);
  }

  std::optional<DecodeStatistics> take_statistics() override {
    if (parts_ && parts_->sparse) return parts_->sparse->take_statistics(kOneText);
    return dense_activity_.take();
  }

  std::optional<DecodeStatistics> take_statistics_of(int sequence) override {
    return parts_ && parts_->sparse ? parts_->sparse->take_statistics(sequence) : std::nullopt;
  }

  void restart_statistics_of(int sequence) override {
    take_statistics_of(sequence);
    if (parts_ && parts_->sparse) parts_->sparse->sample_next(sequence);
  }

  bool watches_neurons() const override {
    return parts_ && parts_->sparse && parts_->sparse->watches_neurons();
  }

  void restart_statistics() override {
    take_statistics();
    take_firing();
    if (parts_ && parts_->sparse) parts_->sparse->sample_next(kOneText);
  }

  void watch_firing(bool is_so) override {
    if (is_so) {
      firing_.start(model_.layers, model_.feed_forward_length);
    } else {
      firing_.stop();
    }
    if (parts_ && parts_->sparse) parts_->sparse->watch(is_so ? &firing_ : nullptr);
  }

  Firing take_firing() override { return firing_.take(); }

  std::vector<TraceEvent> take_trace() override { return trace_.take(); }

 private:
  /// Documents that are asked for one after the other are one text to what follows what is written.
  static constexpr int kOneText = 0;

  int length_of(int sequence) const {
    return static_cast<int>(held_[static_cast<std::size_t>(sequence)].size());
  }

  std::vector<Token>& held() { return held_[static_cast<std::size_t>(selected_)]; }
  const std::vector<Token>& held() const { return held_[static_cast<std::size_t>(selected_)]; }

  std::size_t width() const { return static_cast<std::size_t>(model_.vocabulary_size); }

  std::size_t most_tokens(Outputs outputs) const {
    return static_cast<std::size_t>(parts_->executor->most_tokens(outputs));
  }

  void prepare_splits() {
    if (options_.mode == Mode::kDense && !options_.placement) return;
    profile_ = read_profile(model_, options_.profile);
    if (profile_) profile_corpus_ = profile_->corpus;
    // What is chosen by the mass that is computed for every neuron has no use for hot ones.
    const bool by_frequency = !selects_downs(options_);
    splits_ = split_layers(model_, by_frequency ? profile_ : std::nullopt, options_.hot_threshold);
  }

  void load_with_gpu(const GpuOpener& opener, const Progress& progress) {
    require_placement_fits(model_, *options_.placement);
    auto parts = std::make_unique<HybridParts>();
    parts->gpu = opener(options_.placement->device);
    parts->layout = placed_layout(splits_, *options_.placement, *parts->gpu);
    load(std::move(parts), progress);
  }

  /// cache: null for a new one
  void load_on_cpu(std::unique_ptr<KvCache> cache, const Progress& progress) {
    auto parts = std::make_unique<HybridParts>();
    if (options_.placement) require_memory_without_gpu();
    parts->layout = cpu_layout(splits_);
    parts->cache = std::move(cache);
    load(std::move(parts), progress);
  }

  /// What was to lie on the GPU was not counted when the model was opened.
  void require_memory_without_gpu() {
    const std::uint64_t available = available_memory();
    const MemoryUse use = fitting(
        model_, {.context_length = options_.context_length, .neurons_apart = options_.mode != Mode::kDense},
        available);
    require_memory(model_, use, available);
    options_.map_feed_forward = use.feed_forward_mapped;
  }

  void load(std::unique_ptr<HybridParts> parts, const Progress& progress) {
    const KernelChoice kernel = resolve(options_.kernel);
    parts->layout.map_feed_forward = options_.map_feed_forward;
    // One number at a time, ggml's products are faster than ours.
    parts->layout.packs = kernel != KernelChoice::kScalar;
    const Layout& layout = parts->layout;
    const bool sparse = options_.mode != Mode::kDense;
    const int steps = 1 + (layout.packs ? 1 : 0) + (sparse ? 1 : 0);
    int step = 0;
    const auto next_step = [&, steps]() -> Progress {
      return [&progress, steps, begun = step++](double fraction) { progress((begun + fraction) / steps); };
    };
    parts->weights = std::make_unique<Weights>(model_, layout, next_step());
    if (!parts->cache)
      parts->cache = std::make_unique<KvCache>(model_, options_.cells(), layout, options_.cache_type);
    if (layout.packs) {
      parts->products = std::make_unique<PackedProducts>(model_, layout, *parts->weights, kernel,
                                                         options_.threads, next_step());
    }
    if (sparse) {
      SparseSetup setup = set_up_sparse(model_, options_, profile_, layout.splits,
                                        dense_activations(*parts, model_), next_step());
      parts->sparse = std::move(setup.block);
      mode_ = setup.mode;
      kernel_ = setup.kernel;
    }
    parts->attention =
        std::make_unique<CachedAttention>(model_, attention_scale(model_), kernel, options_.cache_type,
                                          options_.context_length, options_.threads);
    ExecutorOptions options = executor_options(*parts, model_, options_.threads);
    if (options_.trace) options.trace = &trace_;
    parts->executor =
        std::make_unique<Executor>(model_, layout, *parts->weights, *parts->cache, parts->gpu.get(), options);
    parts_ = std::move(parts);
  }

  void warn_without_gpu(const GpuError& error) const {
    log(LogLevel::kWarn, "the GPU " + options_.placement->device + " cannot be used: " + error.what() +
                             " (running on the CPU alone)");
  }

  void check(std::span<const Token> tokens) const {
    if (!parts_) {
      throw Error(ErrorKind::kOutOfMemory,
                  "the GPU was lost, and main memory does not hold its part: load the model again");
    }
    require_room(static_cast<int>(tokens.size()), position());
    for (const Token token : tokens) require_known(token);
  }

  void check_each(std::span<const NextToken> next) const {
    for (const auto& [sequence, token] : next) {
      require_room(1, length_of(sequence));
      require_known(token);
    }
    const auto count = static_cast<int>(next.size());
    if (count > room()) require_room(count, options_.context_length);
  }

  void require_room(int count, int held) const {
    if (held + count <= options_.context_length && count <= room()) return;
    throw Error(ErrorKind::kBadInput, std::to_string(count) + " tokens do not fit a context of " +
                                          std::to_string(options_.context_length) + " that holds " +
                                          std::to_string(held) + " already");
  }

  void require_known(Token token) const {
    if (token >= 0 && token < model_.vocabulary_size) return;
    throw Error(ErrorKind::kBadInput, "token " + std::to_string(token) +
                                          " is not in the model's vocabulary of " +
                                          std::to_string(model_.vocabulary_size));
  }

  /// Computes `tokens` in as many chunks as they need, the last one with these outputs. Returns false when
  /// cancelled.
  bool run_all(std::span<const Token> tokens, Outputs last, const CancelFlag& cancel,
               bool for_choice = false) {
    while (!tokens.empty()) {
      const auto count = std::min(tokens.size(), most_tokens(last));
      const Outputs outputs = count == tokens.size() ? last : Outputs::kNone;
      if (!run(tokens.first(count), outputs, cancel, for_choice)) return false;
      tokens = tokens.subspan(count);
    }
    return true;
  }

  /// Computes one chunk. Returns false when cancelled; position and KV cache are then as before.
  bool run(std::span<const Token> tokens, Outputs outputs, const CancelFlag& cancel,
           bool for_choice = false) {
    const int before = position();
    const bool is_alone = tokens.size() == 1 && !compute_all_;
    keep_entropies();
    if (parts_->sparse) {
      expect(selected_, kOneText);
      parts_->sparse->begin(is_alone ? std::span(&kOneText, 1) : std::span<const int>());
    }
    const auto begin = SparseBlock::Clock::now();
    cells_.append(selected_, static_cast<int>(tokens.size()));
    bool finished = false;
    try {
      finished = parts_->executor->run(
          tokens, cells_.of(selected_),
          {.outputs = outputs, .for_choice = for_choice, .all_neurons = compute_all_}, cancel);
    } catch (const GpuError& error) {
      cells_.truncate(selected_, before);
      warn_without_gpu(error);
      return go_on_without_gpu(cancel) && run(tokens, outputs, cancel, for_choice);
    }
    if (!finished) {
      cells_.truncate(selected_, before);
      return false;
    }
    held().insert(held().end(), tokens.begin(), tokens.end());
    logits_ = parts_->executor->logits();
    const auto rows = static_cast<int>(logits_.size() / width());
    for (int row = 1; row <= rows; ++row) {
      uncertainties_.add_row(selected_, position() - rows + row);
    }
    if (is_alone) observe(SparseBlock::Clock::now() - begin);
    return true;
  }

  /// The selected sequence is computed again where its keys and values went with the GPU. Returns false when
  /// cancelled meanwhile: the sequence is then shorter.
  bool go_on_without_gpu(const CancelFlag& cancel) {
    parts_->gpu->abandon();
    std::unique_ptr<KvCache> cache;
    if (parts_->attention_layers_on_gpu() == 0) cache = std::move(parts_->cache);
    const bool kept = cache != nullptr;
    parts_.reset();  // its memory first
    load_on_cpu(std::move(cache), [](double) {});
    if (kept) return true;
    const std::vector<Token> lost = std::exchange(held(), {});
    for (std::vector<Token>& tokens : held_) tokens.clear();
    uncertainties_.forget_rows();
    cells_ = KvCells(options_.cells(), sequences());
    std::span<const Token> rest(lost);
    while (!rest.empty()) {
      const auto chunk = rest.first(std::min(rest.size(), most_tokens(Outputs::kNone)));
      if (!run(chunk, Outputs::kNone, cancel)) return false;
      rest = rest.subspan(chunk.size());
    }
    return true;
  }

  /// Before the logits are overwritten.
  void keep_entropies() {
    const bool is_asked_for = parts_->sparse && parts_->sparse->wants_entropy();
    uncertainties_.keep(is_asked_for ? parts_->executor->logits() : std::span<float>(), width(), held_);
  }

  /// Tells blocks that ask for it how sure the model was of the token that comes now in the sequence.
  void expect(int sequence, int text) {
    const auto known = uncertainties_.behind(sequence, length_of(sequence));
    if (known) parts_->sparse->expect(text, known->entropy, known->took);
  }

  /// Activity of the neurons that the CPU computed for the last token. took: by its graph.
  void observe(SparseBlock::Seconds took) {
    if (parts_->sparse) parts_->sparse->end(took);
    const auto layers = parts_->executor->activations();
    // With a GPU the neurons of the rest have other places, and layers may be missing.
    if (firing_.is_on() && !parts_->gpu) see_firing(layers, firing_);
    firing_.end_token();
    dense_activity_.add_token(layers);
  }

  ModelFile model_;
  HybridOptions options_;
  std::vector<LayerSplit> splits_;  ///< without a GPU; empty where nobody asks
  std::optional<Profile> profile_;
  std::string profile_corpus_;
  Mode mode_ = Mode::kDense;
  std::string kernel_;
  Trace trace_;
  std::unique_ptr<HybridParts> parts_;  ///< null: a GPU was lost, and main memory does not hold its part
  KvCells cells_;
  /// Of each sequence: whose keys and values the KV cache holds.
  std::vector<std::vector<Token>> held_ =
      std::vector<std::vector<Token>>(static_cast<std::size_t>(options_.sequences()));
  int selected_ = 0;                                                   ///< of the sequences
  std::span<float> logits_;                                            ///< the executor's
  Uncertainties uncertainties_ = Uncertainties(options_.sequences());  ///< where blocks ask for them
  int hidden_rows_ = 0;  ///< of the executor's logits before those that append() was asked for
  bool only_choose_ = false;
  bool compute_all_ = false;
  DenseActivity dense_activity_;
  FiringWatch firing_;
};

}  // namespace

std::unique_ptr<Gpu> open_gpu(const std::string& name) { return std::make_unique<Gpu>(find_gpu(name)); }

std::unique_ptr<Decoder> make_hybrid_decoder(ModelFile model, const HybridOptions& options,
                                             const Progress& progress, const GpuOpener& opener) {
  if (const auto obstacle = hybrid_obstacle(model)) {
    throw Error(ErrorKind::kBadModel, model.path.string() + ": the hybrid decoder cannot run this model: " +
                                          *obstacle + "; choose the decoder llama.cpp");
  }
  if (options.context_length < 1)
    throw Error(ErrorKind::kBadInput, "the context must hold at least one token");
  require_mode_fits(model, options);
  if (options.threads < 1) throw Error(ErrorKind::kBadInput, "at least one thread is needed");
  const std::string path = model.path.string();
  try {
    return std::make_unique<HybridDecoder>(std::move(model), options, opener, progress);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kOutOfMemory,
                path + ": not enough memory; choose the mode dense or a smaller model");
  }
}

}  // namespace hotset
