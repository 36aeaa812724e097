#include "decode/rates/processor_rates.h"

#include <algorithm>
#include <array>
#include <memory>

#include "decode/rates/measured.h"
#include "decode/rates/product_rates.h"
#include "decode/rates/step_rates.h"
#include "kernels/kernels.h"

namespace hotset {
namespace {

/// Those that published models have.
constexpr std::array kTypes = {GGML_TYPE_Q4_0, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q8_0,
                               GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K, GGML_TYPE_F16};
/// Of which nothing but reading takes time.
constexpr ggml_type kPlain = GGML_TYPE_Q8_0;

/// 1, 2, 4 and so on, and `most`.
std::vector<int> thread_counts(int most) {
  std::vector<int> counts;
  for (int count = 1; count < most; count *= 2) counts.push_back(count);
  counts.push_back(most);
  return counts;
}

class Measurement {
 public:
  Measurement(int most_threads, const std::atomic<bool>& cancel)
      : cancel_(cancel),
        most_threads_(most_threads),
        rates_{.kernel = resolve(KernelChoice::kAuto), .products = {}, .steps = {}} {
    for (const int threads : thread_counts(most_threads)) {
      processors_.push_back(std::make_unique<Processor>(rates_.kernel, threads));
    }
  }

  ProcessorRates measure() {
    const double of_a_logit = logit_seconds();
    for (const auto& processor : processors_) {
      if (cancel_) return rates_;
      rates_.steps.push_back(step_rate(*processor, of_a_logit));
    }
    {
      Rows rows;
      for (const ggml_type type : kTypes) measure_type(type, rows);
    }
    measure_mapped();
    return rates_;
  }

 private:
  void measure_type(ggml_type type, Rows& rows) {
    if (cancel_ || !can_group(type, Rows::kLength)) return;
    rows.fill(type, GroupPart::kWhole, most_threads_);
    const std::size_t first = rates_.products.size();
    for (const auto& processor : processors_) {
      if (cancel_) return;
      rates_.products.push_back(product_rate(rows, *processor));
    }
    if (cancel_ || !can_split(type, Rows::kLength)) return;
    rows.fill(type, GroupPart::kCoarse, most_threads_);
    for (std::size_t i = 0; i < processors_.size(); ++i) {
      if (cancel_) return;
      rates_.products[first + i].choice_bytes_per_second = choice_bytes_per_second(rows, *processors_[i]);
    }
  }

  /// Large models' rows are mapped from a file, which the system keeps in small pages.
  void measure_mapped() {
    if (cancel_ || !can_group(kPlain, Rows::kLength)) return;
    Rows rows(PageSize::kSmall);
    rows.fill(kPlain, GroupPart::kWhole, most_threads_);
    for (std::size_t i = 0; i < processors_.size(); ++i) {
      if (cancel_) return;
      const double small = 1.0 / bytes_per_second(rows, *processors_[i]);
      const double large = 1.0 / rate_of(kPlain, processors_[i]->threads).bytes_per_second;
      rates_.steps[i].mapped_byte_seconds = std::max(0.0, small - large);
    }
  }

  const ProductRate& rate_of(ggml_type type, int threads) const {
    return *std::ranges::find_if(rates_.products, [&](const ProductRate& rate) {
      return rate.type == type && rate.threads == threads;
    });
  }

  const std::atomic<bool>& cancel_;
  int most_threads_;
  ProcessorRates rates_;
  std::vector<std::unique_ptr<Processor>> processors_;
};

}  // namespace

ProcessorRates measure_processor(int most_threads, const std::atomic<bool>& cancel) {
  if (cancel) return {.kernel = resolve(KernelChoice::kAuto), .products = {}, .steps = {}};
  return Measurement(std::max(1, most_threads), cancel).measure();
}

}  // namespace hotset
