// How fast this machine's processor does what a step is made of: what the cost model foretells times from.
// Measured with the very nodes and threads that steps are computed by.
#pragma once

#include <ggml.h>

#include <atomic>
#include <vector>

#include "kernels/kernel_choice.h"

namespace hotset {

/// Of matrices of one type with packed rows.
struct ProductRate {
  ggml_type type;
  int threads;
  double bytes_per_second;  ///< of the file's bytes of weights, by products with one column
  /// Of a head's rows where the most probable token is chosen: of most rows one plane is read (HeadNode).
  double choice_bytes_per_second;
  double products_per_second;  ///< multiply-adds, by products with a prompt's columns
};

/// Of the attention of some queries to keys and values.
struct AttentionRate {
  double products_per_second;  ///< multiply-adds
  double score_seconds;        ///< of a query and a position, beside the products
};

/// Of what else there is in a step. All but what one thread does are of all threads together.
struct StepRate {
  int threads;
  double keys_per_second;  ///< values of keys and values that one token's attention reads and converts
  AttentionRate token;     ///< one token's
  AttentionRate prompt;
  double node_seconds;   ///< of a node that has next to nothing to compute
  double value_seconds;  ///< of norming and rounding one value of a product's column, by one thread
  /// Of rotating one value of a query or a key, or storing one of a key or a value: one thread does that.
  double rotation_seconds;
  double result_seconds;       ///< of one value that a product with a prompt's columns writes
  double logit_seconds;        ///< of choosing the most probable token, for each of the vocabulary's logits
  double mapped_byte_seconds;  ///< that a byte of weights takes longer to read from a file's small pages
};

struct ProcessorRates {
  KernelChoice kernel;
  std::vector<ProductRate> products;  ///< those types that this build packs
  std::vector<StepRate> steps;        ///< one for each number of threads
};

/// With 1, 2, 4 and so on up to `most_threads` threads. Takes some seconds and 256 MiB; when `cancel` is
/// set, it ends within a tenth of a second with what it has. Throws Error kInternal, std::bad_alloc.
/// Precondition: load_backends() was called.
ProcessorRates measure_processor(int most_threads, const std::atomic<bool>& cancel);

}  // namespace hotset
