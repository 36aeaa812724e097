// Which tokens begin with some bytes: the vocabulary's bytes in alphabetical order, where tokens that begin
// alike lie side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace hotset {

/// May be read from several threads at once.
class TokenIndex {
 public:
  using Token = std::int32_t;
  using Entry = std::pair<std::string_view, Token>;  ///< bytes, which may belong to several tokens

  /// entries: in any order; those without bytes are left out.
  explicit TokenIndex(const std::vector<Entry>& entries);

  /// Whether some token begins with `bytes` and goes on behind them.
  bool has_longer(std::string_view bytes) const;

  /// Those whose bytes are `bytes` or begin with them, in alphabetical order.
  std::span<const Token> beginning_with(std::string_view bytes) const;

  /// Those whose bytes are `bytes`.
  std::span<const Token> equal_to(std::string_view bytes) const;

 private:
  std::string_view bytes_of(std::size_t rank) const;
  /// The first rank from which `is_before(bytes of the token)` is false.
  template <typename IsBefore>
  std::size_t first_after(IsBefore is_before) const;
  std::span<const Token> between(std::size_t begin, std::size_t end) const;

  std::vector<Token> tokens_;          ///< by rank
  std::vector<std::uint32_t> begins_;  ///< of each rank's bytes in `bytes_`, and the end of the last
  std::vector<char> bytes_;
};

}  // namespace hotset
