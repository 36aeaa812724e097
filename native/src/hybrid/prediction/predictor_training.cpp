#include "hybrid/prediction/predictor_training.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <numeric>
#include <random>
#include <utility>

#include "error.h"
#include "hybrid/prediction/predictor_network.h"
#include "runtime/threadpool.h"

namespace hotset {
namespace {

constexpr int kBatch = 128;
constexpr int kHiddenStep = 32;  // a block of Q8_0
constexpr int kMostSizes = 4;
constexpr float kLearningRate = 4e-3F;
constexpr float kWarmUp = 0.05F;
/// A neuron that mattered more than so many times the mean counts no more: single tokens would rule
/// otherwise.
constexpr float kMostWeight = 8.0F;

struct Range {
  std::size_t first;
  std::size_t end;
};

/// Texts follow one another in the samples, so what is kept out are texts of their own.
struct Parts {
  Range training;
  Range choice;  ///< of threshold and size
  Range test;
};

Parts split(std::size_t tokens) {
  const std::size_t twentieth = tokens / 20;
  return {.training = {0, 15 * twentieth},
          .choice = {15 * twentieth, 18 * twentieth},
          .test = {18 * twentieth, tokens}};
}

int rounded_hidden(double hidden, std::size_t embedding) {
  const auto most = static_cast<double>(std::max<std::size_t>(embedding, kHiddenStep));
  const double steps = std::round(std::clamp(hidden, double{kHiddenStep}, most) / kHiddenStep);
  return static_cast<int>(steps) * kHiddenStep;
}

/// The values that are left of `values` once they are stored as `type`.
std::vector<float> stored(std::span<const float> values, std::size_t columns, ggml_type type) {
  const auto rows = static_cast<std::int64_t>(values.size() / columns);
  const auto length = static_cast<std::int64_t>(columns);
  std::vector<std::byte> bytes(ggml_row_size(type, length) * static_cast<std::size_t>(rows));
  ggml_quantize_chunk(type, values.data(), bytes.data(), 0, rows, length, nullptr);
  std::vector<float> result(values.size());
  ggml_get_type_traits(type)->to_float(bytes.data(), result.data(), static_cast<std::int64_t>(values.size()));
  return result;
}

class Trainer {
 public:
  Trainer(const PredictorSamples& samples, const TrainingOptions& options, const std::atomic<bool>& cancel)
      : samples_(samples),
        options_(options),
        cancel_(cancel),
        parts_(split(samples.tokens())),
        threadpool_(options.threads),
        type_(samples.embedding() % kHiddenStep == 0 ? GGML_TYPE_Q8_0 : GGML_TYPE_F16) {}

  std::optional<TrainedPredictor> train(int hidden, const Progress& progress) {
    const NetworkShape shape{.embedding = static_cast<int>(samples_.embedding()),
                             .hidden = hidden,
                             .neurons = static_cast<int>(samples_.neurons()),
                             .batch = kBatch};
    PredictorNetwork network(shape, threadpool_, options_.threads, static_cast<std::uint64_t>(hidden));
    if (!learn(network, progress)) return std::nullopt;
    TrainedPredictor result;
    result.type = type_;
    result.hidden = hidden;
    result.fc1 = stored(network.fc1(), samples_.embedding(), type_);
    result.fc2 = stored(network.fc2(), static_cast<std::size_t>(hidden), type_);
    network.set(result.fc1, result.fc2);
    result.threshold = choose_threshold(network);
    return measure(network, parts_.test, std::move(result));
  }

  /// Bytes that a token reads, as far as they depend on the predictor.
  double cost(const TrainedPredictor& trained) const {
    const auto own = static_cast<double>(predictor_bytes(
        trained.type, samples_.embedding(), static_cast<std::size_t>(trained.hidden), samples_.neurons()));
    return own + trained.share * static_cast<double>(options_.gate_bytes);
  }

 private:
  bool learn(PredictorNetwork& network, const Progress& progress) {
    std::vector<std::size_t> order(parts_.training.end);
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(1);
    const std::size_t batches = order.size() / kBatch;
    const std::size_t steps = batches * static_cast<std::size_t>(options_.epochs);
    for (std::size_t step = 0; step < steps; ++step) {
      if (cancel_) return false;
      if (step % batches == 0) shuffle(order, random);
      fill(network, std::span(order).subspan(step % batches * kBatch, kBatch));
      const float done = static_cast<float>(step) / static_cast<float>(steps);
      network.step(kLearningRate * rate_factor(done));
      progress(static_cast<double>(step + 1) / static_cast<double>(steps));
    }
    return true;
  }

  /// Fisher and Yates': the standard library's shuffle differs from one to the next.
  static void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  }

  /// A short rise, then half a cosine down to 0.
  static float rate_factor(float done) {
    if (done < kWarmUp) return done / kWarmUp;
    return 0.5F + 0.5F * std::cos(std::numbers::pi_v<float> * (done - kWarmUp) / (1.0F - kWarmUp));
  }

  void fill(PredictorNetwork& network, std::span<const std::size_t> tokens) const {
    float* input = network.inputs();
    float* weights = network.weights();
    const auto scale = static_cast<float>(1.0 / samples_.mean_mass());
    for (const std::size_t token : tokens) {
      samples_.get(token, input, weights);
      for (std::size_t i = 0; i < samples_.neurons(); ++i)
        weights[i] = std::min(weights[i] * scale, kMostWeight);
      input += samples_.embedding();
      weights += samples_.neurons();
    }
  }

