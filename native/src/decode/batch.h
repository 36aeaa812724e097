// Several generations at once: each pass computes the next token of all of them, so that the weights are read
// once for all. What one of them says is what it says alone.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "decode/continuation.h"
#include "decode/decoder.h"
#include "decode/generation.h"
#include "decode/sequences.h"
#include "decode/vocabulary.h"

namespace hotset {

class Batch {
 public:
  struct Request {
    std::vector<Token> prompt;
    /// Nothing is drafted or watched, and the sequence is the batch's own.
    GenerateOptions options;
    TextSink on_text;
    std::shared_ptr<const CancelFlag> cancel;  ///< ends it, and none of the others, with what was said so far
    std::function<void(Generation generation)> on_end;
    std::function<void(const std::exception_ptr& failure)> on_failure;
  };

  /// All of these must outlive it.
  Batch(Decoder& decoder, const Vocabulary& vocabulary, Sequences& sequences);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  /// Texts that go on at once; others wait. 1 where the decoder goes on with one at a time.
  int most() const { return most_; }

  /// Asks for one more; from any thread.
  void add(Request request);

  /// Computes until nobody waits: those that are added meanwhile as well. Every one of them is told its end
  /// or failure, from here.
  void run();

 private:
  struct Running;

  std::optional<Request> take();
  void admit();
  void begin(Request request);
  bool read_prompt(Running& running);
  std::size_t free_lane() const;
  void pass();
  std::optional<StopReason> choose(Running& running, std::span<const float> logits, int row);
  void end(Running& running, StopReason reason);
  void fail(const std::exception_ptr& failure);

  Decoder& decoder_;
  const Vocabulary& vocabulary_;
  Sequences& sequences_;
  int most_;
  std::vector<std::unique_ptr<Running>> running_;
  std::mutex mutex_;
  std::deque<Request> waiting_;  ///< under the mutex
};

}  // namespace hotset
