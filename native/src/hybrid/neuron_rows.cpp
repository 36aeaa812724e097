#include "hybrid/neuron_rows.h"

namespace hotset {

std::uint64_t neuron_rows_bytes(const ModelFile& model) {
  std::uint64_t bytes = 0;
  for (int layer = 0; layer < model.layers; ++layer) {
    const RowTypes types = row_types(model, layer);
    const std::uint64_t neuron = 2 * input_row_bytes(model, types) + down_row_bytes(model, types);
    bytes += neuron * static_cast<std::uint64_t>(model.feed_forward_length);
  }
  return bytes;
}

NeuronRows::NeuronRows(const ModelFile& model, std::span<const std::byte> file, int layer,
                       const LayerSplit& split, int threads)
    : types_(row_types(model, layer)),
      input_bytes_(input_row_bytes(model, types_)),
      down_bytes_(down_row_bytes(model, types_)),
      memory_((2 * input_bytes_ + down_bytes_) * split.order.size()) {
  const std::size_t input = input_bytes_ * split.order.size();
  const RowSpans rows{.gates = memory_.bytes().first(input),
                      .ups = memory_.bytes().subspan(input, input),
                      .downs = memory_.bytes().subspan(2 * input)};
  arrange_layer(model, file, layer, split.order, threads, rows);
  gates_ = rows.gates.data();
  ups_ = rows.ups.data();
  downs_ = rows.downs.data();
}

NeuronRows::NeuronRows(const ModelFile& model, const NeuronCache::Layer& cached)
    : types_(cached.types),
      input_bytes_(input_row_bytes(model, types_)),
      down_bytes_(down_row_bytes(model, types_)),
      gates_(cached.gates.data()),
      ups_(cached.ups.data()),
      downs_(cached.downs.data()) {}

}  // namespace hotset
