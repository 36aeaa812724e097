// Models of any format: what the reader accepts lies inside the file, and whoever reckons with its sizes can.
#include <cstdint>

#include "../harness.h"
#include "decode/memory_check.h"
#include "decode/without_predictors.h"
#include "gguf/fingerprint.h"
#include "gguf/metadata.h"
#include "gguf/model_file.h"
#include "hybrid/products/packed_products.h"
#include "hybrid/support.h"

using namespace hotset;

namespace {

void require_inside(const ModelFile& model) {
  for (const auto& [name, tensor] : model.tensors) {
    fuzz::require(tensor.size <= model.size_bytes && tensor.offset <= model.size_bytes - tensor.size,
                  "a tensor that is accepted lies inside the file");
    fuzz::require(tensor.size > 0, "a tensor that is accepted has bytes");
  }
}

void reckon(const ModelFile& model) {
  const bool neurons_apart = !hybrid_obstacle(model) && !neuron_obstacle(model);
  const MemoryUse use{.context_length = 256, .contexts = 2, .neurons_apart = neurons_apart};
  const std::uint64_t need = memory_need(model, use);
  fuzz::require(need >= model.size_bytes, "a model needs at least the memory that its file has");
  if (!hybrid_obstacle(model)) PackedProducts::can_pack_whole(model);
  model_fingerprint(model);
  copy_without_predictors(model.path, Metadata::read(model.path, model.size_bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start_engine();
  const auto path = fuzz::as_file({data, size});
  fuzz::accepts(path, [&] {
    const ModelFile model = ModelFile::open(path);
    if (model.parts > 1) return;
    require_inside(model);
    reckon(model);
  });
  return 0;
}
