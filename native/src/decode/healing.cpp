#include "decode/healing.h"

#include <algorithm>
#include <utility>

namespace hotset {
namespace {

// Words cut into more pieces than this are not ones that a longer token begins with.
constexpr std::size_t kMostTakenBack = 8;

}  // namespace

HealedText heal(const Vocabulary& vocabulary, std::string_view text) {
  HealedText healed{.tokens = vocabulary.tokenize(text, false), .held = {}};
  std::size_t kept = healed.tokens.size();
  std::size_t held = text.size();
  std::size_t begin = text.size();
  const std::size_t most = std::min(kMostTakenBack, kept);
  for (std::size_t back = 1; back <= most; ++back) {
    const std::size_t index = healed.tokens.size() - back;
    const std::string piece = vocabulary.piece(healed.tokens[index]);
    if (piece.empty() || !text.substr(0, begin).ends_with(piece)) break;
    begin -= piece.size();
    if (!vocabulary.index().has_longer(text.substr(begin))) continue;
    kept = index;
    held = begin;
  }
  healed.tokens.resize(kept);
  healed.held = text.substr(held);
  return healed;
}

HeldBytes::HeldBytes(const Vocabulary& vocabulary, std::string bytes)
    : vocabulary_(vocabulary), bytes_(std::move(bytes)) {
  allow();
}

std::string HeldBytes::take(Token token) {
  if (!exact_.empty()) {
    exact_.erase(exact_.begin());
    if (exact_.empty()) bytes_.clear();
    allow();
    return {};
  }
  const std::string piece = vocabulary_.piece(token);
  const std::size_t covered = std::min(piece.size(), bytes_.size());
  bytes_.erase(0, covered);
  allow();
  return piece.substr(covered);
}

void HeldBytes::allow() {
  allowed_.clear();
  if (bytes_.empty()) return;
  if (exact_.empty()) {
    const TokenIndex& index = vocabulary_.index();
    const std::string_view bytes = bytes_;
    for (std::size_t length = 1; length < bytes.size(); ++length) {
      const auto shorter = index.equal_to(bytes.substr(0, length));
      allowed_.insert(allowed_.end(), shorter.begin(), shorter.end());
    }
    const auto longer = index.beginning_with(bytes);
    allowed_.insert(allowed_.end(), longer.begin(), longer.end());
    if (!allowed_.empty()) return;
    exact_ = vocabulary_.tokenize(bytes_, false);
  }
  if (!exact_.empty()) allowed_.push_back(exact_.front());
}

}  // namespace hotset
