#include "decode/hybrid_decoder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "decode/model_bytes.h"
#include "decode/sparse_setup.h"
#include "error.h"
#include "hybrid/graph.h"
#include "hybrid/kv_cache.h"
#include "hybrid/support.h"
#include "hybrid/weights.h"
#include "runtime/backends.h"
#include "runtime/threadpool.h"

namespace hotset {
namespace {

// Longer prompts run in chunks of this many tokens: enough to reuse every weight often, few enough that
// intermediate results stay small.
constexpr int kChunkTokens = 512;
// Attention looks at a multiple of this many rows of the KV cache, so that the one-token graph lives that
// long.
constexpr int kKvGranularity = 256;

class HybridDecoder final : public Decoder {
 public:
  HybridDecoder(ModelFile model, const HybridOptions& options, const Progress& progress)
      : model_(std::move(model)),
        threads_(options.threads),
        weights_(model_,
                 [&](double fraction) { progress(options.mode == Mode::kDense ? fraction : fraction / 2); }),
        cache_(model_, options.context_length),
        threadpool_(options.threads),
        backend_(ggml_backend_dev_init(cpu_backend().device, nullptr)) {
    if (!backend_) throw Error(ErrorKind::kInternal, "ggml's CPU backend did not start");
    cpu_backend().set_n_threads(backend_.get(), threads_);
    cpu_backend().set_threadpool(backend_.get(), threadpool_.get());
    cpu_backend().set_abort_callback(backend_.get(), is_cancelled, this);
    if (options.mode != Mode::kDense) {
      prepare_sparse(options, [&](double fraction) { progress((1 + fraction) / 2); });
    }
  }

  DecoderDescription describe() const override {
    DecoderDescription description;
    description.decoder = "hybrid";
    description.mode = mode_name(mode_);
    description.kernel = kernel_;
    description.profile_corpus = profile_corpus_;
    description.hot_share = hot_share_;
    description.threads = threads_;
    description.context_length = cache_.context_length();
    describe_bytes(description);
    return description;
  }

  int position() const override { return position_; }

  bool append(std::span<const Token> tokens, const CancelFlag& cancel) override {
    check(tokens);
    while (!tokens.empty()) {
      const auto count = std::min<std::size_t>(tokens.size(), kChunkTokens);
      const Outputs outputs = count == tokens.size() ? Outputs::kLast : Outputs::kNone;
      if (!run(tokens.first(count), outputs, cancel)) return false;
      tokens = tokens.subspan(count);
    }
    return true;
  }

  std::span<const float> logits() const override { return logits_; }

  /// In sparse modes one token at a time, because only so the neurons that do not fire are left out.
  std::vector<float> all_logits(std::span<const Token> tokens) override {
    truncate(0);
    check(tokens);
    const CancelFlag never{false};
    const std::size_t step = sparse_ ? 1 : kChunkTokens;
    std::vector<float> all;
    while (!tokens.empty()) {
      const std::size_t count = std::min(tokens.size(), step);
      run(tokens.first(count), Outputs::kAll, never);
      all.insert(all.end(), logits_.begin(), logits_.end());
      tokens = tokens.subspan(count);
    }
    if (!all.empty()) logits_.assign(all.end() - model_.vocabulary_size, all.end());
    return all;
  }

  void truncate(int position) override { position_ = position; }

  std::optional<DecodeStatistics> take_statistics() override {
    if (sparse_) return sparse_->take_statistics();
    if (observed_tokens_ == 0) return std::nullopt;
    const DecodeStatistics statistics{.activity = observed_activity_ / observed_tokens_, .computed = 1.0};
    observed_activity_ = 0.0;
    observed_tokens_ = 0;
    return statistics;
  }

 private:
  void describe_bytes(DecoderDescription& description) const {
    if (!sparse_) {
      description.gate_bytes = gate_bytes(model_);
      description.up_down_bytes = feed_forward_bytes(model_) - description.gate_bytes;
      return;
    }
    description.gate_bytes = sparse_->gate_bytes();
    description.up_down_bytes = sparse_->up_down_bytes();
    if (const Predictor* predictor = sparse_->predictor()) {
      description.predictor = predictor->name();
      description.predictor_bytes = predictor->bytes();
    }
  }

  void prepare_sparse(const HybridOptions& options, const Progress& progress) {
    const std::optional<Profile> profile = read_profile(model_, options.profile);
    if (profile) profile_corpus_ = profile->corpus;
    std::vector<LayerSplit> splits = split_layers(model_, profile, options.hot_threshold);
    double hot = 0.0;
    for (const LayerSplit& split : splits) hot += split.hot;
    hot_share_ = hot / model_.layers / model_.feed_forward_length;
    SparseSetup setup = set_up_sparse(model_, options, profile, std::move(splits), progress);
    sparse_ = std::move(setup.block);
    mode_ = setup.mode;
    kernel_ = setup.kernel;
  }

  static bool is_cancelled(void* self) {
    const CancelFlag* cancel = static_cast<const HybridDecoder*>(self)->cancel_;
    return cancel != nullptr && cancel->load(std::memory_order_relaxed);
  }

  void check(std::span<const Token> tokens) const {
    if (static_cast<std::size_t>(position_) + tokens.size() >
        static_cast<std::size_t>(cache_.context_length())) {
      throw Error(ErrorKind::kBadInput, std::to_string(tokens.size()) + " tokens do not fit a context of " +
                                            std::to_string(cache_.context_length()) + " that holds " +
                                            std::to_string(position_) + " already");
    }
    const auto unknown = std::find_if(tokens.begin(), tokens.end(), [&](Token token) {
      return token < 0 || token >= model_.vocabulary_size;
    });
    if (unknown != tokens.end()) {
      throw Error(ErrorKind::kBadInput, "token " + std::to_string(*unknown) +
                                            " is not in the model's vocabulary of " +
                                            std::to_string(model_.vocabulary_size));
    }
  }

