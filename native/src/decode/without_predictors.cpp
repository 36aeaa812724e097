#include "decode/without_predictors.h"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "error.h"
#include "gguf/mapped_file.h"
#include "gguf/model_file.h"
#include "gguf/predictor_tensors.h"

namespace hotset {
namespace {

struct FreeGguf {
  void operator()(gguf_context* context) const { gguf_free(context); }
};
using GgufHandle = std::unique_ptr<gguf_context, FreeGguf>;

void describe(gguf_context* copy, const char* name, const TensorInfo& info) {
  ggml_context* context =
      ggml_init({.mem_size = ggml_tensor_overhead(), .mem_buffer = nullptr, .no_alloc = true});
  ggml_tensor* tensor =
      ggml_new_tensor(context, info.type, static_cast<int>(info.shape.size()), info.shape.data());
  ggml_set_name(tensor, name);
  gguf_add_tensor(copy, tensor);  // which copies the description
  ggml_free(context);
}

class Writer {
 public:
  explicit Writer(const std::filesystem::path& model) : model_(model), file_(std::tmpfile()) {
    if (!file_) fail();
  }

  void put(std::span<const std::byte> bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) fail();
  }

  FileHandle finish() {
    if (std::fflush(file_.get()) != 0 || std::fseek(file_.get(), 0, SEEK_SET) != 0) fail();
    return std::move(file_);
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(ErrorKind::kBadInput,
                model_.string() +
                    ": llama.cpp needs a copy of the model without its predictors, and the "
                    "folder for temporary files has no room for it: free some there");
  }

  const std::filesystem::path& model_;
  FileHandle file_;
};

}  // namespace

FileHandle copy_without_predictors(const std::filesystem::path& path, const Metadata& metadata) {
  const gguf_context* header = metadata.context();
  std::vector<const char*> kept;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(header); ++i) {
    const char* name = gguf_get_tensor_name(header, i);
    if (!is_predictor_tensor(name)) kept.push_back(name);
  }
  if (kept.size() == static_cast<std::size_t>(gguf_get_n_tensors(header))) return nullptr;

  const ModelFile model = ModelFile::open_tensors(path);
  const GgufHandle copy(gguf_init_empty());
  gguf_set_kv(copy.get(), header);
  gguf_remove_key(copy.get(), GGUF_KEY_GENERAL_ALIGNMENT);  // offsets are planned with the usual one
  for (const char* name : kept) describe(copy.get(), name, model.tensors.at(name));

  std::vector<std::byte> start(gguf_get_meta_size(copy.get()));
  gguf_get_meta_data(copy.get(), start.data());
  Writer writer(path);
  writer.put(start);
  const MappedFile mapped(path);
  const std::array<std::byte, GGUF_DEFAULT_ALIGNMENT> zeros{};
  for (const char* name : kept) {
    const TensorInfo& info = model.tensors.at(name);
    writer.put(mapped.bytes().subspan(info.offset, info.size));
    writer.put(std::span(zeros).first((zeros.size() - info.size % zeros.size()) % zeros.size()));
  }
  return writer.finish();
}

}  // namespace hotset
