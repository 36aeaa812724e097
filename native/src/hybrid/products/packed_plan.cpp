#include "hybrid/products/packed_plan.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "gguf/fingerprint.h"
#include "kernels/row_groups.h"

namespace hotset {
namespace {

constexpr std::size_t kBehind = std::size_t{8} << 10U;
/// Groups of a piece.
constexpr int kPiece = 16;

int groups_of(const PackedMatrix& matrix) { return (matrix.rows + kGroupRows - 1) / kGroupRows; }

template <typename T>
std::uint64_t hashed(const T& value, std::uint64_t hash) {
  return fnv1a(std::as_bytes(std::span(&value, 1)), hash);
}

std::uint64_t hashed(const PackedMatrix& matrix, std::uint64_t hash) {
  hash = fnv1a(std::as_bytes(std::span(matrix.name)), hash);
  for (const std::size_t value :
       {static_cast<std::size_t>(matrix.type), static_cast<std::size_t>(matrix.rows),
        static_cast<std::size_t>(matrix.length), matrix.place, matrix.stride}) {
    hash = hashed(std::uint64_t{value}, hash);
  }
  if (matrix.part != GroupPart::kWhole) hash = hashed(static_cast<std::uint64_t>(matrix.part), hash);
  return hash;
}

}  // namespace

std::vector<PackedMatrix> PackedPlan::add(const std::vector<std::string>& names, bool in_turns) {
  const std::size_t first = streams_.size();
  if (in_turns) {
    add_stream(names);
  } else {
    for (const std::string& name : names) add_stream({name});
  }
  std::vector<PackedMatrix> added;
  for (std::size_t i = first; i < streams_.size(); ++i) {
    added.insert(added.end(), streams_[i].matrices.begin(), streams_[i].matrices.end());
  }
  return added;
}

PackedPlan::PackedPlanes PackedPlan::add_planes(const std::string& name) {
  PackedMatrix coarse = add_stream({name}, GroupPart::kCoarse).matrices.front();
  return {.coarse = std::move(coarse), .fine = add_stream({name}, GroupPart::kFine).matrices.front()};
}

const PackedPlan::Stream& PackedPlan::add_stream(const std::vector<std::string>& names, GroupPart part) {
  Stream stream{.matrices = {}, .groups = 0, .place = size_, .stride = 0};
  for (const std::string& name : names) {
    const TensorInfo& info = model_.tensors.at(name);
    stream.matrices.push_back({.name = name,
                               .type = info.type,
                               .rows = static_cast<int>(info.shape[1]),
                               .length = static_cast<int>(info.shape[0]),
                               .place = size_ + stream.stride,
                               .stride = 0,
                               .part = part});
    stream.stride += part_bytes(part, info.type, static_cast<int>(info.shape[0]));
  }
  for (PackedMatrix& matrix : stream.matrices) matrix.stride = stream.stride;
  stream.groups = groups_of(stream.matrices.front());
  size_ += stream.stride * static_cast<std::size_t>(stream.groups);
  streams_.push_back(std::move(stream));
  return streams_.back();
}

std::size_t PackedPlan::bytes() const { return size_ + kBehind; }

std::string PackedPlan::fingerprint() const {
  std::uint64_t hash = fnv1a({});
  for (const Stream& stream : streams_) {
    for (const PackedMatrix& matrix : stream.matrices) hash = hashed(matrix, hash);
  }
  return hexadecimal(hash);
}

std::vector<PackedPlan::Piece> PackedPlan::pieces() const {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const Stream& stream = streams_[i];
    for (int group = 0; group < stream.groups; group += kPiece) {
      const Range groups{.begin = group, .end = std::min(stream.groups, group + kPiece)};
      pieces.push_back({.stream = i,
                        .groups = groups,
                        .place = stream.place + stream.stride * static_cast<std::size_t>(groups.begin),
                        .bytes = stream.stride * static_cast<std::size_t>(groups.end - groups.begin)});
    }
  }
  return pieces;
}

void PackedPlan::pack(const Piece& piece, const MatrixSource& source, std::byte* out) const {
  const Stream& stream = streams_[piece.stream];
  for (const PackedMatrix& matrix : stream.matrices) {
    pack_groups(matrix.type, source(matrix.name), matrix.rows, matrix.length, piece.groups,
                out + (matrix.place - stream.place), matrix.stride, matrix.part);
  }
}

}  // namespace hotset
