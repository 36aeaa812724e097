// One layer's neurons and the two steps of computing only those that fire.
//
// activate(): of hot neurons gate and up without asking, of cold ones the gate, and up only where the gate is
// above zero. combine(): the sum of the down rows of those whose activation is not zero. Between the two
// every thread must have finished the first. Inputs are rounded as ggml's dense product rounds them.
#pragma once

#include <vector>

#include "hybrid/neuron_rows.h"
#include "kernels/kernels.h"

namespace hotset {

/// What one thread writes to on the way. It serves all layers of a model, one after the other.
struct SparseScratch {
  explicit SparseScratch(const ModelFile& model);

  Operand input;
  Operand activations;                 ///< one block, see block_length()
  std::vector<const std::byte*> rows;  ///< down rows of the neurons that fire
  std::vector<float> factors;          ///< and their activations
};

class SparseLayer {
 public:
  /// Throws Error kBadModel where there is no kernel for the weights' types.
  /// Precondition: has_exact_zeros(model.activation).
  SparseLayer(const ModelFile& model, const Weights& weights, int layer, const LayerSplit& split,
              KernelChoice kernel);

  /// normed: [embedding]; activations: [neurons] in the model's own order. Every thread < threads calls this.
  void activate(const float* normed, float* activations, SparseScratch& scratch, int thread,
                int threads) const;

  /// output = residual + sum of activation times down row, each [embedding]. A thread computes a slice of the
  /// output, over the neurons in the model's own order: the sums are the same for any number of threads, and
  /// there are no partial ones to add.
  void combine(const float* activations, const float* residual, float* output, SparseScratch& scratch,
               int thread, int threads) const;

  int neurons() const { return neurons_; }

 private:
  float activation(float gate, float up) const;
  void activate_hot(int place, int count, const Operand& input, float* activations) const;
  void activate_cold(int place, int count, const Operand& input, float* activations) const;
  int collect(const float* activations, SparseScratch& scratch) const;

  int embedding_;
  int neurons_;
  bool rectify_up_;
  int hot_;
  std::vector<int> order_;     ///< place → neuron
  std::vector<int> place_of_;  ///< neuron → place
  NeuronRows rows_;
  RoundKernel round_input_;
  DotKernel dot_;
  int activation_block_;
  RoundKernel round_activations_;
  AddKernel add_;
};

}  // namespace hotset
