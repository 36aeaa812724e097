// How fast products with packed rows are: with one column, with a prompt's columns, and choosing a token.
#pragma once

#include <ggml.h>

#include <cstddef>

#include "decode/rates/measured.h"
#include "decode/rates/processor_rates.h"
#include "hybrid/weights/row_matrix.h"
#include "kernels/kernel_choice.h"
#include "runtime/large_memory.h"

namespace hotset {

/// One group of random weights of a type, over and over: whole groups, or their coarse planes. More than
/// caches hold.
class Rows {
 public:
  static constexpr int kLength = 2048;  ///< of rows

  explicit Rows(PageSize pages = PageSize::kLarge) : memory_(kReadBytes + kBehindRows, pages) {}

  void fill(ggml_type type, GroupPart part, int threads);

  int groups() const { return groups_; }
  ggml_type type() const { return type_; }

  /// Of rows from group `first` on. A fine plane is nowhere: such a matrix is multiplied by its coarse one.
  RowMatrix matrix(int first, int rows, KernelChoice kernel) const;

 private:
  static constexpr std::size_t kReadBytes = std::size_t{256} << 20U;

  LargeMemory memory_;
  ggml_type type_ = GGML_TYPE_COUNT;
  GroupPart part_ = GroupPart::kWhole;
  std::size_t stride_ = 0;
  int groups_ = 0;
};

/// Of one column with whole groups, which the rows are filled with.
double bytes_per_second(const Rows& rows, Processor& processor);

/// Precondition: the rows are filled with whole groups.
ProductRate product_rate(const Rows& rows, Processor& processor);

/// The first pass of the head alone: how many groups the second one computes depends on the text, and they
/// are few. Precondition: the rows are filled with coarse planes.
double choice_bytes_per_second(const Rows& rows, Processor& processor);

}  // namespace hotset
