// One loaded model, to decode with or to profile, and the thread that everything slow about it runs on.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "decode/llama_model.h"
#include "decode/open_model.h"
#include "decode/predictor_trainer.h"
#include "decode/profiler.h"
#include "decode/session.h"
#include "worker.h"

namespace hotset::addon {

/// What belongs together once a model is loaded.
struct OpenedModel {
  explicit OpenedModel(LoadedModel loaded)
      : model(std::move(loaded)), session(*model.decoder, model.vocabulary, model.dense_passes) {}

  LoadedModel model;
  Session session;  // refers to `model`, so neither is ever moved
};

/// A profiler, and the vocabulary to read its texts with.
struct OpenedProfiler {
  OpenedProfiler(const ProfilerOptions& options, const Progress& progress, const CancelFlag& cancel)
      : profiler(options, progress, cancel),
        vocabulary(load_llama_model(
            options.path, LlamaModelPart::kVocabulary, [](double) {}, cancel)) {}

  Profiler profiler;
  Vocabulary vocabulary;
  std::optional<PredictorTrainer> trainer;  ///< once predictors are to be trained
};

/// Owned by the JavaScript thread, which is the only one that calls these; `opened` and `profiler` are the
/// worker's, but for what never changes after loading.
class ModelThread {
 public:
  /// The flag that ends the next job, from now on known to cancel().
  std::shared_ptr<CancelFlag> new_flag();

  /// Sets every flag given out.
  void cancel();

  /// Cancels, frees the model once the job that runs has ended, and takes no more jobs. Does not wait.
  void dispose();

  std::unique_ptr<OpenedModel> opened;       ///< of a NativeModel
  std::unique_ptr<OpenedProfiler> profiler;  ///< of a NativeProfiler

 private:
  std::vector<std::weak_ptr<CancelFlag>> flags_;

 public:
  Worker worker;  // last: its jobs use all of the above
};

}  // namespace hotset::addon
