// What a decoder's sequences hold, by the documents they belong to. A prompt begins with the longest
// beginning that any of them holds, and who was not asked for the longest time leaves when the KV cache is
// full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "decode/chunk_length.h"
#include "decode/decoder.h"

namespace hotset {

struct HeldSequence {
  std::string key;
  int length = 0;  ///< tokens
};

class Sequences {
 public:
  /// The decoder must outlive this and be used by nobody else meanwhile.
  explicit Sequences(Decoder& decoder);

  /// Goes on with the document `key`, whose sequence then holds as many of `tokens`, from the first on, as
  /// are computed already. Returns how many.
  int begin(const std::string& key, std::span<const Token> tokens);

  /// Tokens that the sequence holds which was begun last.
  int length() const { return static_cast<int>(current().tokens.size()); }

  /// The decoder's number of that sequence.
  int place() const { return static_cast<int>(current_); }
  int length_of(int place) const {
    return static_cast<int>(held_[static_cast<std::size_t>(place)].tokens.size());
  }

  /// Lets the sequence which was begun last consist of `tokens`, see Decoder::append_rows().
  void put(std::span<const Token> tokens, std::span<const std::byte> rows);

  /// What is held now, of all documents.
  std::vector<HeldSequence> held() const;

  /// Computes `tokens` behind them, see Decoder.
  bool append(std::span<const Token> tokens, int outputs, const CancelFlag& cancel);

  /// The same in chunks, of which a cancellation loses one at most.
  bool append_in_chunks(std::span<const Token> tokens, int outputs, const CancelFlag& cancel);

  /// The same without outputs, for work that is called off again and again: a brief chunk, once begun, is
  /// finished, so that every call gets on. Where nothing calls it off, chunks grow, and those are given up as
  /// above.
  bool append_beside(std::span<const Token> tokens, const CancelFlag& cancel);

  /// Computes one token behind each of several sequences, see Decoder::append_each(). Precondition: there is
  /// room.
  bool append_each(std::span<const NextToken> next, const CancelFlag& cancel);

  /// Forgets what lies behind the first `length` tokens of the sequence which was begun last.
  void truncate(int length);

  /// Forgets all of them.
  void clear();

 private:
  struct Held {
    std::string key;
    std::vector<Token> tokens;
    std::uint64_t last_use = 0;  ///< 0: never
  };

  Held& current() { return held_[current_]; }
  const Held& current() const { return held_[current_]; }
  /// The place of `key`: its own, or that of whoever was not asked for the longest time.
  std::size_t place_of(const std::string& key) const;
  void forget(std::size_t place);
  void make_room(std::size_t tokens);

  Decoder& decoder_;
  std::vector<Held> held_;
  std::size_t current_ = 0;
  std::uint64_t uses_ = 0;
  ChunkLength chunk_;
};

}  // namespace hotset
