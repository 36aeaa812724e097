// Which tensors of a model's own file are predictors: PowerInfer's names, which ours follow. The model itself
// does without them.
#pragma once

#include <string_view>

namespace hotset {

inline bool is_predictor_tensor(std::string_view name) {
  return name.starts_with("blk.") && (name.ends_with(".fc1.weight") || name.ends_with(".fc2.weight"));
}

}  // namespace hotset
