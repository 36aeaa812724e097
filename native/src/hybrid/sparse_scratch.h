// What the threads write to on the way through a sparse feed-forward block. It serves all layers of a model,
// one after the other. Every thread writes to its own and reads all of them, with a barrier in between.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "gguf/model_file.h"
#include "kernels/operand.h"

namespace hotset {

/// A thread's part of the work of a step.
struct Part {
  int thread;
  int threads;
};

/// The items [begin, end) of many.
struct Range {
  int begin;
  int end;
};

/// An even share of `count` items.
inline Range share(int count, Part part) {
  const auto border = [&](int thread) {
    return static_cast<int>(static_cast<long long>(count) * thread / part.threads);
  };
  return {.begin = border(part.thread), .end = border(part.thread + 1)};
}

/// Parts of a list in the order of frequency that are dealt out one after the other: neighbouring rows, of
/// which its beginning has more, are read faster than lone ones.
inline constexpr int kTurns = 4;

/// Neurons that a thread found to fire for one token, in the order it looked at them.
struct FoundNeurons {
  explicit FoundNeurons(std::size_t neurons) : places(neurons), values(neurons) {}

  void add_if(bool fires, int place, float gate) {
    places[static_cast<std::size_t>(count)] = place;
    values[static_cast<std::size_t>(count)] = gate;
    count += fires ? 1 : 0;
  }

  void end_only_turn() { ends.fill(count); }

  // One more than can be found: add_if() writes before it decides.
  std::vector<int> places;
  std::vector<float> values;  ///< the gate's product first, the activation after the second step
  int count = 0;
  std::array<int, kTurns> ends{};  ///< count after each turn
};

struct SparseScratch {
  struct OfToken {
    explicit OfToken(const ModelFile& model)
        : input(model.embedding_length), found(static_cast<std::size_t>(model.feed_forward_length) + 1) {}

    Operand input;
    FoundNeurons found;
  };

  SparseScratch(const ModelFile& model, int tokens)
      : of_token(static_cast<std::size_t>(tokens), OfToken(model)),
        places(static_cast<std::size_t>(model.feed_forward_length) + 1),
        rows(static_cast<std::size_t>(model.feed_forward_length)),
        factors(static_cast<std::size_t>(model.feed_forward_length)),
        activations(model.feed_forward_length),
        by_neuron(static_cast<std::size_t>(model.feed_forward_length)),
        sums(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(model.embedding_length)) {}

  std::vector<OfToken> of_token;
  std::vector<int> places;                             ///< of neurons to look at
  std::vector<const std::byte*> rows;                  ///< of those neurons
  std::vector<float> factors;                          ///< one for each of the rows
  Operand activations;                                 ///< after rounding
  std::vector<float> by_neuron;                        ///< activations in the model's own order
  std::vector<float, CacheLineAllocator<float>> sums;  ///< [tokens][embedding], of a thread's own neurons
};

}  // namespace hotset
