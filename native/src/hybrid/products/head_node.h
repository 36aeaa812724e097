// The head's logits for choosing the most probable token, at about half of the head's bytes: all products by
// the coarse plane of the rows, and the exact ones of those groups that may hold the highest logit.
//
// A coarse product errs by at most a number of its row times the column's length, so no row can have the
// highest logit whose coarse one and this error lie below some exact logit. One exact logit is that of the
// row with the highest coarse one. All others that are not below are computed exactly, each group to the bits
// of the whole product: the highest logit is the one there, proven for every token, however many are left.
// What a column gives depends neither on the columns beside it nor on the threads.
//
// Some models' logits lie so close that most groups would be read twice: after a few tokens that show it, all
// products are those of both planes.
#pragma once

#include <ggml.h>

#include <cstdint>
#include <span>
#include <vector>

#include "hybrid/products/product_node.h"

namespace hotset {

class HeadNode {
 public:
  /// whole: the product of `matrix` alone, with its norm and without a bias, scale or activation. It and
  /// the team must outlive this, and this every graph that it is part of. Precondition: matrix.has_planes().
  HeadNode(const ProductNode& whole, RowMatrix matrix, ProductTeam& team);

  /// input: F32 [length, columns], at most kPanelColumns columns. Returns F32 [rows, columns]: in each column
  /// the highest logits are exact, the others coarse or exact.
  ggml_tensor* build(ggml_context* context, ggml_tensor* input) const;

  /// Makes the highest logit among the rows `some` of a column exact, of the graph that was computed last.
  /// logits: [rows], the column's as they were computed.
  void settle_among(int column, std::span<const std::int32_t> some, float* logits) const;

  /// Groups that were computed exactly for a column of the graph that was computed last.
  int exact_groups(int column) const;

  /// Bytes of the rows that a graph with one column left unread, the mean over all that were computed by
  /// planes; 0 before the first, and where planes don't pay.
  double bytes_left_out() const;

 private:
  /// The first row with the highest coarse logit, by a thread.
  struct Best {
    float logit;
    int group;
  };

  /// What a thread has for itself.
  struct Part {
    std::vector<ColumnBlock> panel;
    std::vector<float> lengths;  ///< of the columns
    std::vector<Best> best;      ///< in the groups that it computed
    bool by_planes = true;       ///< whether the first pass was by the coarse plane
    std::uint64_t exact = 0;     ///< groups that it computed exactly for single columns, while by planes
  };

  /// What one pass leaves to the next.
  struct State {
    std::vector<Part> parts;
    std::vector<float> ends;   ///< [kPanelColumns, groups], what no logit of a group is above
    std::vector<float> least;  ///< by column, what the highest logit is not below
    std::uint64_t passes = 0;  ///< graphs with one column that were computed by planes
  };

  static void multiply_coarse(ggml_tensor* logits, int thread, int threads, void* self);
  static void settle(ggml_tensor* logits, int thread, int threads, void* self);

  void multiply_coarse(Range groups, Part& part, float* logits) const;
  /// Not while the second pass computes.
  bool pays() const;
  double left_out_by_planes() const;
  float highest_exact(int column, int group, const Part& part) const;
  void find_least(int threads, std::vector<float>& least) const;
  float end(int column, int group) const {
    return state_.ends[static_cast<std::size_t>(column) * static_cast<std::size_t>(matrix_.groups()) +
                       static_cast<std::size_t>(group)];
  }

  const ProductNode& whole_;
  RowMatrix matrix_;
  ProductTeam& team_;
  mutable State state_;
};

}  // namespace hotset
