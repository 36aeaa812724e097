// Feed-forward blocks that compute only the neurons that fire, as custom nodes in a ggml graph: two to four
// for each layer, because ggml lets all threads finish a node before any begins the next.
#pragma once

#include <ggml.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "hybrid/prediction/predictor.h"
#include "hybrid/sparse/recall_sample.h"
#include "hybrid/sparse/sparse_block.h"
#include "hybrid/sparse/sparse_layer.h"
#include "neurons/kept_mass_controller.h"
#include "neurons/threshold_policy.h"
#include "progress.h"

namespace hotset {

class SparseFeedForward final : public SparseBlock {
 public:
  struct Options {
    std::vector<LayerSplit> splits = {};  ///< one for each layer
    ThresholdPolicy thresholds;           ///< τ of each layer
    /// Mass that each layer is held to by moving the predictor's threshold; nullopt: it stays. Precondition:
    /// a predictor.
    std::optional<double> predicted_mass = std::nullopt;
    /// [layers][neurons], by which |silu(gate)| is multiplied before τ is asked; empty: not at all
    std::vector<std::vector<float>> gate_weights = {};
    std::unique_ptr<NeuronCache> cache = nullptr;    ///< null: rows are arranged in memory
    bool copy_cache = false;                         ///< into memory of our own, where it fits
    bool prompts = false;                            ///< whether long prompts come here too
    std::unique_ptr<Predictor> predictor = nullptr;  ///< null: every gate is computed
    KernelChoice kernel = KernelChoice::kAuto;       ///< not automatic
    int threads = 1;
  };

  /// Throws as SparseLayer does.
  SparseFeedForward(const ModelFile& model, Options options, const Progress& progress);

  ggml_tensor* build(ggml_context* context, int layer, FeedForwardInput input,
                     ggml_tensor* residual) override;
  bool serves_prompts() const override { return prompts_; }
  ggml_tensor* build_prompt(ggml_context* context, int layer, FeedForwardInput input,
                            ggml_tensor* residual) override;
  bool needs_hidden() const override { return predictor_ != nullptr && predictor_->needs_hidden(); }
  /// What moves thresholds looks at one text.
  int most_texts() const override {
    return predictor_ != nullptr || holds_mass() || wants_entropy() ? 1 : kMostTexts;
  }
  void end(Seconds took) override;
  bool wants_entropy() const override { return thresholds_.wants_entropy(); }
  void expect(int text, double entropy, Seconds took) override;
  std::optional<DecodeStatistics> take_statistics(int text) override;
  bool watches_neurons() const override;
  void sample_next(int /*text*/) override { tokens_until_sample_ = 0; }
  const Predictor* predictor() const override { return predictor_.get(); }
  std::uint64_t gate_bytes() const override;
  std::uint64_t up_down_bytes() const override;

 private:
  /// What a node hands to the function that computes it; its address stays the same.
  struct Node {
    Node(SparseLayer of_layer, SparseFeedForward& of_block, int number)
        : layer(std::move(of_layer)), block(of_block), index(number) {}

    SparseLayer layer;
    SparseFeedForward& block;
    int index;
    int computed = 0;                         ///< of the last token
    std::array<int, kMostTexts> active = {};  ///< of each token of the last graph
  };

  /// What was counted of one text.
  struct Counts {
    int tokens = 0;
    double computed = 0.0;  ///< shares, summed over tokens
    double active = 0.0;
    std::vector<ColdMass> masses;  ///< one for each layer
    Seconds adapting{0};
    Seconds took{0};
  };

  ggml_tensor* add_nodes(ggml_context* context, int layer, ggml_tensor* normed, ggml_tensor* scores,
                         ggml_tensor* residual);
  static void find(ggml_tensor* done, int thread, int threads, void* node);
  static void activate(ggml_tensor* done, int thread, int threads, void* node);
  static void combine_slices(ggml_tensor* output, int thread, int threads, void* node);
  static void combine_shares(ggml_tensor* done, int thread, int threads, void* node);
  static void reduce(ggml_tensor* output, int thread, int threads, void* node);

  SparseTeam team(int threads) {
    return {.scratch = std::span(scratch_).first(static_cast<std::size_t>(threads)), .schedules = schedules_};
  }
  bool is_sampled(const Node& node) const;
  std::span<int> counted(Node& node) const;
  void observe(Node& node, int tokens);
  bool sums_apart(const SparseLayer& layer) const;
  static void add_recall(const Counts& counts, DecodeStatistics& statistics);
  bool holds_mass() const { return thresholds_.wants_audits() || !predictor_controllers_.empty(); }
  float predictor_threshold(int layer) const;
  void sample(Counts& counts);
  void adapt(int layer, const ColdMass& mass);

  int embedding_;
  bool prompts_;
  std::vector<SparseScratch> scratch_;     ///< one for each thread
  std::vector<GuidedSchedule> schedules_;  ///< one for each token
  std::unique_ptr<NeuronCache> cache_;
  std::unique_ptr<Predictor> predictor_;
  std::vector<std::unique_ptr<Node>> nodes_;
  ThresholdPolicy thresholds_;
  /// [layers]; empty where nothing is predicted, or the predictor's thresholds stay.
  std::vector<KeptMassController> predictor_controllers_;

  bool leaves_out_;  ///< cold neurons that may matter: predicted and thresholded mode
  PredictionSample sample_;
  SparseScratch sample_scratch_;
  int tokens_until_sample_ = 0;
  int sampled_layer_ = 0;
  int samples_ = 0;

  std::vector<Counts> counts_;  ///< of each text
};

}  // namespace hotset
