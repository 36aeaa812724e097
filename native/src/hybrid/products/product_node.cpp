#include "hybrid/products/product_node.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "runtime/node_parts.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

enum Source { kInput, kResidual };

/// Groups to the smallest piece of work: some microseconds of reading.
constexpr int kSmallestPiece = 4;
/// Panels that stay in a core's second-level cache while rows go by.
constexpr std::size_t kCachedPanelBytes = std::size_t{384} << 10U;
/// Whose columns take most room.
constexpr Rounding kWidest = Rounding::kHalf;

using GroupProducts = std::array<float, static_cast<std::size_t>(kPanelColumns* kGroupRows)>;

/// In place of up where neurons have no gate.
constexpr std::array<float, static_cast<std::size_t>(kGroupRows)> kOnes = [] {
  std::array<float, static_cast<std::size_t>(kGroupRows)> ones{};
  ones.fill(1.0F);
  return ones;
}();

/// gates[i] becomes gelu(gates[i]) * ups[i]. With tanh, gelu(x) is x times the logistic function of
/// y = sqrt(8/pi) (x + 0.044715 x^3), and so silu(y) times x/y, a quotient without a zero below.
/// Precondition: count is a multiple of kGroupRows, and at most that of GroupProducts.
void multiply_gelu(SiluKernel silu, float* gates, const float* ups, int count) {
  GroupProducts factors;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const float quotient = 1.59576912F * (1.0F + 0.044715F * gates[i] * gates[i]);
    factors[i] = ups[i] / quotient;
    gates[i] *= quotient;
  }
  silu(gates, factors.data(), count, gates);
}

float root_mean_square(const float* x, int length, float epsilon) {
  // Several sums, so that no addition waits for the last one; in double precision, as ggml adds up.
  std::array<double, 8> sums{};
  const auto count = static_cast<std::size_t>(length);
  for (std::size_t i = 0; i + sums.size() <= count; i += sums.size()) {
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += static_cast<double>(x[i + j] * x[i + j]);
  }
  const double sum = std::accumulate(sums.begin(), sums.end(), 0.0);
  return std::sqrt(static_cast<float>(sum / length) + epsilon);
}

const float* column_of(const ggml_tensor& tensor, int column) {
  const auto* first = static_cast<const std::byte*>(tensor.data);
  return reinterpret_cast<const float*>(first + tensor.nb[1] * static_cast<std::size_t>(column));
}

/// The first cache line in a tensor of bytes that is long enough for one more.
ColumnBlock* blocks_in(const ggml_tensor& tensor) {
  void* address = tensor.data;
  std::size_t space = ggml_nbytes(&tensor);
  return static_cast<ColumnBlock*>(std::align(alignof(ColumnBlock), sizeof(ColumnBlock), address, space));
}

}  // namespace

/// Where a node's products go.
struct ProductNode::Output {
  ggml_tensor* product;
  const ggml_tensor* residual;  ///< null: none

  float* at(int column, int row) const {
    return static_cast<float*>(product->data) + product->ne[0] * column + row;
  }
};

ProductTeam::ProductTeam(KernelChoice choice, int threads, int longest)
    : kernel(choice),
      silu(silu_kernel(choice)),
      scratch(static_cast<std::size_t>(threads)),
      schedule(kSmallestPiece) {
  for (Scratch& own : scratch) {
    own.panel.resize(ColumnPanels::blocks(kPanelColumns, longest, kWidest));
    own.normed.resize(static_cast<std::size_t>(longest));
  }
}

ProductNode::ProductNode(ProductTeam& team, ProductParts parts)
    : team_(team), parts_(std::move(parts)), round_(round_column_kernel(team.kernel, rounding())) {}

std::unique_ptr<ProductNode> ProductNode::without_norm() const {
  ProductParts parts = parts_;
  parts.norm = nullptr;
  return std::make_unique<ProductNode>(team_, std::move(parts));
}

int ProductNode::rows() const {
  if (is_gated()) return parts_.matrices.front().rows();
  return std::accumulate(parts_.matrices.begin(), parts_.matrices.end(), 0,
                         [](int sum, const RowMatrix& matrix) { return sum + matrix.rows(); });
}

