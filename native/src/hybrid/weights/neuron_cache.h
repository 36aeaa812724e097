// MODEL.neurons.gguf: the feed-forward weights of a model arranged by neuron, so that they need not be
// arranged again for every load. One tensor each for a layer's order (I32, place → neuron), gate, up and down
// rows (I8: bytes as the kernels read them).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gguf/gguf_stream.h"
#include "gguf/mapped_file.h"
#include "gguf/model_file.h"
#include "hybrid/weights/neuron_arrangement.h"

namespace hotset {

/// place → neuron, for each layer
using NeuronOrders = std::vector<std::vector<int>>;

/// 16 hexadecimal digits.
std::string order_fingerprint(const NeuronOrders& orders);

class NeuronCache {
 public:
  /// One layer's rows in the mapped file, by place.
  struct Layer {
    RowTypes types;
    std::span<const std::byte> gates;
    std::span<const std::byte> ups;
    std::span<const std::byte> downs;
  };

  /// The cache of `model` in this order. Throws Error: kBadInput (no such file), kBadModel (no cache, of
  /// another model, version or order, truncated or damaged).
  static std::unique_ptr<NeuronCache> open(const std::filesystem::path& path, const ModelFile& model,
                                           const NeuronOrders& orders);

  const Layer& layer(int layer) const { return layers_[static_cast<std::size_t>(layer)]; }
  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size_bytes() const { return file_.bytes().size(); }

 private:
  explicit NeuronCache(const std::filesystem::path& path) : path_(path), file_(path, Pages::kLarge) {}

  std::filesystem::path path_;
  MappedFile file_;
  std::vector<Layer> layers_;
};

/// Packed rows on their way into a cache: any number of whole ones, and of any of the three matrices.
struct PackedRows {
  std::span<const std::byte> gates = {};
  std::span<const std::byte> ups = {};
  std::span<const std::byte> downs = {};
};

/// Writes a cache layer by layer. Throws Error kBadInput as GgufStream does.
class NeuronCacheWriter {
 public:
  /// Of `model` the numbers of layers, neurons and embedding alone are read; types: of each layer.
  NeuronCacheWriter(const std::filesystem::path& path, const ModelFile& model, NeuronOrders orders,
                    const std::vector<RowTypes>& types);

  std::uint64_t planned_bytes() const { return file_.planned_bytes(); }
  void begin();
  /// `rows` from place `first` on. From any thread.
  void write(int layer, std::size_t first, const PackedRows& rows);
  /// fingerprint: model_fingerprint() of the model.
  void finish(const std::string& fingerprint);

 private:
  struct LayerTensors {
    std::size_t order;
    std::size_t gate;
    std::size_t up;
    std::size_t down;
    std::size_t input_row_bytes;
    std::size_t down_row_bytes;
  };

  GgufStream file_;
  NeuronOrders orders_;
  std::vector<LayerTensors> layers_;
};

}  // namespace hotset
