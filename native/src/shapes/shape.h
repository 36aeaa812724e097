// The sizes of models that benchmarks imitate with random weights.
#pragma once

#include <string>
#include <vector>

namespace hotset {

struct Shape {
  std::string name;
  std::string architecture;  ///< "llama" or "qwen2"
  int layers;
  int embedding_length;
  int feed_forward_length;
  int heads;
  int kv_heads;
  int vocabulary_size;
  int context_length;
  float rope_base;
  /// Mean share of the neurons that fire for a token, as published; where nothing was, a tenth.
  double activity = 0.1;

  int head_length() const { return embedding_length / heads; }
  int kv_length() const { return kv_heads * head_length(); }
};

/// As the models' authors published them.
const std::vector<Shape>& known_shapes();

/// Throws Error kBadInput, naming those that there are.
const Shape& shape_named(const std::string& name);

/// The first `layers` of a shape, with its ends, under a name of its own: what does not fit into memory can
/// be told from parts of it. Throws Error kBadInput where it does not have so many.
Shape with_layers(Shape shape, int layers);

}  // namespace hotset