  /// Computes one chunk. Returns false when cancelled; position and KV cache are then as before.
  bool run(std::span<const Token> tokens, Outputs outputs, const CancelFlag& cancel) {
    const auto count = static_cast<int>(tokens.size());
    const int needed = position_ + count;
    const int rounded = (needed + kKvGranularity - 1) / kKvGranularity * kKvGranularity;
    const GraphShape shape{
        .tokens = count, .kv_length = std::min(rounded, cache_.context_length()), .outputs = outputs};
    const bool single = count == 1;
    const Graph chunk = single ? Graph{} : build_graph(model_, weights_, cache_, shape, {});
    const Graph& graph = single ? token_graph(shape) : chunk;
    set_inputs(graph, tokens);

    cancel_ = &cancel;
    const ggml_status status = ggml_backend_graph_compute(backend_.get(), graph.nodes);
    cancel_ = nullptr;
    if (status == GGML_STATUS_ABORTED) return false;
    if (status != GGML_STATUS_SUCCESS) {
      throw Error(ErrorKind::kInternal,
                  std::string("ggml failed to compute: ") + ggml_status_to_string(status));
    }
    position_ = needed;
    read_logits(graph);
    observe(graph);
    return true;
  }

  /// The graph for one token is kept, because decoding asks for it again and again.
  const Graph& token_graph(const GraphShape& shape) {
    if (token_graph_.nodes != nullptr && token_graph_.shape == shape) return token_graph_;
    token_graph_ = {};  // its memory first
    GraphOptions options;
    options.keep_activations = !sparse_ && has_exact_zeros(model_.activation);
    if (sparse_) {
      options.feed_forward = [&](auto&&... arguments) { return sparse_->build(arguments...); };
    }
    token_graph_ = build_graph(model_, weights_, cache_, shape, options);
    return token_graph_;
  }

  void set_inputs(const Graph& graph, std::span<const Token> tokens) const {
    const auto count = static_cast<std::int64_t>(tokens.size());
    // The CPU backend computes from these addresses.
    std::memcpy(graph.tokens->data, tokens.data(), tokens.size_bytes());
    auto* positions = static_cast<std::int32_t*>(graph.positions->data);
    auto* rows = static_cast<std::int64_t*>(graph.rows->data);
    for (std::int64_t i = 0; i < count; ++i) {
      positions[i] = static_cast<std::int32_t>(position_ + i);
      rows[i] = position_ + i;
    }
    // A step that only stores keys and values of a single layer attends to nothing.
    if (graph.mask->data == nullptr) return;
    static const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
    static const ggml_fp16_t visible = ggml_fp32_to_fp16(0.0F);
    auto* mask = static_cast<ggml_fp16_t*>(graph.mask->data);
    for (std::int64_t i = 0; i < count; ++i, mask += graph.shape.kv_length) {
      std::fill(mask, mask + position_ + i + 1, visible);
      std::fill(mask + position_ + i + 1, mask + graph.shape.kv_length, hidden);
    }
  }

  void read_logits(const Graph& graph) {
    if (graph.logits == nullptr) return;
    const auto* values = static_cast<const float*>(graph.logits->data);
    logits_.assign(values, values + ggml_nelements(graph.logits));
  }

  void observe(const Graph& graph) {
    if (sparse_ && graph.shape.tokens == 1) sparse_->end_token();
    if (graph.activations.empty()) return;
    std::int64_t active = 0;
    for (const ggml_tensor* layer : graph.activations) {
      const auto* values = static_cast<const float*>(layer->data);
      active += std::count_if(values, values + model_.feed_forward_length,
                              [](float value) { return value != 0.0F; });
    }
    const double neurons = static_cast<double>(model_.layers) * model_.feed_forward_length;
    observed_activity_ += static_cast<double>(active) / neurons;
    ++observed_tokens_;
  }

  ModelFile model_;
  int threads_;
  Weights weights_;
  KvCache cache_;
  Threadpool threadpool_;
  BackendHandle backend_;
  std::unique_ptr<SparseFeedForward> sparse_;  ///< null: dense
  Mode mode_ = Mode::kDense;
  std::string kernel_;
  std::string profile_corpus_;
  double hot_share_ = 1.0;
  Graph token_graph_;
  const CancelFlag* cancel_ = nullptr;
  int position_ = 0;
  std::vector<float> logits_;
  double observed_activity_ = 0.0;
  int observed_tokens_ = 0;
};

}  // namespace

std::unique_ptr<Decoder> make_hybrid_decoder(ModelFile model, const HybridOptions& options,
                                             const Progress& progress) {
  if (const auto obstacle = hybrid_obstacle(model)) {
    throw Error(ErrorKind::kBadModel, model.path.string() + ": the hybrid decoder cannot run this model: " +
                                          *obstacle + "; choose the decoder llama.cpp");
  }
  if (options.context_length < 1)
    throw Error(ErrorKind::kBadInput, "the context must hold at least one token");
  require_mode_fits(model, options.mode);
  if (options.threads < 1) throw Error(ErrorKind::kBadInput, "at least one thread is needed");
  const std::string path = model.path.string();
  try {
    return std::make_unique<HybridDecoder>(std::move(model), options, progress);
  } catch (const std::bad_alloc&) {
    throw Error(ErrorKind::kOutOfMemory,
                path + ": not enough memory; choose the mode dense or a smaller model");
  }
}

}  // namespace hotset
