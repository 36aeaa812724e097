#include "decode/llama_model.h"

#include <array>
#include <cstdint>
#include <string>
#include <system_error>

#include "decode/without_predictors.h"
#include "error.h"
#include "gguf/metadata.h"
#include "runtime/log.h"

namespace hotset {
namespace {

struct LoadingState {
  const Progress& progress;
  const CancelFlag& cancel;
};

/// Returns whether to go on.
bool report_progress(float fraction, void* user_data) {
  const auto& state = *static_cast<const LoadingState*>(user_data);
  if (state.cancel) return false;
  state.progress(fraction);
  return true;
}

struct FreeGguf {
  void operator()(gguf_context* context) const { gguf_free(context); }
};

/// The vocabulary of one of PowerInfer's files, whose magic libllama refuses: from the keys alone. Null where
/// libllama cannot read it.
llama_model* load_powerinfer_vocabulary(const Metadata& metadata, const llama_model_params& parameters) {
  const std::unique_ptr<gguf_context, FreeGguf> keys(gguf_init_empty());
  gguf_set_kv(keys.get(), metadata.context());
  gguf_set_val_str(keys.get(), "general.architecture", "llama");  // of all that have a vocabulary like these
  const auto no_data = [](ggml_tensor* /*tensor*/, void* /*unused*/) {};
  return llama_model_init_from_user(keys.get(), no_data, nullptr, parameters);
}

llama_model* load(const std::filesystem::path& path, const Metadata& metadata,
                  const llama_model_params& parameters) {
  if (metadata.powerinfer() && parameters.vocab_only) return load_powerinfer_vocabulary(metadata, parameters);
  if (!parameters.vocab_only) {
    const FileHandle copy = copy_without_predictors(path, metadata);
    if (copy) return llama_model_load_from_file_ptr(copy.get(), parameters);
  }
  const std::u8string name = path.u8string();
  return llama_model_load_from_file(reinterpret_cast<const char*>(name.c_str()), parameters);
}

}  // namespace

std::shared_ptr<llama_model> load_llama_model(const std::filesystem::path& path, LlamaModelPart part,
                                              const Progress& progress, const CancelFlag& cancel,
                                              const LlamaGpu& gpu) {
  LoadingState state{progress, cancel};
  // An empty list of devices: no offloading, even of single operations.
  std::array<ggml_backend_dev_t, 2> devices = {gpu.layers > 0 ? gpu.device : nullptr, nullptr};
  llama_model_params parameters = llama_model_default_params();
  parameters.devices = devices.data();
  parameters.n_gpu_layers = gpu.layers;
  parameters.vocab_only = part == LlamaModelPart::kVocabulary;
  if (part == LlamaModelPart::kSizes) {
    parameters.no_alloc = true;
    parameters.load_mode = LLAMA_LOAD_MODE_NONE;
  }
  parameters.progress_callback = report_progress;
  parameters.progress_callback_user_data = &state;

  const ErrorCapture errors;
  std::error_code unreadable;
  const std::uintmax_t size = std::filesystem::file_size(path, unreadable);
  if (unreadable) throw Error(ErrorKind::kBadInput, path.string() + ": " + unreadable.message());
  const Metadata metadata = Metadata::read(path, size);
  llama_model* model = load(path, metadata, parameters);
  if (model != nullptr) return {model, llama_model_free};
  if (cancel) throw Error(ErrorKind::kBadInput, "loading was given up");
  throw Error(ErrorKind::kBadModel, path.string() + ": llama.cpp cannot run this model: " + errors.reason());
}

}  // namespace hotset
