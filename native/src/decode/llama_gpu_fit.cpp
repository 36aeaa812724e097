#include "decode/llama_gpu_fit.h"

#include "decode/llama_context.h"

namespace hotset {
namespace {

class Sizes {
 public:
  Sizes(const std::filesystem::path& path, int context_length, ggml_backend_dev_t device,
        const CancelFlag& cancel)
      : path_(path), context_length_(context_length), device_(device), cancel_(cancel) {}

  LlamaGpuFit of(int layers) const {
    if (layers == 0) return {};
    const LlamaGpu gpu{.device = device_, .layers = layers};
    const auto model = load(gpu);
    const LlamaContextHandle context = make_llama_context(model.get(), context_length_, 1, gpu);
    return {.layers = layers, .bytes = allocated_on(device_, context.get())};
  }

  /// The model's layers and its head.
  int most() const { return llama_model_n_layer(load({}).get()) + 1; }

 private:
  std::shared_ptr<llama_model> load(const LlamaGpu& gpu) const {
    return load_llama_model(
        path_, LlamaModelPart::kSizes, [](double) {}, cancel_, gpu);
  }

  const std::filesystem::path& path_;
  int context_length_;
  ggml_backend_dev_t device_;
  const CancelFlag& cancel_;
};

}  // namespace

LlamaGpuFit fit_gpu_layers(const std::filesystem::path& path, int context_length, ggml_backend_dev_t device,
                           std::uint64_t budget, const CancelFlag& cancel) {
  const Sizes sizes(path, context_length, device, cancel);
  int above = sizes.most();
  // Everything first: compute buffers are smaller where no layer is left to the CPU.
  const LlamaGpuFit everything = sizes.of(above);
  if (everything.bytes <= budget) return everything;

  LlamaGpuFit best;
  while (above - best.layers > 1) {
    const LlamaGpuFit tried = sizes.of(best.layers + (above - best.layers) / 2);
    if (tried.bytes <= budget) {
      best = tried;
    } else {
      above = tried.layers;
    }
  }
  return best;
}

}  // namespace hotset
