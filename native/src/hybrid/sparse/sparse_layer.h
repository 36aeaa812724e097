// One layer's neurons and the steps of computing only those that fire. Between two steps every thread must
// have finished the one before. Inputs are rounded as ggml's dense product rounds them.
//
// 1. find(): the gates of all neurons, or of hot and predicted ones; who fires goes into a thread's list.
// 2. activate(): up of those found. combine(): their down rows, added up.
// 3. reduce(), where combine() left one sum for each thread.
#pragma once

#include <span>
#include <vector>

#include "hybrid/sparse/sparse_scratch.h"
#include "hybrid/weights/neuron_rows.h"
#include "kernels/kernels.h"
#include "neurons/activation_rule.h"

namespace hotset {

/// Which cold neurons a predictor wants computed: scores[token * stride + place - first] >= threshold.
struct Predicted {
  const float* scores;
  int stride;  ///< scores from one token to the next
  int first;   ///< place of the first score; at most the number of hot neurons
  float threshold;
};

/// Of a row of neurons, one in so many.
struct Every {
  int first = 0;  ///< less than `step`
  int step = 1;
};

struct SparseLayerOptions {
  float threshold = 0.0F;                ///< τ, see ActivationRule
  std::vector<float> gate_weights = {};  ///< see SparseFeedForward::Options, of the layer
  bool predicted = false;                ///< whether find() gets a Predicted
  KernelChoice kernel = KernelChoice::kAuto;
};

class SparseLayer {
 public:
  /// rows: of `layer`, in the order of `split`. Throws Error kBadModel where there is no kernel for their
  /// types.
  SparseLayer(const ModelFile& model, int layer, const LayerSplit& split, NeuronRows rows,
              const SparseLayerOptions& options);

  /// normed: [tokens][embedding]. predicted: null to look at every neuron.
  /// Returns of how many neurons all threads together compute the gate for the last token.
  int find(const float* normed, int tokens, const Predicted* predicted, SparseTeam team, Part part) const;

  /// find() for one token and one thread alone: all of some cold neurons that do not stay silent, predicted
  /// or not and below τ too.
  void find_cold(const float* normed, Every some, SparseScratch& own) const;

  /// Up of a share of everything found.
  void activate(int tokens, SparseTeam team, Part part) const;

  /// Up of what this thread found itself: right after find(), with no barrier between.
  void activate_own(int tokens, SparseScratch& own) const;

  /// Adds the down rows of all that was found to `output` [tokens][embedding], of which a thread computes a
  /// slice; the sums do not depend on the number of threads. counts: out, how many there were, of the first
  /// tokens.
  void combine_slices(int tokens, std::span<SparseScratch> team, const float* residual, float* output,
                      std::span<int> counts, Part part) const;

  /// Adds up an even share of the down rows in the thread's own scratch, for reduce().
  void combine_shares(int tokens, std::span<SparseScratch> team, std::span<int> counts, Part part) const;

  /// output = residual + the sums of all threads; a thread computes a slice.
  void reduce(int tokens, std::span<const SparseScratch> team, const float* residual, float* output,
              Part part) const;

  /// Lists places and activations of all that fire for one token: after activate(), in `own.places` and
  /// `own.factors`. Returns how many.
  int collect(int token, std::span<const SparseScratch> team, SparseScratch& own) const;

  /// Length of the vector that is the neuron's down row.
  float down_length(int place) const;
  /// Keeps all lengths, for callers who ask often.
  void keep_down_lengths();

  /// Another τ from the next find() on, for neurons without weights of their own; SiLU models.
  void set_threshold(float threshold) { rules_.front() = ActivationRule(Activation::kSilu, threshold); }

  int neurons() const { return neurons_; }
  /// The first place that is not computed elsewhere.
  int first() const { return first_; }
  int hot() const { return hot_; }
  const NeuronRows& rows() const { return rows_; }
  /// So small that a barrier is worth avoiding.
  bool is_small() const { return small_; }

 private:
  /// Of every place: one for all, or each its own.
  struct Rules {
    const ActivationRule* first;
    std::size_t step;

    bool fire(int place, float gate) const {
      return first[step * static_cast<std::size_t>(place)].fires(gate);
    }
  };

  Rules rules() const { return {.first = rules_.data(), .step = rules_.size() > 1 ? 1U : 0U}; }
  void find_everywhere(int tokens, SparseTeam team, Part part) const;
  void find_in_run(Range places, int tokens, Rules rules, SparseScratch& own) const;
  int find_predicted(int token, const Predicted& predicted, SparseTeam team, Part part) const;
  void find_among(Range candidates, const Operand& input, Rules rules, FoundNeurons& found,
                  SparseScratch& own) const;
  int list_candidates(const float* scores, const Predicted& predicted, std::vector<int>& places) const;
  void activate_found(const Operand& input, FoundNeurons& found, Range range, SparseScratch& own) const;
  void activate_places(Range range, std::size_t token, std::span<SparseScratch> team,
                       SparseScratch& own) const;
  template <typename Visit>
  void visit_found(int token, std::span<const SparseScratch> team, const Visit& visit) const;
  void round_factors(int count, SparseScratch& own) const;
  int prepare_rows(int token, std::span<const SparseScratch> team, SparseScratch& own) const;
  Range slice(Part part) const;

  int embedding_;
  int neurons_;
  int first_;  ///< places before it are the GPU's
  int hot_;
  bool small_;
  bool interleaved_;  ///< threads take turns at groups of neurons, instead of one run each
  ActivationRule without_threshold_;
  std::vector<ActivationRule> rules_;  ///< one for all places, or one for each
  std::vector<int> order_;             ///< place → neuron
  NeuronRows rows_;
  RoundKernel round_input_;
  DotKernel dot_;
  bool round_blocks_;  ///< activations are rounded in blocks of the model's own order
  RoundKernel round_activations_;
  AddKernel add_;
  std::vector<float> down_lengths_;  ///< by place; empty: not kept
};

}  // namespace hotset