int ProductNode::groups() const {
  if (is_gated()) return parts_.matrices.front().groups();
  return std::accumulate(parts_.matrices.begin(), parts_.matrices.end(), 0,
                         [](int sum, const RowMatrix& matrix) { return sum + matrix.groups(); });
}

ggml_tensor* ProductNode::build(ggml_context* context, ggml_tensor* input, ggml_tensor* residual) const {
  // ggml's interface has no const.
  auto* self = const_cast<ProductNode*>(this);
  const std::int64_t tokens = input->ne[1];
  if (tokens > kPanelColumns) {
    const std::size_t blocks = ColumnPanels::blocks(static_cast<int>(tokens), length(), rounding()) + 1;
    input = ggml_custom_4d(context, GGML_TYPE_I8, static_cast<std::int64_t>(blocks * sizeof(ColumnBlock)), 1,
                           1, 1, &input, 1, in_parts<round_columns>, GGML_N_TASKS_MAX, self);
  }
  std::array sources = {input, residual};
  return ggml_custom_4d(context, GGML_TYPE_F32, rows(), tokens, 1, 1, sources.data(),
                        residual == nullptr ? 1 : 2, in_parts<multiply>, GGML_N_TASKS_MAX, self);
}

void ProductNode::round_columns(ggml_tensor* panels, int thread, int threads, void* self) {
  const NodeVisit visit;
  const auto& own = *static_cast<const ProductNode*>(self);
  const ggml_tensor& input = *panels->src[kInput];
  const auto tokens = static_cast<int>(input.ne[1]);
  const ColumnPanels all(blocks_in(*panels), tokens, own.length(), own.rounding());
  const Range columns = share(tokens, {.thread = thread, .threads = threads});
  for (int column = columns.begin; column < columns.end; ++column) {
    own.round_column(input, column, all, own.team_.scratch[static_cast<std::size_t>(thread)]);
  }
}

void ProductNode::round_column(const ggml_tensor& input, int column, const ColumnPanels& panels,
                               ProductTeam::Scratch& scratch) const {
  const float* x = column_of(input, column);
  if (parts_.norm != nullptr) {
    norm(x, scratch.normed.data());
    x = scratch.normed.data();
  }
  panels.round(round_, column, x);
}

void ProductNode::norm(const float* x, float* normed) const {
  const auto count = static_cast<std::size_t>(length());
  const float* weights = parts_.norm;
  if (parts_.norm_kind == Norm::kRootMeanSquare) {
    const float scale = 1.0F / root_mean_square(x, length(), parts_.epsilon);
    for (std::size_t i = 0; i < count; ++i) normed[i] = x[i] * scale * weights[i];
    return;
  }
  const auto mean = static_cast<float>(std::accumulate(x, x + count, 0.0) / length());
  for (std::size_t i = 0; i < count; ++i) normed[i] = x[i] - mean;
  const float scale = 1.0F / root_mean_square(normed, length(), parts_.epsilon);
  for (std::size_t i = 0; i < count; ++i) normed[i] = normed[i] * scale * weights[i] + parts_.norm_bias[i];
}

/// The columns of a product: a node has rounded them, or it is done here.
ColumnPanels ProductNode::columns_of(const ggml_tensor& product, ProductTeam::Scratch& scratch) const {
  const ggml_tensor& input = *product.src[kInput];
  const auto tokens = static_cast<int>(product.ne[1]);
  if (input.type == GGML_TYPE_I8) return {blocks_in(input), tokens, length(), rounding()};
  const ColumnPanels panels(scratch.panel.data(), tokens, length(), rounding());
  round_all(input, panels, scratch);
  return panels;
}

void ProductNode::round_all(const ggml_tensor& input, const ColumnPanels& panels,
                            ProductTeam::Scratch& scratch) const {
  const auto columns = static_cast<int>(input.ne[1]);
  for (int column = 0; column < columns; ++column) round_column(input, column, panels, scratch);
}

