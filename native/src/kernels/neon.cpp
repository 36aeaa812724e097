// Kernels for NEON as every processor of the architecture has it.
#include "kernels/neon_table.h"

namespace hotset {

const KernelTable& neon_kernels() {
  static constexpr KernelTable kTable = neon_table<Neon>();
  return kTable;
}

}  // namespace hotset
