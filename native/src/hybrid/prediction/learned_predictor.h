// fc1 → ReLU → fc2 as products of the graph, on matrices laid out as ggml multiplies fastest.
#pragma once

#include <memory>
#include <vector>

#include "hybrid/prediction/predictor.h"
#include "neurons/predictor_file.h"
#include "progress.h"
#include "runtime/handles.h"

namespace hotset {

class LearnedPredictor final : public Predictor {
 public:
  /// splits: one for each layer. Rows of fc2 are put into their order, those of hot neurons left out.
  /// Throws Error kOutOfMemory.
  LearnedPredictor(const PredictorFile& file, const std::vector<LayerSplit>& splits);

  const char* name() const override { return "learned"; }
  ggml_tensor* build(ggml_context* context, int layer, FeedForwardInput input) override;
  int first(int layer) const override { return layers_[static_cast<std::size_t>(layer)].first; }
  float threshold(int layer) const override { return layers_[static_cast<std::size_t>(layer)].threshold; }
  bool needs_hidden() const override { return input_ == PredictorInput::kResidual; }
  std::uint64_t bytes() const override;

 private:
  struct Matrix {
    ContextHandle context;
    BufferHandle buffer;
    ggml_tensor* tensor = nullptr;
  };
  struct Layer {
    Matrix fc1;
    Matrix fc2;  ///< null where every neuron is hot
    int first;
    float threshold;
  };

  static Matrix place(ggml_type type, std::int64_t columns, std::int64_t rows, const std::byte* bytes);

  PredictorInput input_;
  std::vector<Layer> layers_;
};

}  // namespace hotset