void ProductNode::multiply(ggml_tensor* product, int thread, int threads, void* self) {
  const NodeVisit visit;
  const auto& own = *static_cast<const ProductNode*>(self);
  const ColumnPanels panels = own.columns_of(*product, own.team_.scratch[static_cast<std::size_t>(thread)]);
  const std::size_t panel_bytes =
      ColumnPanels::blocks(kPanelColumns, own.length(), own.rounding()) * sizeof(ColumnBlock);
  const int at_once = std::max(1, static_cast<int>(kCachedPanelBytes / panel_bytes));
  const Output output{.product = product, .residual = product->src[kResidual]};
  own.team_.schedule.each(own.groups(), threads, [&](Range groups) {
    for (int panel = 0; panel < panels.count(); panel += at_once) {
      own.multiply_groups(groups, panels, {.begin = panel, .end = std::min(panels.count(), panel + at_once)},
                          output);
    }
  });
}

/// The groups' products with some of the panels.
void ProductNode::multiply_groups(Range groups, const ColumnPanels& panels, Range some,
                                  const Output& output) const {
  for (int group = groups.begin; group < groups.end; ++group) {
    for (int panel = some.begin; panel < some.end; ++panel) {
      const int first = panel * kPanelColumns;
      if (is_gated()) {
        activate_group(group, panels.at(panel), first, panels.columns_of(panel), output);
      } else {
        multiply_group(group, panels.at(panel), first, panels.columns_of(panel), output);
      }
    }
  }
}

/// group: counted through all matrices.
void ProductNode::multiply_group(int group, const ColumnBlock* panel, int first_column, int columns,
                                 const Output& output) const {
  const RowMatrix* matrix = parts_.matrices.data();
  int first_row = 0;
  for (; group >= matrix->groups(); ++matrix) {
    group -= matrix->groups();
    first_row += matrix->rows();
  }
  GroupProducts products;
  matrix->multiply(group, panel, columns, products.data());
  first_row += group * kGroupRows;
  const int rows = matrix->rows_of(group);
  for (int c = 0; c < columns; ++c) {
    float* of_column = products.data() + std::ptrdiff_t{c} * kGroupRows;
    if (!parts_.bias.empty()) {
      const float* bias = parts_.bias.data() + first_row;
      for (int r = 0; r < rows; ++r) of_column[r] += bias[r];
    }
    if (parts_.activation) activate(of_column, kOnes.data(), kGroupRows);
    if (parts_.scale != 1.0F) {
      for (int r = 0; r < rows; ++r) of_column[r] *= parts_.scale;
    }
    if (output.residual != nullptr) {
      const float* residual = column_of(*output.residual, first_column + c) + first_row;
      for (int r = 0; r < rows; ++r) of_column[r] += residual[r];
    }
    std::copy_n(of_column, rows, output.at(first_column + c, first_row));
  }
}

/// gates[i] becomes the activation with ups[i]. Precondition: count is a multiple of kGroupRows.
void ProductNode::activate(float* gates, const float* ups, int count) const {
  if (parts_.activation == Activation::kSilu) {
    team_.silu(gates, ups, count, gates);
  } else if (parts_.activation == Activation::kGelu) {
    multiply_gelu(team_.silu, gates, ups, count);
  } else {
    const float least_up = parts_.activation == Activation::kDrelu ? 0.0F : -INFINITY;
    for (int i = 0; i < count; ++i) gates[i] = std::max(gates[i], 0.0F) * std::max(ups[i], least_up);
  }
}

void ProductNode::activate_group(int group, const ColumnBlock* panel, int first_column, int columns,
                                 const Output& output) const {
  GroupProducts gate;
  GroupProducts up;
  parts_.matrices[0].multiply(group, panel, columns, gate.data());
  parts_.matrices[1].multiply(group, panel, columns, up.data());
  activate(gate.data(), up.data(), columns * kGroupRows);
  for (int c = 0; c < columns; ++c) {
    std::copy_n(gate.data() + std::ptrdiff_t{c} * kGroupRows, parts_.matrices[0].rows_of(group),
                output.at(first_column + c, group * kGroupRows));
  }
}

}  // namespace hotset
