// Packed rows in a file of their own: of whatever is accepted, every row can be read.
#include <cstdint>

#include "caches.h"

using namespace hotset;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ModelFile& model = fuzz::model_beside();
  static const PackedPlan plan = fuzz::plan_of(model);
  const auto path = fuzz::as_file({data, size});
  fuzz::accepts(path, [&] {
    const auto cache = PackedCache::open(path, model, plan);
    fuzz::require(cache->rows().size() == plan.bytes(), "rows are whole");
    fuzz::require(reinterpret_cast<std::uintptr_t>(cache->rows().data()) % 64 == 0, "rows are aligned");
    static volatile unsigned seen = 0;
    for (const std::byte byte : cache->rows()) seen = seen + std::to_integer<unsigned>(byte);
  });
  return 0;
}
