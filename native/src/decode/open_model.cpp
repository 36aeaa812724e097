#include "decode/open_model.h"

#include <ggml.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "decode/hybrid_decoder.h"
#include "decode/llama_decoder.h"
#include "decode/llama_model.h"
#include "decode/memory_check.h"
#include "decode/thread_count.h"
#include "error.h"
#include "hybrid/attention/tiled_attention.h"
#include "hybrid/products/packed_products.h"
#include "hybrid/support.h"
#include "neurons/gpu_index.h"
#include "runtime/available_memory.h"
#include "runtime/devices.h"
#include "runtime/log.h"
#include "runtime/processors.h"

namespace hotset {
namespace {

// Enough for a file that is worked in, its next prompt, and some beginnings of others.
constexpr int kContexts = 2;

void require_valid(const LoadOptions& options) {
  if (options.context_length < 1) throw Error(ErrorKind::kBadInput, "contextLength must be at least 1");
  if (options.threads < 0 || options.threads > GGML_MAX_N_THREADS) {
    throw Error(ErrorKind::kBadInput, "threads must lie between 0 and " + std::to_string(GGML_MAX_N_THREADS));
  }
  if (options.gpu_layers.layers < 0)
    throw Error(ErrorKind::kBadInput, "gpuLayers.layers must not be negative");
  if (!(options.hot_threshold >= 0.0 && options.hot_threshold <= 1.0)) {
    throw Error(ErrorKind::kBadInput, "hotThreshold must lie between 0 and 1");
  }
  const DensePasses& dense = options.dense_passes;
  if (dense.verified < 0 || dense.verified >= kMostOutputs || dense.corrected < 0) {
    throw Error(ErrorKind::kBadInput, "tokens to verify must lie between 0 and " +
                                          std::to_string(kMostOutputs - 1) +
                                          ", and tokens to correct must not be negative");
  }
  if (dense.verified > 0 && dense.corrected > 0)
    throw Error(ErrorKind::kBadInput, "what is verified needs no correction: choose one of the two");
  const double at = options.threshold.at;
  const bool is_share = options.threshold.by != Threshold::By::kValue;
  if (!(at >= 0.0 && (at <= 1.0 || !is_share))) {
    throw Error(ErrorKind::kBadInput, is_share
                                          ? "shares of neurons and of their mass must lie between 0 and 1"
                                          : "a threshold's value must be at least 0");
  }
}

/// What lies on a GPU was planned for one context. libllama warns of more tokens than a model was trained
/// for, even in several sequences.
int choose_contexts(const ModelFile& file, const LoadOptions& options, int context_length, bool hybrid) {
  const bool has_gpu = options.placement || options.gpu_layers.layers > 0;
  if (hybrid && !has_gpu && options.parallel > 1) return std::min(options.parallel, kMostTogether);
  return has_gpu || context_length * kContexts > file.context_length ? 1 : kContexts;
}

/// Why keys and values have to be F16; nullopt: they need not.
std::optional<std::string> cache_obstacle(const ModelFile& file, const LoadOptions& options, bool hybrid) {
  if (!hybrid) return "llama.cpp decodes this model";
  if (options.placement) return "a part of the model lies on a GPU";
  if (can_attend_to(options.cache_type, file.key_length)) return std::nullopt;
  return "this model's attention heads have " + std::to_string(file.key_length) +
         " values, no multiple of 64";
}

ggml_type choose_cache_type(const ModelFile& file, const LoadOptions& options, bool hybrid) {
  if (options.cache_type == GGML_TYPE_F16) return GGML_TYPE_F16;
  const auto obstacle = cache_obstacle(file, options, hybrid);
  if (!obstacle) return options.cache_type;
  log(LogLevel::kWarn, std::string("keys and values are kept in f16, not in ") +
                           ggml_type_name(options.cache_type) + ": " + *obstacle);
  return GGML_TYPE_F16;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code unreadable;  // as good as none
  return std::filesystem::exists(path, unreadable);
}

int choose_context_length(const ModelFile& file, int wanted) {
  return file.context_length > 0 ? std::min(wanted, file.context_length) : wanted;
}

struct ChosenDecoder {
  bool hybrid;
  std::string reason;
  bool has_other = false;
};

/// On the CPU alone our packed products are the faster ones wherever all of a model's can be packed
/// (docs/benchmarks.md).
ChosenDecoder choose_by_types(const ModelFile& file) {
  if (!PackedProducts::can_pack_whole(file)) {
    return {.hybrid = false,
            .reason = "not all of its weights are of types that products get faster by packing"};
  }
  return {.hybrid = true,
          .reason = "all of its weights can be packed, and decode faster so than in llama.cpp"};
}

/// llama.cpp has no mode but dense.
ChosenDecoder choose_decoder(const ModelFile& file, const LoadOptions& options) {
  if (options.decoder != DecoderChoice::kAuto) {
    return {.hybrid = options.decoder == DecoderChoice::kHybrid, .reason = "asked for"};
  }
  if (has_exact_zeros(file.activation)) {
    return {.hybrid = true, .reason = "llama.cpp would compute SiLU in place of ReLU"};
  }
  if (const Mode mode = options.mode.value_or(Mode::kDense); mode != Mode::kDense) {
    return {.hybrid = true, .reason = "llama.cpp has no " + mode_name(mode) + " mode"};
  }
  if (options.gpu_layers.layers > 0) return {.hybrid = false, .reason = "layers of it lie on a GPU"};
  if (const auto obstacle = hybrid_obstacle(file)) {
    return {.hybrid = false, .reason = "the hybrid decoder cannot run this model: " + *obstacle};
  }
  if (resolve(options.kernel) == KernelChoice::kScalar) {
    return {.hybrid = false, .reason = "this processor has no instructions that packed products use"};
  }
  if (options.placement) return choose_by_types(file);
  if (options.measured) return {.hybrid = options.measured->is_hybrid, .reason = options.measured->reason};
  ChosenDecoder chosen = choose_by_types(file);
  chosen.has_other = true;
  return chosen;
}

Mode choose_mode(const ModelFile& file, std::optional<Mode> choice) {
  return choice.value_or(has_exact_zeros(file.activation) ? Mode::kExact : Mode::kDense);
}

LlamaGpu to_gpu(const GpuLayers& chosen) {
  if (chosen.device.empty() || chosen.layers == 0) return {};
  return {.device = find_gpu(chosen.device), .layers = chosen.layers};
}

LoadedModel open_with_llama_cpp(ModelFile file, const LoadOptions& options, const MemoryUse& use, int threads,
                                const Progress& progress, const CancelFlag& cancel) {
  if (has_exact_zeros(file.activation) && !options.ignore_hidden_activation) {
    throw Error(ErrorKind::kBadInput,
                file.path.string() +
                    ": llama.cpp would compute SiLU where this model was trained with ReLU: "
                    "choose the decoder hybrid or auto");
  }
  if (options.mode.value_or(Mode::kDense) != Mode::kDense) {
    throw Error(ErrorKind::kBadInput, "the decoder llama.cpp has no " + mode_name(*options.mode) +
                                          " mode: choose the mode dense or auto");
  }
  const LlamaGpu gpu = to_gpu(options.gpu_layers);
  auto model = load_llama_model(file.path, LlamaModelPart::kEverything, progress, cancel, gpu);
  Vocabulary vocabulary(model);
  auto decoder =
      std::make_unique<LlamaDecoder>(std::move(model), use.context_length, threads, gpu, use.contexts);
  return {.file = std::move(file),
          .decoder_reason = {},
          .has_other_decoder = false,
          .vocabulary = std::move(vocabulary),
          .decoder = std::move(decoder)};
}

LoadedModel open_with_hybrid(ModelFile file, const LoadOptions& options, const MemoryUse& use, int threads,
                             const Progress& progress, const CancelFlag& cancel) {
  HybridOptions hybrid;
  hybrid.mode = choose_mode(file, options.mode);
  hybrid.predictor = options.predictor;
  hybrid.predictors = options.predictors;
  hybrid.selection = options.selection;
  hybrid.threshold = options.threshold;
  hybrid.kernel = options.kernel;
  hybrid.context_length = use.context_length;
  hybrid.cache_type = use.cache_type;
  hybrid.contexts = use.contexts;
  hybrid.map_feed_forward = use.feed_forward_mapped;
  hybrid.threads = threads;
  hybrid.profile = options.profile;
  // PowerInfer's own choice, where the model comes with it and there is no better one.
  if (!options.profile && file.powerinfer && is_there(gpu_index_path(file))) {
    hybrid.profile = gpu_index_path(file);
  }
  hybrid.hot_threshold = options.hot_threshold;
  hybrid.placement = options.placement;
  hybrid.trace = options.trace;

  const Progress or_give_up = [&](double fraction) {
    if (cancel) throw Error(ErrorKind::kBadInput, "loading was given up");
    progress(fraction);
  };
  Vocabulary vocabulary(load_llama_model(
      file.path, LlamaModelPart::kVocabulary, [](double) {}, cancel));
  auto decoder = make_hybrid_decoder(file, hybrid, or_give_up);
  return {.file = std::move(file),
          .decoder_reason = {},
          .has_other_decoder = false,
          .vocabulary = std::move(vocabulary),
          .decoder = std::move(decoder)};
}

}  // namespace

LoadedModel open_model(const LoadOptions& options, const Progress& progress, const CancelFlag& cancel) {
  require_valid(options);
  ModelFile file = ModelFile::open(options.path);
  const int context_length = choose_context_length(file, options.context_length);
  const int threads =
      options.threads > 0 ? options.threads : choose_thread_count(file.size_bytes, usable_cores());
  const auto [hybrid, reason, has_other] = choose_decoder(file, options);
  const Mode mode = choose_mode(file, options.mode);
  const bool downs_apart = mode == Mode::kThresholded && options.selection == Selection::kProduct;
  const std::uint64_t available = available_memory();
  const MemoryUse use = fitting(file,
                                {.context_length = context_length,
                                 .cache_type = choose_cache_type(file, options, hybrid),
                                 .contexts = choose_contexts(file, options, context_length, hybrid),
                                 .neurons_apart = hybrid && mode != Mode::kDense && !downs_apart,
                                 .downs_apart = hybrid && downs_apart,
                                 .gpu_layers = hybrid ? 0 : options.gpu_layers.layers,
                                 .placement = hybrid && options.placement ? &*options.placement : nullptr},
                                available);
  require_memory(file, use, available);
  LoadedModel loaded = hybrid ? open_with_hybrid(std::move(file), options, use, threads, progress, cancel)
                              : open_with_llama_cpp(std::move(file), options, use, threads, progress, cancel);
  loaded.decoder_reason = reason;
  loaded.has_other_decoder = has_other;
  loaded.dense_passes = options.dense_passes;
  if (const auto& warning = loaded.vocabulary.fim_warning(); !warning.empty()) {
    loaded.file.warnings.push_back(warning);
  }
  loaded.vocabulary.index();  // now, so that the first keystroke does not wait for it
  return loaded;
}

}  // namespace hotset
