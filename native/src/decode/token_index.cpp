#include "decode/token_index.h"

#include <algorithm>
#include <numeric>

namespace hotset {
namespace {

/// The first eight bytes as a number in the same order: comparing these decides most of a sort without a look
/// at the bytes themselves, which lie all over memory.
std::uint64_t leading_bytes(std::string_view bytes) {
  std::uint64_t leading = 0;
  for (std::size_t i = 0; i < sizeof(leading); ++i) {
    leading = leading << 8U | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
  }
  return leading;
}

std::vector<TokenIndex::Entry> in_order(const std::vector<TokenIndex::Entry>& entries) {
  std::vector<std::pair<std::uint64_t, TokenIndex::Entry>> keyed;
  keyed.reserve(entries.size());
  for (const auto& entry : entries) {
    if (!entry.first.empty()) keyed.emplace_back(leading_bytes(entry.first), entry);
  }
  std::ranges::sort(keyed);
  std::vector<TokenIndex::Entry> sorted;
  sorted.reserve(keyed.size());
  for (const auto& [leading, entry] : keyed) sorted.push_back(entry);
  return sorted;
}

}  // namespace

TokenIndex::TokenIndex(const std::vector<Entry>& entries) {
  const std::vector<Entry> sorted = in_order(entries);
  const std::size_t size =
      std::accumulate(sorted.begin(), sorted.end(), std::size_t{0},
                      [](std::size_t sum, const Entry& entry) { return sum + entry.first.size(); });
  bytes_.reserve(size);
  tokens_.reserve(sorted.size());
  begins_.reserve(sorted.size() + 1);
  for (const auto& [bytes, token] : sorted) {
    tokens_.push_back(token);
    begins_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  begins_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

bool TokenIndex::has_longer(std::string_view bytes) const {
  return beginning_with(bytes).size() > equal_to(bytes).size();
}

std::span<const TokenIndex::Token> TokenIndex::beginning_with(std::string_view bytes) const {
  const std::size_t begin = first_after([bytes](std::string_view other) { return other < bytes; });
  const std::size_t end =
      first_after([bytes](std::string_view other) { return other.substr(0, bytes.size()) <= bytes; });
  return between(begin, end);
}

std::span<const TokenIndex::Token> TokenIndex::equal_to(std::string_view bytes) const {
  const std::size_t begin = first_after([bytes](std::string_view other) { return other < bytes; });
  const std::size_t end = first_after([bytes](std::string_view other) { return other <= bytes; });
  return between(begin, end);
}

std::string_view TokenIndex::bytes_of(std::size_t rank) const {
  return {bytes_.data() + begins_[rank], bytes_.data() + begins_[rank + 1]};
}

template <typename IsBefore>
std::size_t TokenIndex::first_after(IsBefore is_before) const {
  std::size_t begin = 0;
  std::size_t end = tokens_.size();
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (is_before(bytes_of(middle))) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

std::span<const TokenIndex::Token> TokenIndex::between(std::size_t begin, std::size_t end) const {
  return std::span(tokens_).subspan(begin, end - begin);
}

}  // namespace hotset
