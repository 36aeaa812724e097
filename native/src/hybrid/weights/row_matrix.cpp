#include "hybrid/weights/row_matrix.h"

namespace hotset {

bool can_be_row_matrices(const ModelFile& model, const std::vector<std::string>& names) {
  const auto first = model.tensors.find(names.front());
  return first != model.tensors.end() && std::all_of(names.begin(), names.end(), [&](const auto& name) {
           const auto found = model.tensors.find(name);
           if (found == model.tensors.end()) return false;
           const TensorInfo& tensor = found->second;
           return can_group(tensor.type, static_cast<int>(tensor.shape[0])) &&
                  tensor.shape[0] == first->second.shape[0] &&
                  rounding_for(tensor.type) == rounding_for(first->second.type);
         });
}

RowMatrix::RowMatrix(ggml_type type, int rows, int length, const std::byte* memory, std::size_t stride,
                     KernelChoice kernel)
    : type_(type),
      rows_(rows),
      length_(length),
      memory_(memory),
      stride_(stride),
      multiply_(group_kernel(kernel, type)) {}

RowMatrix::RowMatrix(ggml_type type, int rows, int length, Plane coarse, Plane fine, KernelChoice kernel)
    : type_(type),
      rows_(rows),
      length_(length),
      memory_(coarse.memory),
      stride_(coarse.stride),
      multiply_(coarse_kernel(kernel, type)),
      fine_(fine),
      multiply_planes_(planes_kernel(kernel, type)) {}

std::size_t part_bytes(GroupPart part, ggml_type type, int length) {
  if (part == GroupPart::kCoarse) return coarse_bytes(type, length);
  return part == GroupPart::kFine ? fine_bytes(type, length) : group_bytes(type, length);
}

void pack_groups(ggml_type type, const std::byte* source, int rows, int length, Range groups, std::byte* out,
                 std::size_t stride, GroupPart part) {
  const auto pack = part == GroupPart::kWhole    ? pack_group
                    : part == GroupPart::kCoarse ? pack_coarse
                                                 : pack_fine;
  const std::size_t row_bytes = ggml_row_size(type, length);
  for (int group = groups.begin; group < groups.end; ++group, out += stride) {
    const std::byte* first = source + row_bytes * static_cast<std::size_t>(group * kGroupRows);
    pack(type, first, rows_of_group(rows, group), length, out);
  }
}

int ColumnPanels::columns_of(int panel) const {
  return std::min(kPanelColumns, count_ - panel * kPanelColumns);
}

void ColumnPanels::round(RoundColumnKernel kernel, int column, const float* x) const {
  const int panel = column / kPanelColumns;
  kernel(x, length_, at(panel) + column % kPanelColumns, static_cast<std::size_t>(columns_of(panel)));
}

}  // namespace hotset
