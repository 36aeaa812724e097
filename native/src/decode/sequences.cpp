#include "decode/sequences.h"

#include <algorithm>
#include <chrono>

namespace hotset {
namespace {

int common_length(std::span<const Token> held, std::span<const Token> tokens) {
  return static_cast<int>(std::ranges::mismatch(held, tokens).in1 - held.begin());
}

}  // namespace

Sequences::Sequences(Decoder& decoder)
    : decoder_(decoder), held_(static_cast<std::size_t>(decoder.sequences())) {}

int Sequences::begin(const std::string& key, std::span<const Token> tokens) {
  const std::size_t place = place_of(key);
  std::size_t longest = place;
  for (std::size_t other = 0; other < held_.size(); ++other) {
    if (common_length(held_[other].tokens, tokens) > common_length(held_[longest].tokens, tokens))
      longest = other;
  }
  const int common = common_length(held_[longest].tokens, tokens);
  current_ = place;
  decoder_.select(static_cast<int>(place));
  if (longest == place) {
    decoder_.truncate(common);
  } else {
    decoder_.branch(static_cast<int>(longest), common);
  }
  const int held = decoder_.position();
  current() = {.key = key, .tokens = {tokens.begin(), tokens.begin() + held}, .last_use = ++uses_};
  return held;
}

void Sequences::put(std::span<const Token> tokens, std::span<const std::byte> rows) {
  truncate(0);
  make_room(tokens.size());
  decoder_.append_rows(tokens, rows);
  current().tokens.assign(tokens.begin(), tokens.end());
}

std::vector<HeldSequence> Sequences::held() const {
  std::vector<HeldSequence> held;
  for (const auto& [key, tokens, last_use] : held_) {
    if (!tokens.empty()) held.push_back({.key = key, .length = static_cast<int>(tokens.size())});
  }
  return held;
}

bool Sequences::append_in_chunks(std::span<const Token> tokens, int outputs, const CancelFlag& cancel) {
  while (tokens.size() > chunk_.tokens() + static_cast<std::size_t>(kMostOutputs)) {
    const auto chunk = tokens.first(chunk_.tokens());
    const auto begin = std::chrono::steady_clock::now();
    if (cancel || !append(chunk, 0, cancel)) return false;
    chunk_.learn(chunk.size(), std::chrono::steady_clock::now() - begin);
    tokens = tokens.subspan(chunk.size());
  }
  return append(tokens, outputs, cancel);
}

bool Sequences::append_beside(std::span<const Token> tokens, const CancelFlag& cancel) {
  const CancelFlag never{false};
  for (std::size_t length = chunk_.brief(); !tokens.empty(); length = std::min(2 * length, chunk_.tokens())) {
    const auto chunk = tokens.first(std::min(length, tokens.size()));
    const bool is_brief = chunk.size() <= chunk_.brief();
    const auto begin = std::chrono::steady_clock::now();
    if (cancel || !append(chunk, 0, is_brief ? never : cancel)) return false;
    chunk_.learn(chunk.size(), std::chrono::steady_clock::now() - begin);
    tokens = tokens.subspan(chunk.size());
  }
  return true;
}

bool Sequences::append(std::span<const Token> tokens, int outputs, const CancelFlag& cancel) {
  make_room(tokens.size());
  // Whatever ends append(), an exception too, the decoder's position tells how much of `tokens` it holds.
  struct Follow {
    std::vector<Token>& held;
    const Decoder& decoder;
    ~Follow() { held.resize(static_cast<std::size_t>(decoder.position())); }
  };
  std::vector<Token>& held = current().tokens;
  held.insert(held.end(), tokens.begin(), tokens.end());
  const Follow follow{held, decoder_};
  return decoder_.append(tokens, outputs, cancel);
}

bool Sequences::append_each(std::span<const NextToken> next, const CancelFlag& cancel) {
  if (!decoder_.append_each(next, cancel)) return false;
  for (const auto& [place, token] : next) held_[static_cast<std::size_t>(place)].tokens.push_back(token);
  return true;
}

void Sequences::truncate(int length) {
  if (length == this->length()) return;
  decoder_.truncate(length);
  current().tokens.resize(static_cast<std::size_t>(decoder_.position()));
}

void Sequences::clear() {
  for (std::size_t place = 0; place < held_.size(); ++place) forget(place);
}

std::size_t Sequences::place_of(const std::string& key) const {
  const auto own =
      std::ranges::find_if(held_, [&](const Held& held) { return held.last_use > 0 && held.key == key; });
  const auto found = own != held_.end() ? own : std::ranges::min_element(held_, {}, &Held::last_use);
  return static_cast<std::size_t>(found - held_.begin());
}

void Sequences::forget(std::size_t place) {
  held_[place] = {};
  decoder_.select(static_cast<int>(place));
  decoder_.truncate(0);
  decoder_.select(static_cast<int>(current_));
}

void Sequences::make_room(std::size_t tokens) {
  while (decoder_.room() < static_cast<int>(tokens)) {
    std::size_t oldest = current_;
    for (std::size_t place = 0; place < held_.size(); ++place) {
      const bool is_candidate = place != current_ && !held_[place].tokens.empty();
      if (!is_candidate) continue;
      if (oldest == current_ || held_[place].last_use < held_[oldest].last_use) oldest = place;
    }
    if (oldest == current_) return;
    forget(oldest);
  }
}

}  // namespace hotset
