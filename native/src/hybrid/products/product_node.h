// A node of a graph that multiplies some tokens' columns with packed rows, and what stands around the
// product: the norm in front of it, bias, residual or activation behind it. A barrier between nodes costs as
// much as a small matrix.
//
// Up to kPanelColumns columns are normed and rounded by every thread for itself, which costs less than a
// barrier; more of them in a node of their own.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/weights/row_matrix.h"
#include "kernels/kernels.h"
#include "runtime/guided_schedule.h"

namespace hotset {

/// What the products of a model share: one of them is computed at a time.
struct ProductTeam {
  /// A thread's own memory.
  struct Scratch {
    std::vector<ColumnBlock> panel;  ///< of kPanelColumns columns
    std::vector<float> normed;       ///< of one column
  };

  /// longest: length of the longest row.
  ProductTeam(KernelChoice choice, int threads, int longest);

  KernelChoice kernel;
  SiluKernel silu;
  std::vector<Scratch> scratch;  ///< one for each thread
  GuidedSchedule schedule;
};

struct ProductParts {
  /// Of rows of one length and columns of one rounding; their products stand one behind the other.
  std::vector<RowMatrix> matrices = {};
  const float* norm = nullptr;       ///< [length], weights of a norm of the columns; null: none
  const float* norm_bias = nullptr;  ///< [length], of a layer norm
  float epsilon = 0.0F;              ///< of the norm
  Norm norm_kind = Norm::kRootMeanSquare;
  std::vector<float> bias = {};  ///< [rows of all matrices], empty: none
  float scale = 1.0F;            ///< of product and bias
  /// The products become activations: those of gate and up, or of a single matrix with its bias. Without
  /// scale and residual.
  std::optional<Activation> activation = {};
};

class ProductNode {
 public:
  /// team must outlive this, and this every graph that it is part of.
  ProductNode(ProductTeam& team, ProductParts parts);

  /// The same product of columns that are normed already.
  std::unique_ptr<ProductNode> without_norm() const;

  /// input: F32 [length, tokens]. residual: F32 [rows, tokens], added to the product, or null. Returns F32
  /// [rows, tokens].
  ggml_tensor* build(ggml_context* context, ggml_tensor* input, ggml_tensor* residual) const;

  /// Norms and rounds the columns of `input` ([length, columns]) to panels, by one thread.
  void round_all(const ggml_tensor& input, const ColumnPanels& panels, ProductTeam::Scratch& scratch) const;

 private:
  struct Output;

  static void round_columns(ggml_tensor* panels, int thread, int threads, void* self);
  static void multiply(ggml_tensor* product, int thread, int threads, void* self);

  int length() const { return parts_.matrices.front().length(); }
  Rounding rounding() const { return parts_.matrices.front().rounding(); }
  int rows() const;
  int groups() const;
  void round_column(const ggml_tensor& input, int column, const ColumnPanels& panels,
                    ProductTeam::Scratch& scratch) const;
  ColumnPanels columns_of(const ggml_tensor& product, ProductTeam::Scratch& scratch) const;
  void multiply_groups(Range groups, const ColumnPanels& panels, Range some, const Output& output) const;
  void multiply_group(int group, const ColumnBlock* panel, int first_column, int columns,
                      const Output& output) const;
  bool is_gated() const { return parts_.activation && parts_.matrices.size() == 2; }
  void norm(const float* x, float* normed) const;
  void activate(float* gates, const float* ups, int count) const;
  void activate_group(int group, const ColumnBlock* panel, int first_column, int columns,
                      const Output& output) const;

  ProductTeam& team_;
  ProductParts parts_;
  RoundColumnKernel round_;
};

}  // namespace hotset
