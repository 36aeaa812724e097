// Runs steps: builds their graphs, and lets both devices compute their stages at the same time.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "hybrid/graph/cpu_threads.h"
#include "hybrid/graph/graph.h"
#include "hybrid/graph/placement_costs.h"
#include "runtime/trace.h"

namespace hotset {

struct ExecutorOptions {
  int threads = 1;
  GraphOptions few_tokens = {};   ///< for steps of up to `most_few` tokens
  GraphOptions many_tokens = {};  ///< for longer ones
  int most_few = 1;
  int most_many = kMostTokens;
  Trace* trace = nullptr;  ///< null: no trace
};

class Executor {
 public:
  /// gpu: null where none takes part. Everything must outlive this. Throws Error kOutOfMemory, kInternal, and
  /// GpuError where the GPU cannot do its part.
  Executor(const ModelFile& model, const Layout& layout, const Weights& weights, const KvCache& cache,
           Gpu* gpu, const ExecutorOptions& options);

  /// The most tokens that a step with such outputs may have.
  int most_tokens(Outputs outputs) const;

  /// Computes `tokens`, the last of a sequence that lies in these rows of the KV cache: the row of each
  /// position, theirs included. Returns false when cancelled; nothing is stored of them then. Throws Error
  /// kInternal, GpuError.
  bool run(std::span<const std::int32_t> tokens, std::span<const std::int32_t> cells, const Wanted& wanted,
           const std::atomic<bool>& cancel);

  /// A sequence's next token.
  struct Column {
    std::int32_t token;
    std::span<const std::int32_t> cells;  ///< the row of each position, the token's included
  };

  /// Computes the next tokens of several sequences, at most kMostColumns, with the logits of all of them.
  /// Returns false when cancelled; nothing is stored of them then. Precondition: no GPU takes part, and both
  /// of the options have GraphOptions::attend. Throws Error kInternal.
  bool run_each(std::span<const Column> columns, const Wanted& wanted, const std::atomic<bool>& cancel);

  /// Of the last step, if it had outputs: row-major [tokens, vocabulary], valid until the next one.
  std::span<float> logits() const { return logits_; }
  /// Of the last step, see Graph::activations.
  std::span<ggml_tensor* const> activations() const { return last_->activations; }
  std::span<const FeedForwardInputs> feed_forward_inputs() const { return last_->feed_forward_inputs; }

  /// Of inputs and intermediate results, as ggml allocated them.
  std::uint64_t gpu_bytes() const;

 private:
  /// A stage on the GPU whose end is not known yet.
  struct Running {
    std::string name;
    Trace::Clock::time_point begin;
  };

  static bool is_cancelled(void* self);

  bool run(const Graph& graph, const std::atomic<bool>& cancel);
  const Graph& graph_for(const GraphShape& shape);
  Graph build(const GraphShape& shape);
  void require_support(const Graph& graph) const;
  void set_inputs(const Graph& graph, std::span<const std::int32_t> tokens,
                  std::span<const std::int32_t> cells);
  void set_inputs_of_each(std::span<const Column> columns);
  void set_mask(const Graph& graph, std::span<const std::int32_t> before, std::span<const std::int32_t> own);
  void upload_inputs(const Graph& graph);
  bool perform(const Graph& graph, const Step& step);
  bool compute(const Stage& stage);
  void launch(const Stage& stage);
  void settle();
  void copy(const Step& step);
  void watch_running();
  void finish_running();
  void note_end(Trace::Clock::time_point end);
  void wait();
  void read_logits(const Graph& graph);

  const ModelFile& model_;
  const Layout& layout_;
  const Weights& weights_;
  const KvCache& cache_;
  Gpu* gpu_;
  ExecutorOptions options_;
  Exchange exchange_;
  CpuThreads cpu_;
  AllocatorHandle gpu_allocator_;
  /// By tokens, whether all neurons are computed, and whether the tokens are apart: decoding asks for the
  /// same ones again and again.
  std::map<std::tuple<int, bool, bool>, Graph> kept_;
  Graph prefill_;
  std::span<float> logits_;
  std::vector<float> downloaded_;  ///< logits that a GPU computed
  const Graph* last_ = nullptr;
  // For the trace alone.
  std::vector<Running> running_;
  std::future<Trace::Clock::time_point> completion_;  ///< of all of them; not valid: unknown before wait()
  const std::atomic<bool>* cancel_ = nullptr;
};

}  // namespace hotset
