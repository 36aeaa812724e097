// From a path and options to a model that is ready to decode.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "decode/decoder.h"
#include "decode/mode.h"
#include "decode/vocabulary.h"
#include "gguf/model_file.h"
#include "kernels/kernel_choice.h"
#include "neurons/placement.h"
#include "neurons/selection.h"
#include "progress.h"

namespace hotset {

enum class DecoderChoice { kAuto, kLlamaCpp, kHybrid };

/// The faster one of both decoders, by a measurement.
struct MeasuredDecoder {
  bool is_hybrid = false;
  std::string reason;  ///< a line for people
};

/// What llama.cpp puts on a GPU.
struct GpuLayers {
  std::string device;  ///< GpuInfo::name; empty: none
  int layers = 0;      ///< LlamaGpu::layers
};

struct LoadOptions {
  std::filesystem::path path;
  /// Automatic: hybrid for what llama.cpp cannot do (ReLU models, modes that leave neurons out), and for
  /// others of which all products can be packed where no layers go to a GPU. Where nothing but speed speaks
  /// for one of them, `measured` has the last word.
  DecoderChoice decoder = DecoderChoice::kAuto;
  std::optional<MeasuredDecoder> measured;  ///< nullopt: nothing was
  std::optional<Mode> mode;                 ///< automatic: exact for ReLU-family models, else dense
  PredictorChoice predictor = PredictorChoice::kAuto;
  std::optional<std::filesystem::path> profile;
  std::optional<std::filesystem::path> predictors;  ///< MODEL.predictors.gguf
  double hot_threshold = 0.0;                       ///< θ, between 0 and 1
  Selection selection = Selection::kGate;           ///< of thresholded mode
  Threshold threshold = {};                         ///< see HybridOptions
  DensePasses dense_passes = {};                    ///< of modes that leave neurons out
  int context_length = 0;                           ///< tokens; capped by what the model was trained for
  /// F16, or Q8_0: of the hybrid decoder's KV cache where nothing lies on a GPU and heads have a length for
  /// it.
  ggml_type cache_type = GGML_TYPE_F16;
  /// Texts that Session::together() is to go on with at once, at most kMostTogether: the hybrid decoder's KV
  /// cache then has room for as many contexts where memory allows. 1: nobody asks for that.
  int parallel = 1;
  int threads = 0;  ///< 0: see choose_thread_count()
  KernelChoice kernel = KernelChoice::kAuto;
  std::optional<Placement> placement;  ///< of the hybrid decoder; nullopt: nothing lies on a GPU
  GpuLayers gpu_layers;                ///< of llama.cpp
  bool trace = false;                  ///< see HybridOptions
  /// Lets llama.cpp run a ReLU-family model although its output is then wrong: for speed comparison only.
  bool ignore_hidden_activation = false;
};

struct LoadedModel {
  ModelFile file;
  std::string decoder_reason;  ///< why it is this decoder, a line for people
  bool has_other_decoder;      ///< the other one would do as well, and which is faster was not measured
  Vocabulary vocabulary;
  std::unique_ptr<Decoder> decoder;
  DensePasses dense_passes = {};  ///< for the session
};

/// `cancel` ends loading with Error kBadInput. Throws Error: kBadInput, kBadModel, kOutOfMemory, kInternal.
LoadedModel open_model(const LoadOptions& options, const Progress& progress, const CancelFlag& cancel);

}  // namespace hotset
