#include "shapes/row_filler.h"

#include <algorithm>
#include <vector>

#include "runtime/parallel.h"

namespace hotset {

void RowFiller::run(std::size_t rows, std::size_t row_bytes, const Fill& fill, const Sink& sink) {
  constexpr std::size_t kPartBytes = std::size_t{4} << 20U;
  const std::size_t part_rows = std::max<std::size_t>(1, kPartBytes / row_bytes);
  parallel_for(threads_, (rows + part_rows - 1) / part_rows, [&](std::size_t part) {
    const std::size_t first = part * part_rows;
    const std::size_t count = std::min(part_rows, rows - first);
    std::vector<std::byte> bytes(count * row_bytes);
    for (std::size_t i = 0; i < count; ++i) fill(first + i, bytes.data() + i * row_bytes);
    sink(first, bytes);
    const std::lock_guard lock(mutex_);
    done_ += bytes.size();
    progress_(std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_)));
  });
}

}  // namespace hotset
