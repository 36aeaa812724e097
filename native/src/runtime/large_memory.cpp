#include "runtime/large_memory.h"

#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace hotset {
namespace {

// A large page of the common processors; also more than every vector register and buffer of ggml asks for.
constexpr std::align_val_t kAlignment{std::size_t{2} << 20U};

}  // namespace

LargeMemory::LargeMemory(std::size_t size, [[maybe_unused]] PageSize pages)
    : memory_(static_cast<std::byte*>(::operator new(size, kAlignment))), size_(size) {
#ifdef __linux__
  // A wish: where the system has no large page to give, ordinary ones are as right.
  ::madvise(memory_.get(), size, pages == PageSize::kLarge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#endif
}

void LargeMemory::Free::operator()(std::byte* memory) const { ::operator delete(memory, kAlignment); }

}  // namespace hotset