  /// Calls visit(logit, mass) for every neuron of every token.
  template <typename Visit>
  void predict(PredictorNetwork& network, Range range, Visit visit) const {
    std::vector<float> masses(kBatch * samples_.neurons());
    for (std::size_t first = range.first; first < range.end; first += kBatch) {
      const std::size_t count = std::min<std::size_t>(kBatch, range.end - first);
      for (std::size_t i = 0; i < count; ++i) {
        samples_.get(first + i, network.inputs() + i * samples_.embedding(),
                     masses.data() + i * samples_.neurons());
      }
      const std::span<const float> logits = network.logits();
      for (std::size_t i = 0; i < count * samples_.neurons(); ++i) visit(logits[i], masses[i]);
    }
  }

  /// A threshold that keeps the wanted share of mass in every third of the tokens it is chosen on, since
  /// texts differ.
  float choose_threshold(PredictorNetwork& network) const {
    constexpr std::size_t kThirds = 3;
    const std::size_t length = (parts_.choice.end - parts_.choice.first) / kThirds;
    float lowest = std::numeric_limits<float>::max();
    for (std::size_t third = 0; third < kThirds; ++third) {
      const std::size_t first = parts_.choice.first + third * length;
      lowest = std::min(lowest, threshold_on(network, {.first = first, .end = first + length}));
    }
    return lowest;
  }

  /// The highest threshold that keeps the wanted share of mass.
  float threshold_on(PredictorNetwork& network, Range range) const {
    std::vector<std::pair<float, float>> fired;  // logit and mass
    double total = 0.0;
    predict(network, range, [&](float logit, float mass) {
      if (mass <= 0.0F) return;
      fired.emplace_back(logit, mass);
      total += static_cast<double>(mass);
    });
    if (fired.empty()) return std::numeric_limits<float>::max();
    std::ranges::sort(fired, std::greater<>());
    double kept = 0.0;
    for (const auto& [logit, mass] : fired) {
      kept += static_cast<double>(mass);
      if (kept >= options_.recall * total) return logit;
    }
    return fired.back().first;
  }

  TrainedPredictor measure(PredictorNetwork& network, Range range, TrainedPredictor result) const {
    double kept = 0.0;
    double total = 0.0;
    std::size_t predicted = 0;
    std::size_t all = 0;
    predict(network, range, [&](float logit, float mass) {
      const bool named = logit >= result.threshold;
      predicted += named ? 1 : 0;
      kept += named ? static_cast<double>(mass) : 0.0;
      total += static_cast<double>(mass);
      ++all;
    });
    result.recall = total > 0.0 ? kept / total : 1.0;
    result.share = static_cast<double>(predicted) / static_cast<double>(all);
    return result;
  }

  const PredictorSamples& samples_;
  const TrainingOptions& options_;
  const std::atomic<bool>& cancel_;
  Parts parts_;
  Threadpool threadpool_;
  ggml_type type_;
};

/// Tries sizes from the first one on, upwards for as long as it pays, else downwards.
class SizeSearch {
 public:
  SizeSearch(Trainer& trainer, std::size_t embedding, const Progress& progress)
      : trainer_(trainer), embedding_(embedding), progress_(progress) {}

  std::optional<TrainedPredictor> run(int first) {
    if (!try_size(first)) return std::nullopt;
    if (!best_) return std::nullopt;
    if (!follow(2.0)) return std::nullopt;
    const bool grown = best_->hidden > first;
    if (!grown && !follow(0.5)) return std::nullopt;
    return std::move(best_);
  }

 private:
  /// Returns false when cancelled.
  bool follow(double factor) {
    for (bool pays = true; pays && tried_ < kMostSizes;) {
      const int before = best_->hidden;
      const int next = rounded_hidden(before * factor, embedding_);
      if (next == before) return true;
      if (!try_size(next)) return false;
      pays = best_->hidden != before;
    }
    return true;
  }

  bool try_size(int hidden) {
    auto trained = trainer_.train(
        hidden, [&](double fraction) { progress_((static_cast<double>(tried_) + fraction) / kMostSizes); });
    if (!trained) return false;
    ++tried_;
    if (!best_ || trainer_.cost(*trained) < trainer_.cost(*best_)) best_ = std::move(trained);
    return true;
  }

  Trainer& trainer_;
  std::size_t embedding_;
  const Progress& progress_;
  std::optional<TrainedPredictor> best_;
  int tried_ = 0;
};

}  // namespace

std::size_t predictor_bytes(ggml_type type, std::size_t embedding, std::size_t hidden, std::size_t neurons) {
  return ggml_row_size(type, static_cast<std::int64_t>(embedding)) * hidden +
         ggml_row_size(type, static_cast<std::int64_t>(hidden)) * neurons;
}

std::optional<TrainedPredictor> train_predictor(const PredictorSamples& samples,
                                                const TrainingOptions& options, const Progress& progress,
                                                const std::atomic<bool>& cancel) {
  constexpr std::size_t kFewestTokens = std::size_t{10} * kBatch;
  if (samples.tokens() < kFewestTokens) {
    throw Error(ErrorKind::kBadInput, "only " + std::to_string(samples.tokens()) +
                                          " tokens to learn from: profile on more text, at least " +
                                          std::to_string(kFewestTokens) + " tokens");
  }
  if (samples.mean_mass() <= 0.0)
    throw Error(ErrorKind::kBadInput, "no neuron of a layer fired: nothing to predict");
  Trainer trainer(samples, options, cancel);
  const double first = static_cast<double>(samples.embedding()) * samples.activity() * 2;
  SizeSearch search(trainer, samples.embedding(), progress);
  auto best = search.run(rounded_hidden(first, samples.embedding()));
  if (best) progress(1.0);
  return best;
}

}  // namespace hotset
