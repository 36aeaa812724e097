// PowerInfer's GPU indices beside a model.
#include <cstdint>

#include "beside_model.h"
#include "neurons/gpu_index.h"

using namespace hotset;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ModelFile& model = fuzz::model_beside();
  const auto path = fuzz::as_file({data, size});
  fuzz::accepts(path, [&] {
    const GpuIndex index = GpuIndex::read(path, model);
    fuzz::require(index.on_gpu.size() == static_cast<std::size_t>(model.layers), "every layer has flags");
    for (const auto& layer : index.on_gpu) {
      fuzz::require(layer.size() == static_cast<std::size_t>(model.feed_forward_length),
                    "every neuron has one");
    }
  });
  return 0;
}
