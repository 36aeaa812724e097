#include "decode/llama_model.h"

#include <array>
#include <string>

#include "error.h"
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
  const std::u8string name = path.u8string();
  llama_model* model = llama_model_load_from_file(reinterpret_cast<const char*>(name.c_str()), parameters);
  if (model != nullptr) return {model, llama_model_free};
  if (cancel) throw Error(ErrorKind::kBadInput, "loading was given up");
  throw Error(ErrorKind::kBadModel, path.string() + ": llama.cpp cannot run this model: " + errors.reason());
}

}  // namespace hotset
