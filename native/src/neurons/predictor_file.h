// Learned predictors as a GGUF holds them: for each layer fc1 → ReLU → fc2, one logit for each neuron. In the
// model's own file (PowerInfer's way) or in MODEL.predictors.gguf beside it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "gguf/mapped_file.h"
#include "gguf/model_file.h"

namespace hotset {

/// What fc1 is multiplied with.
enum class PredictorInput {
  kNormed,    ///< the feed-forward block's input after ffn_norm
  kResidual,  ///< before ffn_norm, as in PowerInfer's LLaMA
};

struct LayerPredictor {
  TensorInfo fc1;          ///< [embedding, hidden]
  TensorInfo fc2;          ///< [hidden, neurons]
  float threshold = 0.0F;  ///< a neuron is computed if its logit is at least this
};

class PredictorFile {
 public:
  /// Whether a model brings predictors of its own, right or wrong ones.
  static bool has_predictors(const ModelFile& model);

  /// Those in the model's own file. Throws Error kBadModel where they do not fit the model.
  static PredictorFile of_model(const ModelFile& model);

  /// Those in a file beside the model. Throws Error kBadInput (no such file), kBadModel (no predictors, or
  /// another model's).
  static PredictorFile read(const std::filesystem::path& path, const ModelFile& model);

  PredictorInput input = PredictorInput::kNormed;
  std::vector<LayerPredictor> layers;

  const std::byte* bytes(const TensorInfo& tensor) const { return file_->bytes().data() + tensor.offset; }

 private:
  PredictorFile(const ModelFile& file, const ModelFile& model);

  std::unique_ptr<MappedFile> file_;
};

}  // namespace hotset
