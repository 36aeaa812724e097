// Predictors on their way to MODEL.predictors.gguf: each layer, once trained, in a file of its own, so that
// training that was broken off goes on where it was; joined when all are there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gguf/model_file.h"

namespace hotset {

/// One trained layer. E embedding, N neurons.
struct PredictorPart {
  int layer = 0;
  ggml_type type = GGML_TYPE_F16;  ///< of both matrices
  int hidden = 0;
  std::vector<float> fc1;      ///< [hidden][E]
  std::vector<float> fc2;      ///< [N][hidden]
  float threshold = 0.0F;      ///< on the logit
  float wanted_recall = 0.0F;  ///< that the threshold was chosen for
  float recall = 0.0F;         ///< measured on held-out tokens, share of activation mass
  float share = 0.0F;          ///< of neurons predicted, on the same
};

/// What a part says of itself.
struct PredictorPartFigures {
  int layer = 0;
  int hidden = 0;
  float threshold = 0.0F;
  float wanted_recall = 0.0F;
  float recall = 0.0F;
  float share = 0.0F;
  std::uint64_t bytes = 0;  ///< of both matrices
};

/// Writes `path` whole or not at all. Throws Error kBadInput where it cannot be written.
void write_predictor_part(const std::filesystem::path& path, const ModelFile& model,
                          const PredictorPart& part);

/// nullopt where `path` is no part for `model`, missing or damaged: it is to be trained again then.
std::optional<PredictorPartFigures> read_predictor_part(const std::filesystem::path& path,
                                                        const ModelFile& model);

/// Joins the parts of all layers, in their order, into one file of predictors. Throws Error: kBadInput
/// (cannot be written), kBadModel (a part is missing or another model's).
void join_predictor_parts(const std::vector<std::filesystem::path>& parts, const ModelFile& model,
                          const std::filesystem::path& path);

}  // namespace hotset
