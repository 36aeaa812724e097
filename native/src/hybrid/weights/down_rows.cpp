#include "hybrid/weights/down_rows.h"

#include "hybrid/weights/neuron_arrangement.h"
#include "kernels/packing.h"

namespace hotset {

std::uint64_t down_rows_bytes(const ModelFile& model) {
  std::uint64_t bytes = 0;
  for (int layer = 0; layer < model.layers; ++layer) {
    bytes += packed_row_bytes(down_row_type(model, layer), model.embedding_length) *
             static_cast<std::uint64_t>(model.feed_forward_length);
  }
  return bytes;
}

DownRows::DownRows(const ModelFile& model, std::span<const std::byte> file, int layer, int threads)
    : type_(down_row_type(model, layer)),
      row_bytes_(packed_row_bytes(type_, model.embedding_length)),
      memory_(row_bytes_ * static_cast<std::size_t>(model.feed_forward_length)),
      first_(memory_.bytes().data()) {
  arrange_downs(model, file, layer, threads, memory_.bytes());
}

}  // namespace hotset
