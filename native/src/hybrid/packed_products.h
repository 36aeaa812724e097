// Products of attention's matrices and the head with one token's vector, over rows in the form that our
// kernels read from memory fastest (kernels/packing.h). Prompts go through ggml, whose own rearranged
// matrices serve many tokens at once: the packed rows are a second copy, for decoding.
#pragma once

#include <ggml.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gguf/model_file.h"
#include "hybrid/guided_schedule.h"
#include "hybrid/large_memory.h"
#include "hybrid/weights.h"
#include "kernels/kernels.h"

namespace hotset {

class PackedProducts {
 public:
  /// Bytes of the second copy, were the whole model the CPU's.
  static std::uint64_t bytes(const ModelFile& model);

  /// Copies those matrices of `weights` that gain by it and that the CPU multiplies with. Both must outlive
  /// this.
  PackedProducts(const ModelFile& model, const Layout& layout, const Weights& weights, KernelChoice kernel,
                 int threads);

  /// The product of `matrix` [columns, rows] and `input` F32 [columns, 1], F32 [rows, 1]; null where the
  /// matrix has no copy. The graph must not outlive this.
  ggml_tensor* build(ggml_context* context, ggml_tensor* matrix, ggml_tensor* input);

 private:
  /// What a node hands to the function that computes it; its address stays the same.
  struct Matrix {
    ggml_type type;
    int rows;
    int columns;
    LargeMemory memory;
    std::vector<const std::byte*> row;  ///< [rows]
    RoundKernel round;
    DotKernel dot;
    std::vector<Operand>* operands;
    GuidedSchedule* schedule;
  };

  /// Does nothing for a matrix that is not there or gains nothing.
  void add(const ModelFile& model, const std::string& name, const ggml_tensor* tensor,
           const Weights& weights);
  static void multiply(ggml_tensor* product, int thread, int threads, void* matrix);

  KernelChoice kernel_;
  std::vector<Operand> operands_;  ///< one for each thread
  GuidedSchedule schedule_;
  std::map<const ggml_tensor*, std::unique_ptr<Matrix>> matrices_;
};

}  // namespace hotset
