#include "hybrid/products/head_node.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "runtime/node_parts.h"
#include "runtime/node_visit.h"

namespace hotset {
namespace {

using GroupProducts = std::array<float, static_cast<std::size_t>(kPanelColumns* kGroupRows)>;

constexpr float kLowest = -std::numeric_limits<float>::infinity();
/// Passes that tell whether planes pay: what decides is how far the model's logits lie apart.
constexpr std::uint64_t kTrialPasses = 8;

/// Of column `column` of a panel as it was rounded, rounded up.
float length_of(const ColumnBlock* panel, int column, int columns, int length) {
  double sum = 0.0;
  for (int block = 0; block < length / ColumnBlock::kValues; ++block) {
    const ColumnBlock& values = panel[std::ptrdiff_t{block} * columns + column];
    int squares = 0;
    for (const std::int8_t level : values.levels) squares += int{level} * level;
    sum += static_cast<double>(values.scale) * values.scale * squares;
  }
  return static_cast<float>(std::sqrt(sum) * (1.0 + 1e-6));
}

/// What no exact logit is above, with room for what this sum itself is rounded by.
float end_of(float coarse, float error) { return coarse + error + (std::abs(coarse) + error) * 0x1p-22F; }

/// What no logit may be below to be as high as `logit`: less by what rounding the other side of the
/// comparison can do.
float less_rounding(float logit) { return logit - std::abs(logit) * 0x1p-20F; }

/// Whether a logit that is not above `end` may be as high as `least`: also where one is no number.
bool may_be(float end, float least) { return !(end < least); }

float* column_of(float* logits, int rows, int column) { return logits + std::ptrdiff_t{rows} * column; }

}  // namespace

HeadNode::HeadNode(const ProductNode& whole, RowMatrix matrix, ProductTeam& team)
    : whole_(whole), matrix_(matrix), team_(team) {
  state_.parts.resize(team.scratch.size());
  for (Part& part : state_.parts) {
    part.panel.resize(ColumnPanels::blocks(kPanelColumns, matrix.length(), matrix.rounding()));
  }
  state_.ends.resize(static_cast<std::size_t>(kPanelColumns) * static_cast<std::size_t>(matrix.groups()));
}

ggml_tensor* HeadNode::build(ggml_context* context, ggml_tensor* input) const {
  // ggml's interface has no const.
  auto* self = const_cast<HeadNode*>(this);
  ggml_tensor* coarse = ggml_custom_4d(context, GGML_TYPE_F32, matrix_.rows(), input->ne[1], 1, 1, &input, 1,
                                       in_parts<multiply_coarse>, GGML_N_TASKS_MAX, self);
  ggml_set_output(coarse);
  return ggml_custom_inplace(context, coarse, nullptr, 0, in_parts<settle>, GGML_N_TASKS_MAX, self);
}

void HeadNode::multiply_coarse(ggml_tensor* logits, int thread, int threads, void* self) {
  const NodeVisit visit;
  const auto& own = *static_cast<const HeadNode*>(self);
  const auto place = static_cast<std::size_t>(thread);
  Part& part = own.state_.parts[place];
  const ggml_tensor& input = *logits->src[0];
  const auto columns = static_cast<int>(input.ne[1]);
  const int length = own.matrix_.length();
  own.whole_.round_all(input, {part.panel.data(), columns, length, own.matrix_.rounding()},
                       own.team_.scratch[place]);
  part.by_planes = own.pays();
  part.best.assign(static_cast<std::size_t>(columns), {.logit = kLowest, .group = 0});
  part.lengths.clear();
  for (int column = 0; column < columns; ++column) {
    part.lengths.push_back(length_of(part.panel.data(), column, columns, length));
  }
  own.team_.schedule.each(own.matrix_.groups(), threads, [&](Range groups) {
    own.multiply_coarse(groups, part, static_cast<float*>(logits->data));
  });
}

void HeadNode::multiply_coarse(Range groups, Part& part, float* logits) const {
  const auto columns = static_cast<int>(part.lengths.size());
  for (int group = groups.begin; group < groups.end; ++group) {
    GroupProducts products;
    if (part.by_planes) {
      matrix_.multiply_coarse(group, part.panel.data(), columns, products.data());
    } else {
      matrix_.multiply(group, part.panel.data(), columns, products.data());
    }
    const float* errors = matrix_.errors(group);
    const int rows = matrix_.rows_of(group);
    for (int c = 0; c < columns; ++c) {
      const float* of_column = products.data() + std::ptrdiff_t{c} * kGroupRows;
      const auto place = static_cast<std::size_t>(c);
      float highest = kLowest;
      float end = kLowest;
      for (int r = 0; r < rows; ++r) {
        highest = std::max(highest, of_column[r]);
        if (part.by_planes) end = std::max(end, end_of(of_column[r], errors[r] * part.lengths[place]));
      }
      state_.ends[place * static_cast<std::size_t>(matrix_.groups()) + static_cast<std::size_t>(group)] = end;
      if (highest > part.best[place].logit) part.best[place] = {.logit = highest, .group = group};
      std::copy_n(of_column, rows, column_of(logits, matrix_.rows(), c) + std::ptrdiff_t{group} * kGroupRows);
    }
  }
}

float HeadNode::highest_exact(int column, int group, const Part& part) const {
  GroupProducts products;
  matrix_.multiply(group, part.panel.data(), static_cast<int>(part.lengths.size()), products.data());
  const float* of_column = products.data() + std::ptrdiff_t{column} * kGroupRows;
  return *std::max_element(of_column, of_column + matrix_.rows_of(group));
}

/// Every thread for itself.
void HeadNode::find_least(int threads, std::vector<float>& least) const {
  const Part& any = state_.parts.front();
  least.clear();
  for (std::size_t column = 0; column < any.lengths.size(); ++column) {
    Best best = any.best[column];
    for (int thread = 1; thread < threads; ++thread) {
      const Best other = state_.parts[static_cast<std::size_t>(thread)].best[column];
      // The first of equal ones, whoever computed them.
      if (other.logit > best.logit || (other.logit == best.logit && other.group < best.group)) best = other;
    }
    least.push_back(less_rounding(highest_exact(static_cast<int>(column), best.group, any)));
  }
}

void HeadNode::settle(ggml_tensor* logits, int thread, int threads, void* self) {
  const NodeVisit visit;
  const auto& own = *static_cast<const HeadNode*>(self);
  std::vector<float> least;
  own.find_least(threads, least);
  Part& part = own.state_.parts[static_cast<std::size_t>(thread)];
  const auto columns = static_cast<int>(least.size());
  own.team_.schedule.each(own.matrix_.groups(), threads, [&](Range groups) {
    for (int group = groups.begin; group < groups.end; ++group) {
      const auto is_open = [&](int c) {
        return may_be(own.end(c, group), least[static_cast<std::size_t>(c)]);
      };
      int first = 0;
      while (first < columns && !is_open(first)) ++first;
      if (first == columns) continue;
      GroupProducts products;
      own.matrix_.multiply(group, part.panel.data(), columns, products.data());
      if (columns == 1 && part.by_planes) ++part.exact;
      for (int c = first; c < columns; ++c) {
        if (!is_open(c)) continue;
        std::copy_n(products.data() + std::ptrdiff_t{c} * kGroupRows, own.matrix_.rows_of(group),
                    column_of(static_cast<float*>(logits->data), own.matrix_.rows(), c) +
                        std::ptrdiff_t{group} * kGroupRows);
      }
    }
  });
  if (thread > 0) return;
  own.state_.least = std::move(least);
  if (columns == 1 && part.by_planes) ++own.state_.passes;
}

void HeadNode::settle_among(int column, std::span<const std::int32_t> some, float* logits) const {
  const Part& part = state_.parts.front();
  const auto columns = static_cast<int>(part.lengths.size());
  const auto at = [logits](std::int32_t row) -> float& { return logits[row]; };
  const auto settle_group = [&](int group) {
    GroupProducts products;
    matrix_.multiply(group, part.panel.data(), columns, products.data());
    std::copy_n(products.data() + std::ptrdiff_t{column} * kGroupRows, matrix_.rows_of(group),
                logits + std::ptrdiff_t{group} * kGroupRows);
  };
  const std::int32_t best = *std::ranges::max_element(some, {}, at);
  settle_group(best / kGroupRows);
  const float least = less_rounding(at(best));
  std::vector<bool> is_settled(static_cast<std::size_t>(matrix_.groups()));
  for (const std::int32_t row : some) {
    const int group = row / kGroupRows;
    const auto place = static_cast<std::size_t>(group);
    if (is_settled[place] || !may_be(end(column, group), least)) continue;
    settle_group(group);
    is_settled[place] = true;
  }
}

bool HeadNode::pays() const { return state_.passes < kTrialPasses || left_out_by_planes() > 0.0; }

double HeadNode::bytes_left_out() const { return pays() ? left_out_by_planes() : 0.0; }

double HeadNode::left_out_by_planes() const {
  if (state_.passes == 0) return 0.0;
  const auto exact = std::accumulate(state_.parts.begin(), state_.parts.end(), std::uint64_t{0},
                                     [](std::uint64_t sum, const Part& part) { return sum + part.exact; });
  const double again = static_cast<double>(exact) / static_cast<double>(state_.passes);
  const auto [coarse, fine] = matrix_.group_planes_bytes();
  return static_cast<double>(fine) * matrix_.groups() - static_cast<double>(coarse + fine) * again;
}

int HeadNode::exact_groups(int column) const {
  int count = 0;
  for (int group = 0; group < matrix_.groups(); ++group) {
    if (may_be(end(column, group), state_.least[static_cast<std::size_t>(column)])) ++count;
  }
  return count;
}

}  // namespace hotset
