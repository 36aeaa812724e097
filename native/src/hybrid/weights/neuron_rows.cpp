#include "hybrid/weights/neuron_rows.h"

#include <algorithm>

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
      gates_(nullptr),
      ups_(nullptr),
      downs_(nullptr) {
  arrange_layer(model, file, layer, split.order, threads, lay_out(split.order.size()));
}

NeuronRows::NeuronRows(const ModelFile& model, const NeuronCache::Layer& cached)
    : types_(cached.types),
      input_bytes_(input_row_bytes(model, types_)),
      down_bytes_(down_row_bytes(model, types_)),
      gates_(cached.gates.data()),
      ups_(cached.ups.data()),
      downs_(cached.downs.data()) {}

NeuronRows NeuronRows::copied(const ModelFile& model, const NeuronCache::Layer& cached, int first) {
  NeuronRows result(model, cached);
  const RowSpans rows = result.lay_out(cached.gates.size() / result.input_bytes_);
  const auto copy_from = [](std::span<const std::byte> source, std::size_t begin,
                            std::span<std::byte> target) {
    std::ranges::copy(source.subspan(begin), target.subspan(begin).begin());
  };
  const auto skipped = static_cast<std::size_t>(first);
  copy_from(cached.gates, skipped * result.input_bytes_, rows.gates);
  copy_from(cached.ups, skipped * result.input_bytes_, rows.ups);
  copy_from(cached.downs, skipped * result.down_bytes_, rows.downs);
  return result;
}

RowSpans NeuronRows::lay_out(std::size_t neurons) {
  memory_ = LargeMemory((2 * input_bytes_ + down_bytes_) * neurons);
  const std::size_t input = input_bytes_ * neurons;
  const RowSpans rows{.gates = memory_.bytes().first(input),
                      .ups = memory_.bytes().subspan(input, input),
                      .downs = memory_.bytes().subspan(2 * input)};
  gates_ = rows.gates.data();
  ups_ = rows.ups.data();
  downs_ = rows.downs.data();
  return rows;
}

}  // namespace hotset
