// Feed-forward blocks that compute every activation densely and leave out the down rows of those that matter
// least: |activation| times the length of the row at most τ. What was kept of that mass is known for nothing.
#pragma once

#include <array>
#include <functional>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/sparse/sparse_block.h"
#include "hybrid/sparse/token_threshold.h"
#include "hybrid/weights/down_rows.h"
#include "kernels/kernels.h"
#include "neurons/threshold_policy.h"
#include "progress.h"
#include "runtime/shares.h"

namespace hotset {

class SelectedDown final : public SparseBlock {
 public:
  /// Builds a layer's activations, F32 [neurons, tokens], by neuron.
  using Activations =
      std::function<ggml_tensor*(ggml_context* context, int layer, const FeedForwardInput& input)>;

  struct Options {
    ThresholdPolicy thresholds;  ///< not asked where τ is found per token
    Threshold choice = {};       ///< what they follow from, see is_per_token()
    Activations activations;
    std::uint64_t input_bytes = 0;  ///< of all gate and up matrices, for figures
    KernelChoice kernel = KernelChoice::kAuto;
    int threads = 1;
  };

  /// Precondition: a SiLU model with `ffn_down`.
  SelectedDown(const ModelFile& model, Options options, const Progress& progress);

  ggml_tensor* build(ggml_context* context, int layer, FeedForwardInput input,
                     ggml_tensor* residual) override;
  int most_texts() const override { return kMostTexts; }
  void end(Seconds took) override;
  bool wants_entropy() const override { return followed_.front().thresholds.wants_entropy(); }
  void expect(int text, double entropy, Seconds took) override;
  std::optional<DecodeStatistics> take_statistics(int text) override;
  void sample_next(int text) override { state_of(text).tokens_until_sample = 0; }
  std::uint64_t gate_bytes() const override { return input_bytes_; }
  std::uint64_t up_down_bytes() const override;

 private:
  struct Mass {
    double kept = 0.0;
    double all = 0.0;
  };

  template <typename Value>
  using ByColumn = std::array<Value, kMostTexts>;

  /// What follows one text, as if it were alone.
  struct Text {
    ThresholdPolicy thresholds;
    int tokens_until_sample = 0;
    int counted_tokens = 0;
    double active = 0.0;       ///< shares, summed over tokens
    std::vector<Mass> masses;  ///< [layers], of all sampled tokens
    Seconds adapting{0};
    Seconds took{0};
  };

  /// What is found and summed up among one run of the neurons: as many runs whatever the number of threads,
  /// so that sums have one order. Left for reduce() and end_token().
  struct Run {
    Range neurons;
    std::vector<const std::byte*> rows;  ///< of the neurons that were chosen
    std::vector<float> factors;          ///< their activations
    std::vector<float> sums;             ///< [tokens][embedding]
    std::vector<int> fired;              ///< places of those that were chosen, where somebody watches
    ByColumn<int> chosen = {};           ///< of each token
    ByColumn<Mass> mass = {};            ///< of each token that is sampled
    Seconds adapting{0};                 ///< of the graph: choosing τ or weighing what was kept
  };

  /// What a node hands to the functions that compute it; its address stays the same.
  struct Layer {
    SelectedDown& block;
    int index;
    DownRows rows;
    AddKernel add;
    std::vector<float> lengths;  ///< [neurons], of the down rows
    ByColumn<int> chosen = {};   ///< of each token of the last graph
    ByColumn<Mass> mass = {};    ///< of each token that is sampled
  };

  static void combine(ggml_tensor* done, int part, int parts, void* layer);
  static void reduce(ggml_tensor* output, int part, int parts, void* layer);
  static int choose(const Layer& layer, const float* activations, float threshold, Run& run);
  static void list_chosen(const Layer& layer, const float* activations, float threshold, Run& run);
  static Mass weigh(const Layer& layer, const float* activations, float threshold, Range neurons);
  float threshold_of(const Layer& layer, const float* activations, std::int64_t column) const;
  bool is_sampled(std::int64_t column) const {
    return !texts_.empty() && state_of(text_of(column)).tokens_until_sample == 0;
  }
  bool wants_audits() const { return state_of(0).thresholds.wants_audits(); }
  bool adapts() const { return is_per_token(choice_) || wants_audits() || wants_entropy(); }
  Text& state_of(int text) { return followed_[static_cast<std::size_t>(text)]; }
  const Text& state_of(int text) const { return followed_[static_cast<std::size_t>(text)]; }
  void count(Layer& layer);
  void end_token(std::size_t column, Text& text);
  void tell(const Layer& layer) const;

  int embedding_;
  int neurons_;
  std::vector<Text> followed_;  ///< [kMostTexts]
  Threshold choice_;
  Activations activations_;
  int threads_;
  std::uint64_t input_bytes_;
  std::vector<Run> runs_;
  std::vector<std::unique_ptr<Layer>> layers_;
  Seconds adapting_{0};  ///< of the last graph
};

}  // namespace hotset
