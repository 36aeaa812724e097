#include "shapes/shape.h"

#include <algorithm>
#include <utility>

#include "error.h"

namespace hotset {

namespace {

/// A model whose sizes are another's, made sparse by training.
Shape sparser(Shape sizes, std::string name, double activity) {
  sizes.name = std::move(name);
  sizes.activity = activity;
  return sizes;
}

Shape llama_7b() {
  return {.name = "llama-7b",
          .architecture = "llama",
          .layers = 32,
          .embedding_length = 4096,
          .feed_forward_length = 11008,
          .heads = 32,
          .kv_heads = 32,
          .vocabulary_size = 32000,
          .context_length = 4096,
          .rope_base = 1e4F};
}

Shape llama_13b() {
  return {.name = "llama-13b",
          .architecture = "llama",
          .layers = 40,
          .embedding_length = 5120,
          .feed_forward_length = 13824,
          .heads = 40,
          .kv_heads = 40,
          .vocabulary_size = 32000,
          .context_length = 4096,
          .rope_base = 1e4F};
}

}  // namespace

const std::vector<Shape>& known_shapes() {
  static const std::vector<Shape> shapes = {
      llama_7b(),
      llama_13b(),
      {.name = "llama-33b",
       .architecture = "llama",
       .layers = 60,
       .embedding_length = 6656,
       .feed_forward_length = 17920,
       .heads = 52,
       .kv_heads = 52,
       .vocabulary_size = 32000,
       .context_length = 2048,
       .rope_base = 1e4F},
      {.name = "llama-70b",
       .architecture = "llama",
       .layers = 80,
       .embedding_length = 8192,
       .feed_forward_length = 28672,
       .heads = 64,
       .kv_heads = 8,
       .vocabulary_size = 32000,
       .context_length = 4096,
       .rope_base = 1e4F},
      {.name = "codellama-7b",
       .architecture = "llama",
       .layers = 32,
       .embedding_length = 4096,
       .feed_forward_length = 11008,
       .heads = 32,
       .kv_heads = 32,
       .vocabulary_size = 32016,
       .context_length = 16384,
       .rope_base = 1e6F},
      {.name = "qwen2-1.5b",
       .architecture = "qwen2",
       .layers = 28,
       .embedding_length = 1536,
       .feed_forward_length = 8960,
       .heads = 12,
       .kv_heads = 2,
       .vocabulary_size = 151936,
       .context_length = 32768,
       .rope_base = 1e6F},
      {.name = "qwen2-3b",
       .architecture = "qwen2",
       .layers = 36,
       .embedding_length = 2048,
       .feed_forward_length = 11008,
       .heads = 16,
       .kv_heads = 2,
       .vocabulary_size = 151936,
       .context_length = 32768,
       .rope_base = 1e6F},
      {.name = "qwen2-0.5b",
       .architecture = "qwen2",
       .layers = 24,
       .embedding_length = 896,
       .feed_forward_length = 4864,
       .heads = 14,
       .kv_heads = 2,
       .vocabulary_size = 151936,
       .context_length = 32768,
       .rope_base = 1e6F},
      {.name = "deepseek-coder-1.3b",
       .architecture = "llama",
       .layers = 24,
       .embedding_length = 2048,
       .feed_forward_length = 5504,
       .heads = 16,
       .kv_heads = 16,
       .vocabulary_size = 32256,
       .context_length = 16384,
       .rope_base = 1e5F},
      {.name = "smollm2-360m",
       .architecture = "llama",
       .layers = 32,
       .embedding_length = 960,
       .feed_forward_length = 2560,
       .heads = 15,
       .kv_heads = 5,
       .vocabulary_size = 49152,
       .context_length = 8192,
       .rope_base = 1e5F},
      {.name = "tinyllama-1.1b",
       .architecture = "llama",
       .layers = 22,
       .embedding_length = 2048,
       .feed_forward_length = 5632,
       .heads = 32,
       .kv_heads = 4,
       .vocabulary_size = 32000,
       .context_length = 2048,
       .rope_base = 1e4F},
      // Song et al., arXiv 2402.13516: 89.32% and 88.80% are zero.
      sparser(llama_7b(), "prosparse-llama-2-7b", 0.1068),
      sparser(llama_13b(), "prosparse-llama-2-13b", 0.112),
      // Song et al., arXiv 2406.05955: 90% of a layer's neurons do not fire.
      {.name = "turbosparse-mistral-7b",
       .architecture = "llama",
       .layers = 32,
       .embedding_length = 4096,
       .feed_forward_length = 14336,
       .heads = 32,
       .kv_heads = 8,
       .vocabulary_size = 32000,
       .context_length = 32768,
       .rope_base = 1e4F,
       .activity = 0.1},
  };
  return shapes;
}

const Shape& shape_named(const std::string& name) {
  const auto found = std::ranges::find(known_shapes(), name, &Shape::name);
  if (found != known_shapes().end()) return *found;
  std::string known;
  for (const Shape& shape : known_shapes()) known += (known.empty() ? "" : ", ") + shape.name;
  throw Error(ErrorKind::kBadInput, "there is no shape \"" + name + "\": choose one of " + known);
}

Shape with_layers(Shape shape, int layers) {
  if (layers < 1 || layers > shape.layers) {
    throw Error(ErrorKind::kBadInput,
                "the layers of " + shape.name + " are to be 1 to " + std::to_string(shape.layers));
  }
  if (layers == shape.layers) return shape;
  shape.name.append("-").append(std::to_string(layers)).append("-layers");
  shape.layers = layers;
  return shape;
}

}  // namespace hotset
