// The memory of a model's tensors: the mapped file itself, or buffers of several kinds that are filled from
// it.
#pragma once

#include <ggml-backend.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gguf/mapped_file.h"
#include "gguf/model_file.h"
#include "progress.h"
#include "runtime/handles.h"
#include "runtime/large_memory.h"

namespace hotset {

struct TensorShape {
  ggml_type type;
  std::int64_t columns;
  std::int64_t rows;
};

/// Says where a tensor's bytes stand; `scratch` is empty and may take them if they have to be made.
using TensorSource = std::function<const std::byte*(std::vector<std::byte>& scratch)>;

class WeightStore {
 public:
  /// `model` must outlive this. No memory is taken and the file not opened before load().
  explicit WeightStore(const ModelFile& model) : model_(model) {}

  /// A tensor that stays in the mapped file.
  ggml_tensor* add_mapped(const std::string& name, const TensorShape& shape);

  /// A tensor in a buffer of the given type.
  ggml_tensor* add(ggml_backend_buffer_type_t buffer_type, const std::string& name, const TensorShape& shape,
                   TensorSource source);

  /// Maps the file, allocates and fills every tensor. `gpu`: the buffer type that is a GPU's, or null. Throws
  /// Error kOutOfMemory where main memory is short, GpuError where the GPU's is.
  void load(ggml_backend_buffer_type_t gpu, const Progress& progress);

  /// Instead of load(): tensors look as if they had data, for graphs that are measured and never computed.
  void pretend();

  /// Precondition: load() was called, or is calling a TensorSource; the model has the tensor.
  const std::byte* file_bytes(const std::string& name) const;

  /// The tensors in buffers of such a type; null where there are none.
  ggml_context* tensors_in(ggml_backend_buffer_type_t buffer_type) const;
  /// What ggml allocated for them.
  std::uint64_t bytes_in(ggml_backend_buffer_type_t buffer_type) const;

 private:
  struct Copy {
    ggml_tensor* tensor;
    TensorSource source;
  };
  struct Mapped {
    ggml_tensor* tensor;
    std::string name;
  };

  ggml_tensor* new_tensor(ggml_backend_buffer_type_t type, const std::string& name, const TensorShape& shape);
  BufferHandle allocate(ggml_backend_buffer_type_t type, ggml_context* context);
  BufferHandle map_tensors() const;
  void fill(const Progress& progress) const;

  const ModelFile& model_;
  std::unique_ptr<MappedFile> file_;
  LargeMemory memory_;  ///< of tensors in plain buffers
  // By buffer type; null: in the mapped file.
  std::map<ggml_backend_buffer_type_t, ContextHandle> contexts_;
  std::map<ggml_backend_buffer_type_t, BufferHandle> buffers_;
  std::vector<Mapped> mapped_;
  std::vector<Copy> copies_;
};

}  // namespace hotset
