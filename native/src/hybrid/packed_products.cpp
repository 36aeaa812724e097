#include "hybrid/packed_products.h"

#include <algorithm>
#include <array>

#include "runtime/node_visit.h"

namespace hotset {
namespace {

constexpr std::array kNames = {"attn_q.weight", "attn_k.weight", "attn_v.weight", "attn_output.weight"};
// What the processor's caches hold is read no faster in another form.
constexpr std::uint64_t kSmallMatrix = 1ULL << 20U;

/// Rows that packing rearranges, and of the others those that ggml reads well below the memory's speed.
bool gains(const TensorInfo& tensor) {
  const bool faster = tensor.type == GGML_TYPE_Q4_0 || tensor.type == GGML_TYPE_Q8_0;
  return faster && tensor.size >= kSmallMatrix;
}

std::string head_of(const ModelFile& model) {
  constexpr const char* kOutput = "output.weight";
  return model.tensors.contains(kOutput) ? kOutput : "token_embd.weight";
}

std::string prefix_of(int layer) { return "blk." + std::to_string(layer) + "."; }

}  // namespace

std::uint64_t PackedProducts::bytes(const ModelFile& model) {
  std::uint64_t bytes = 0;
  const auto count = [&](const std::string& name) {
    const auto found = model.tensors.find(name);
    if (found != model.tensors.end() && gains(found->second)) bytes += found->second.size;
  };
  for (int layer = 0; layer < model.layers; ++layer) {
    for (const char* name : kNames) count(prefix_of(layer) + name);
  }
  count(head_of(model));
  return bytes;
}

PackedProducts::PackedProducts(const ModelFile& model, const Layout& layout, const Weights& weights,
                               KernelChoice kernel, int threads)
    : kernel_(kernel),
      operands_(static_cast<std::size_t>(threads),
                Operand(std::max(model.embedding_length, model.heads * model.value_length))) {
  for (int layer = 0; layer < model.layers; ++layer) {
    if (layout.attention(layer) == Device::kGpu) continue;
    const LayerWeights& of_layer = weights.layers[static_cast<std::size_t>(layer)];
    const std::array tensors = {of_layer.query, of_layer.key, of_layer.value, of_layer.attention_output};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      add(model, prefix_of(layer) + kNames[i], tensors[i], weights);
    }
  }
  if (layout.head() == Device::kCpu) add(model, head_of(model), weights.head, weights);
}

void PackedProducts::add(const ModelFile& model, const std::string& name, const ggml_tensor* tensor,
                         const Weights& weights) {
  const auto found = model.tensors.find(name);
  if (tensor == nullptr || found == model.tensors.end() || !gains(found->second)) return;
  const TensorInfo& info = found->second;
  const std::byte* source = weights.file_bytes(name);
  const auto columns = static_cast<int>(info.shape[0]);
  const auto rows = static_cast<std::size_t>(info.shape[1]);
  const std::size_t packed = packed_row_bytes(info.type, columns);
  const std::size_t stored = ggml_row_size(info.type, columns);
  auto matrix = std::make_unique<Matrix>(Matrix{.type = info.type,
                                                .rows = static_cast<int>(rows),
                                                .columns = columns,
                                                .memory = LargeMemory(packed * rows),
                                                .row = std::vector<const std::byte*>(rows),
                                                .round = round_kernel(kernel_, rounding_for(info.type)),
                                                .dot = dot_kernel(kernel_, info.type),
                                                .operands = &operands_,
                                                .schedule = &schedule_});
  for (std::size_t row = 0; row < rows; ++row) {
    std::byte* target = matrix->memory.bytes().data() + packed * row;
    pack_row(info.type, source + stored * row, columns, target);
    matrix->row[row] = target;
  }
  matrices_.emplace(tensor, std::move(matrix));
}

ggml_tensor* PackedProducts::build(ggml_context* context, ggml_tensor* matrix, ggml_tensor* input) {
  const auto found = matrices_.find(matrix);
  if (found == matrices_.end()) return nullptr;
  return ggml_custom_4d(context, GGML_TYPE_F32, found->second->rows, 1, 1, 1, &input, 1, multiply,
                        GGML_N_TASKS_MAX, found->second.get());
}

void PackedProducts::multiply(ggml_tensor* product, int thread, int threads, void* matrix) {
  const NodeVisit visit;
  const auto& own = *static_cast<const Matrix*>(matrix);
  Operand& operand = (*own.operands)[static_cast<std::size_t>(thread)];
  own.round(static_cast<const float*>(product->src[0]->data), own.columns, operand);
  own.schedule->each(own.rows, threads, [&](Range rows) {
    own.dot(own.row.data() + rows.begin, rows.end - rows.begin, operand, own.columns,
            static_cast<float*>(product->data) + rows.begin);
  });
}

}  // namespace hotset
