// Neurons arranged in a file of their own: of whatever is accepted, every row can be read.
#include <cstdint>
#include <span>

#include "caches.h"
#include "hybrid/weights/neuron_arrangement.h"

using namespace hotset;

namespace {

unsigned sum_of(std::span<const std::byte> bytes) {
  unsigned sum = 0;
  for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
  return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ModelFile& model = fuzz::model_beside();
  static const NeuronOrders orders = fuzz::orders_of(model);
  const auto path = fuzz::as_file({data, size});
  fuzz::accepts(path, [&] {
    const auto cache = NeuronCache::open(path, model, orders);
    for (int i = 0; i < model.layers; ++i) {
      const NeuronCache::Layer& layer = cache->layer(i);
      const auto neurons = static_cast<std::size_t>(model.feed_forward_length);
      fuzz::require(layer.gates.size() == input_row_bytes(model, layer.types) * neurons, "gates are whole");
      fuzz::require(layer.downs.size() == down_row_bytes(model, layer.types) * neurons, "downs are whole");
      // Every byte is looked at: what were not there would end this.
      [[maybe_unused]] static volatile unsigned seen = 0;
      seen = sum_of(layer.gates) + sum_of(layer.ups) + sum_of(layer.downs);
    }
  });
  return 0;
}
