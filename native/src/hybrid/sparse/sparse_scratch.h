// What the threads write to on the way through a sparse feed-forward block. It serves all layers of a model,
// one after the other. Every thread writes to its own and reads all of them, with a barrier in between.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/sparse/found_neurons.h"
#include "kernels/operand.h"
#include "runtime/guided_schedule.h"

namespace hotset {

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

/// The threads that compute a step together.
struct SparseTeam {
  std::span<SparseScratch> scratch;     ///< one for each thread
  std::span<GuidedSchedule> schedules;  ///< one for each token
};

}  // namespace hotset
