// The network of one layer's predictor while it is trained: fc1 → ReLU → fc2, no biases, one logit for each
// neuron. Forward, backward and Adam's step are one ggml graph.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/handles.h"
#include "runtime/threadpool.h"

namespace hotset {

struct NetworkShape {
  int embedding = 0;
  int hidden = 0;
  int neurons = 0;
  int batch = 0;  ///< tokens of a step
};

class PredictorNetwork {
 public:
  /// seed: of the weights' first values. Throws Error kOutOfMemory, kInternal.
  PredictorNetwork(const NetworkShape& shape, Threadpool& threadpool, int threads, std::uint64_t seed);

  /// Where a step's tokens go: [batch][embedding], and [batch][neurons] weights of the neurons that fired, 0
  /// for the others.
  float* inputs() { return static_cast<float*>(inputs_->data); }
  float* weights() { return static_cast<float*>(weights_->data); }

  /// One step of Adam (Kingma and Ba, arXiv 1412.6980) on the logistic loss, in which a neuron that fired
  /// counts with its weight and one that did not with 1.
  void step(float learning_rate);

  /// Logits [batch][neurons] of what stands in inputs(), valid until the next call.
  std::span<const float> logits();

  std::span<const float> fc1() const { return values(fc1_.values); }
  std::span<const float> fc2() const { return values(fc2_.values); }

  /// Puts other values in the place of those learned; as many.
  void set(std::span<const float> fc1, std::span<const float> fc2) const;

 private:
  /// A matrix with Adam's two moments.
  struct Learned {
    ggml_tensor* values = nullptr;
    ggml_tensor* first = nullptr;
    ggml_tensor* second = nullptr;
  };

  struct Forward {
    ggml_tensor* hidden;  ///< [hidden, batch]
    ggml_tensor* logits;  ///< [neurons, batch]
  };

  static std::span<const float> values(const ggml_tensor* tensor) {
    return {static_cast<const float*>(tensor->data), static_cast<std::size_t>(ggml_nelements(tensor))};
  }

  ggml_tensor* new_matrix(int columns, int rows);
  Learned new_learned(int columns, int rows);
  Forward forward(ggml_context* context) const;
  ggml_tensor* update(ggml_context* context, const Learned& learned, ggml_tensor* gradient) const;
  void build_step();
  void build_logits();
  void allocate(ggml_gallocr* allocator, ggml_cgraph* graph) const;
  void compute(ggml_cgraph* graph);

  NetworkShape shape_;
  BackendHandle backend_;
  ContextHandle context_;
  BufferHandle buffer_;
  ContextHandle graphs_;
  AllocatorHandle step_memory_;
  AllocatorHandle logits_memory_;
  ggml_tensor* inputs_ = nullptr;
  ggml_tensor* weights_ = nullptr;
  ggml_tensor* adam_ = nullptr;
  Learned fc1_;
  Learned fc2_;
  ggml_cgraph* step_graph_ = nullptr;
  ggml_cgraph* logits_graph_ = nullptr;
  ggml_tensor* logits_ = nullptr;
  int steps_ = 0;
};

}  // namespace hotset
