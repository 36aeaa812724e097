// Which matrices of a model are packed in row groups (kernels/row_groups.h), and where each lies in one piece
// of memory.
#pragma once

#include <ggml.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/weights/row_matrix.h"
#include "runtime/shares.h"

namespace hotset {

struct PackedMatrix {
  std::string name;
  ggml_type type;
  int rows;
  int length;
  std::size_t place;   ///< of its first group in the memory
  std::size_t stride;  ///< from one group to the next
  GroupPart part = GroupPart::kWhole;
};

/// A matrix's bytes as the model's file has them.
using MatrixSource = std::function<const std::byte*(const std::string& name)>;

class PackedPlan {
 public:
  explicit PackedPlan(const ModelFile& model) : model_(model) {}

  /// Plans matrices of the model and returns them. Their groups lie one behind the other, or, in turns, the
  /// first groups of all, then the second ones, so that they are one stream.
  /// Precondition: they can_be_row_matrices(); in turns, of as many rows.
  std::vector<PackedMatrix> add(const std::vector<std::string>& names, bool in_turns);

  struct PackedPlanes {
    PackedMatrix coarse;
    PackedMatrix fine;
  };

  /// Plans a matrix in two planes, one behind the other. Precondition: can_split().
  PackedPlanes add_planes(const std::string& name);

  /// Of the memory. What kernels may ask for behind the last group, though they read nothing there, is in it.
  std::size_t bytes() const;

  /// 16 hexadecimal digits, of everything that decides what stands where.
  std::string fingerprint() const;

  /// A run of the memory that is packed in one go.
  struct Piece {
    std::size_t stream;
    Range groups;
    std::size_t place;  ///< a multiple of 64 bytes
    std::size_t bytes;
  };

  /// All of them, each where the one before ends.
  std::vector<Piece> pieces() const;

  /// Writes the piece to `out`: [piece.bytes], aligned to 64 bytes.
  void pack(const Piece& piece, const MatrixSource& source, std::byte* out) const;

 private:
  /// Matrices whose groups take turns, or one.
  struct Stream {
    std::vector<PackedMatrix> matrices;
    int groups;
    std::size_t place;
    std::size_t stride;
  };

  const Stream& add_stream(const std::vector<std::string>& names, GroupPart part = GroupPart::kWhole);

  const ModelFile& model_;
  std::vector<Stream> streams_;
  std::size_t size_ = 0;
};

}  // namespace hotset
