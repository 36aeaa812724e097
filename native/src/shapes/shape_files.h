// A model of a known shape, with what belongs to it: profile, predictors and neuron cache.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "progress.h"
#include "shapes/shape_weights.h"

namespace hotset {

inline constexpr const char* kShapeDescriptionKey = "hotset.shape.description";
inline constexpr const char* kPredictorsModelKey = "hotset.predictors.model_fingerprint";

struct ShapeFiles {
  std::filesystem::path model;
  std::filesystem::path profile;
  std::filesystem::path predictors;
  std::filesystem::path neurons;
};

/// What the model's file says it is; files of another one are written anew.
std::string shape_description(const ShapeChoice& choice);

/// quant: a type's name, "Q4_0" for example; activity: mean share of neurons that fire, between 0.01 and 0.9;
/// layers: the first so many of the shape's; nullopt: the shape's own.
/// Throws Error kBadInput for a choice that there is not.
ShapeChoice choose_shape(const std::string& shape, const std::string& quant, std::optional<double> activity,
                         std::optional<int> layers = std::nullopt);

/// Writes `folder`/SHAPE-QUANT-aPERCENT.gguf and the three files beside it, or leaves them as they are where
/// all four are there from an earlier call. The weights are a ReGLU model's: it runs in llama.cpp, which
/// computes SiLU in its place. The neuron cache holds down rows quantised from the same values as `ffn_down`,
/// in the same type. What `progress` throws ends the work; unfinished files go away. Throws Error kBadInput
/// where the files cannot be written or the disk has too little room.
ShapeFiles write_shape(const ShapeChoice& choice, const std::filesystem::path& folder, int threads,
                       const Progress& progress);

}  // namespace hotset
