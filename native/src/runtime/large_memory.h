// Memory for weights: in pages as large as the system gives, because reading all of it for every token would
// otherwise wait for addresses to be translated.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace hotset {

/// What the system is asked for; it may have another mind.
enum class PageSize {
  kLarge,
  kSmall,  ///< such as it keeps files in: to measure with
};

class LargeMemory {
 public:
  LargeMemory() = default;
  /// Not initialised. Throws std::bad_alloc.
  explicit LargeMemory(std::size_t size, PageSize pages = PageSize::kLarge);

  std::span<std::byte> bytes() { return {memory_.get(), size_}; }
  std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte, Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace hotset
