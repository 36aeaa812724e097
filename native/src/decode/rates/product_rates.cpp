#include "decode/rates/product_rates.h"

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "hybrid/products/head_node.h"
#include "hybrid/products/product_node.h"
#include "kernels/kernels.h"
#include "runtime/parallel.h"

namespace hotset {
namespace {

/// What one column meets, one behind the other: all of the rows.
constexpr int kPieces = 8;
/// What a prompt's columns meet: so many matrices, which lie in main memory as a model's do.
constexpr int kPromptPieces = 32;
constexpr int kPromptRows = 2048;
/// A chunk of a prompt that takes a tenth of a second has no fewer; a processor multiplies more hardly
/// faster.
constexpr int kPromptColumns = 32;

std::vector<std::byte> random_rows(ggml_type type) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0.0F, 0.02F);
  std::vector<float> values(std::size_t{kGroupRows} * Rows::kLength);
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  std::vector<std::byte> rows(ggml_row_size(type, Rows::kLength) * kGroupRows);
  ggml_quantize_chunk(type, values.data(), rows.data(), 0, kGroupRows, Rows::kLength, nullptr);
  return rows;
}

/// Seconds of one of them, in turns; with many columns, without rounding these.
double product_seconds(const std::vector<RowMatrix>& matrices, int columns, Processor& processor) {
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, Rows::kLength);
  ggml_tensor* x = measured.input(Rows::kLength, columns);
  std::vector<std::unique_ptr<ProductNode>> nodes;
  std::vector<ggml_tensor*> products;
  for (const RowMatrix& matrix : matrices) {
    nodes.push_back(std::make_unique<ProductNode>(team, ProductParts{.matrices = {matrix}}));
    products.push_back(nodes.back()->build(measured.context(), x, nullptr));
    if (products.back()->src[0] != x) measured.settle(processor.cpu, products.back()->src[0]);
  }
  return measured.seconds(processor.cpu, products);
}

double choice_seconds(const std::vector<RowMatrix>& matrices, Processor& processor) {
  const Measured measured;
  ProductTeam team(processor.kernel, processor.threads, Rows::kLength);
  ggml_tensor* x = measured.input(Rows::kLength, 1);
  std::vector<std::unique_ptr<ProductNode>> wholes;
  std::vector<std::unique_ptr<HeadNode>> heads;
  std::vector<ggml_tensor*> coarse;
  for (const RowMatrix& matrix : matrices) {
    wholes.push_back(std::make_unique<ProductNode>(team, ProductParts{.matrices = {matrix}}));
    heads.push_back(std::make_unique<HeadNode>(*wholes.back(), matrix, team));
    coarse.push_back(heads.back()->build(measured.context(), x)->src[0]);
  }
  return measured.seconds(processor.cpu, coarse);
}

/// `count` matrices, evenly spread over all rows.
std::vector<RowMatrix> pieces_of(const Rows& rows, int count, int rows_of_each, KernelChoice kernel) {
  std::vector<RowMatrix> pieces;
  pieces.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    pieces.push_back(rows.matrix(i * (rows.groups() / count), rows_of_each, kernel));
  }
  return pieces;
}

int rows_of_piece(const Rows& rows) { return rows.groups() / kPieces * kGroupRows; }

double piece_bytes(const Rows& rows) {
  return static_cast<double>(ggml_row_size(rows.type(), Rows::kLength)) * rows_of_piece(rows);
}

std::vector<RowMatrix> all_pieces(const Rows& rows, KernelChoice kernel) {
  return pieces_of(rows, kPieces, rows_of_piece(rows), kernel);
}

}  // namespace

void Rows::fill(ggml_type type, GroupPart part, int threads) {
  type_ = type;
  part_ = part;
  stride_ = part_bytes(part, type, kLength);
  groups_ = static_cast<int>(kReadBytes / stride_);
  const std::vector<std::byte> source = random_rows(type);
  std::byte* first = memory_.bytes().data();
  pack_groups(type, source.data(), kGroupRows, kLength, {.begin = 0, .end = 1}, first, stride_, part);
  parallel_for(threads, static_cast<std::size_t>(groups_) - 1,
               [&](std::size_t i) { std::copy_n(first, stride_, first + stride_ * (i + 1)); });
}

RowMatrix Rows::matrix(int first, int rows, KernelChoice kernel) const {
  const std::byte* memory = memory_.bytes().data() + stride_ * static_cast<std::size_t>(first);
  if (part_ == GroupPart::kWhole) return {type_, rows, kLength, memory, stride_, kernel};
  return {type_, rows, kLength, {.memory = memory, .stride = stride_}, {}, kernel};
}

double bytes_per_second(const Rows& rows, Processor& processor) {
  return piece_bytes(rows) / product_seconds(all_pieces(rows, processor.kernel), 1, processor);
}

ProductRate product_rate(const Rows& rows, Processor& processor) {
  const double bytes = bytes_per_second(rows, processor);
  const double many = product_seconds(pieces_of(rows, kPromptPieces, kPromptRows, processor.kernel),
                                      kPromptColumns, processor);
  return {.type = rows.type(),
          .threads = processor.threads,
          .bytes_per_second = bytes,
          .choice_bytes_per_second = bytes,
          .products_per_second = static_cast<double>(kPromptRows) * Rows::kLength * kPromptColumns / many};
}

double choice_bytes_per_second(const Rows& rows, Processor& processor) {
  return piece_bytes(rows) / choice_seconds(all_pieces(rows, processor.kernel), processor);
}

}  // namespace hotset
