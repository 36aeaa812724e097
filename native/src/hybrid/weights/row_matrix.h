// A matrix in row groups (kernels/row_groups.h), and the columns that it is multiplied with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "kernels/kernels.h"
#include "kernels/row_groups.h"
#include "kernels/row_planes.h"
#include "runtime/shares.h"

namespace hotset {

/// Whether these matrices of a model can be packed to be multiplied with the same columns: they are there,
/// and of one length and rounding.
bool can_be_row_matrices(const ModelFile& model, const std::vector<std::string>& names);

/// Rows of a group that a matrix of so many has; all but the last group's are kGroupRows.
inline int rows_of_group(int rows, int group) { return std::min(kGroupRows, rows - group * kGroupRows); }

/// What of a matrix lies in a place: its groups, or a plane of them (kernels/row_planes.h).
enum class GroupPart { kWhole, kCoarse, kFine };

/// Bytes of a group's part.
std::size_t part_bytes(GroupPart part, ggml_type type, int length);

class RowMatrix {
 public:
  /// A matrix of [length, rows] whose group g is packed at memory + g * stride, stride a multiple of 64 bytes
  /// and at least group_bytes(). Reads some KiB behind the last group. Precondition: can_group().
  RowMatrix(ggml_type type, int rows, int length, const std::byte* memory, std::size_t stride,
            KernelChoice kernel);

  struct Plane {
    const std::byte* memory;
    std::size_t stride;
  };

  /// The same with its planes apart. Precondition: can_split().
  RowMatrix(ggml_type type, int rows, int length, Plane coarse, Plane fine, KernelChoice kernel);

  int rows() const { return rows_; }
  int length() const { return length_; }
  int groups() const { return (rows_ + kGroupRows - 1) / kGroupRows; }
  int rows_of(int group) const { return rows_of_group(rows_, group); }
  Rounding rounding() const { return rounding_for(type_); }

  /// See GroupKernel.
  void multiply(int group, const ColumnBlock* panel, int columns, float* products) const {
    if (multiply_planes_ == nullptr) {
      multiply_(at(group), length_, panel, columns, products);
    } else {
      multiply_planes_(at(group) + kErrorBytes, fine_at(group), length_, panel, columns, products);
    }
  }

  bool has_planes() const { return multiply_planes_ != nullptr; }

  struct PlaneBytes {
    std::size_t coarse;
    std::size_t fine;
  };

  /// Of a group. Precondition: has_planes().
  PlaneBytes group_planes_bytes() const { return {.coarse = stride_, .fine = fine_.stride}; }

  /// By the coarse plane alone. Precondition: has_planes().
  void multiply_coarse(int group, const ColumnBlock* panel, int columns, float* products) const {
    multiply_(at(group) + kErrorBytes, length_, panel, columns, products);
  }

  /// [kGroupRows], what products of the coarse plane differ from those of both by at most, by the column's
  /// length. Precondition: has_planes().
  const float* errors(int group) const { return reinterpret_cast<const float*>(at(group)); }

 private:
  const std::byte* at(int group) const { return memory_ + static_cast<std::size_t>(group) * stride_; }
  const std::byte* fine_at(int group) const {
    return fine_.memory + static_cast<std::size_t>(group) * fine_.stride;
  }

  ggml_type type_;
  int rows_;
  int length_;
  const std::byte* memory_;  ///< or the coarse plane
  std::size_t stride_;
  GroupKernel multiply_;  ///< or of the coarse plane
  Plane fine_ = {};
  PlanesKernel multiply_planes_ = nullptr;  ///< null: no planes
};

/// Packs some groups' part of a matrix that stands at `source` as ggml has it, the first of them to `out`,
/// each next one `stride` bytes behind.
void pack_groups(ggml_type type, const std::byte* source, int rows, int length, Range groups, std::byte* out,
                 std::size_t stride, GroupPart part = GroupPart::kWhole);

/// Columns rounded for products, in panels of kPanelColumns; the last panel has what is left.
class ColumnPanels {
 public:
  /// memory: [blocks()], of which all or none is written by others.
  ColumnPanels(ColumnBlock* memory, int count, int length, Rounding rounding)
      : memory_(memory), count_(count), length_(length), rounding_(rounding) {}

  static std::size_t blocks(int count, int length, Rounding rounding) {
    return static_cast<std::size_t>(count) * static_cast<std::size_t>(length / values_of_block(rounding));
  }

  int count() const { return (count_ + kPanelColumns - 1) / kPanelColumns; }
  int columns_of(int panel) const;
  ColumnBlock* at(int panel) const { return memory_ + blocks(panel * kPanelColumns, length_, rounding_); }

  /// Puts a column in its place. x: [length].
  void round(RoundColumnKernel kernel, int column, const float* x) const;

 private:
  ColumnBlock* memory_;
  int count_;
  int length_;
  Rounding rounding_;
};

}  // namespace hotset
