#include "decode/batch.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "decode/prompt_check.h"
#include "error.h"

namespace hotset {
namespace {

/// Of the names of the sequences.
constexpr std::string_view kLane = "together ";

const CancelFlag kNever{false};

/// As many contexts as the KV cache has room for.
int most_of(const Decoder& decoder) {
  const int contexts = decoder.room() / std::max(1, decoder.describe().context_length);
  return std::max(1, std::min({decoder.most_together(), decoder.sequences(), contexts}));
}

bool is_greedy(const GenerateOptions& options) { return options.sampling.temperature == 0.0F; }

/// However little of a prompt is left to be computed, it is a prompt's: nothing of it is left out.
class AllNeurons {
 public:
  explicit AllNeurons(Decoder& decoder) : decoder_(decoder) { decoder_.compute_all(decoder_.leaves_out()); }
  AllNeurons(const AllNeurons&) = delete;
  AllNeurons& operator=(const AllNeurons&) = delete;
  ~AllNeurons() { decoder_.compute_all(false); }

 private:
  Decoder& decoder_;
};

}  // namespace

struct Batch::Running {
  Running(Request asked, const Vocabulary& vocabulary)
      : request(std::move(asked)), continuation(vocabulary, request.options, request.on_text) {}

  Request request;
  Continuation continuation;  ///< refers to the request
  Continuation::Clock::time_point start = Continuation::Clock::now();
  Generation generation;
  std::size_t lane = 0;
  int place = 0;   ///< of the sequence
  Token next = 0;  ///< chosen, and not computed yet
  bool has_ended = false;
};

Batch::Batch(Decoder& decoder, const Vocabulary& vocabulary, Sequences& sequences)
    : decoder_(decoder), vocabulary_(vocabulary), sequences_(sequences), most_(most_of(decoder)) {}

Batch::~Batch() = default;

void Batch::add(Request request) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(request));
}

std::optional<Batch::Request> Batch::take() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  Request request = std::move(waiting_.front());
  waiting_.pop_front();
  return request;
}

void Batch::run() {
  const auto held = sequences_.held();
  const bool are_ours = std::ranges::all_of(held, [](const auto& one) { return one.key.starts_with(kLane); });
  if (!are_ours) sequences_.clear();  // there is room for as many contexts, and for nothing beside them
  for (admit(); !running_.empty(); admit()) pass();
}

/// Lets texts begin as long as there are some and places for them.
void Batch::admit() {
  while (running_.size() < static_cast<std::size_t>(most_)) {
    auto request = take();
    if (!request) return;
    begin(std::move(*request));
  }
}

void Batch::begin(Request request) {
  const auto on_failure = request.on_failure;
  try {
    if (most_ < 2) throw Error(ErrorKind::kBadInput, "this model goes on with one text at a time");
    auto running = std::make_unique<Running>(std::move(request), vocabulary_);
    running->lane = free_lane();
    if (!read_prompt(*running)) return end(*running, StopReason::kCancelled);
    if (const auto stop = choose(*running, decoder_.logits(), 0)) return end(*running, *stop);
    running_.push_back(std::move(running));
  } catch (...) {
    on_failure(std::current_exception());
  }
}

/// Returns false when cancelled.
bool Batch::read_prompt(Running& running) {
  const auto& [prompt, options, on_text, cancel, on_end, on_failure] = running.request;
  Generation& generation = running.generation;
  require_fit(prompt.size(), decoder_.describe().context_length);
  require_known(vocabulary_, prompt);
  generation.prompt_tokens = static_cast<int>(prompt.size());
  if (*cancel) return false;
  decoder_.only_choose(is_greedy(options));
  decoder_.watch_firing(false);
  const std::span all(prompt);
  // At least the last token is computed, since its logits are needed.
  const auto beginning = all.first(all.size() - 1);
  sequences_.begin(std::string(kLane) + std::to_string(running.lane), beginning);
  if (!options.kept_prompt.empty()) sequences_.put(beginning, options.kept_prompt);
  const int held = sequences_.length();
  running.place = sequences_.place();
  const AllNeurons all_neurons(decoder_);
  const bool is_whole = sequences_.append_in_chunks(all.subspan(static_cast<std::size_t>(held)), 1, *cancel);
  generation.cached_tokens = held;
  generation.prefilled_tokens = sequences_.length() - held;
  generation.prefill = Continuation::Clock::now() - running.start;
  if (!is_whole) return false;
  if (options.keep_prompt) generation.kept_prompt = decoder_.rows(static_cast<int>(beginning.size()));
  decoder_.restart_statistics_of(running.place);
  return true;
}

std::size_t Batch::free_lane() const {
  std::size_t lane = 0;
  while (std::ranges::any_of(running_, [&](const auto& one) { return one->lane == lane; })) ++lane;
  return lane;
}

/// Computes the next token of all texts, and chooses the one behind it.
void Batch::pass() {
  // What looks at the last column alone sees all texts by turns.
  std::rotate(running_.begin(), running_.begin() + 1, running_.end());
  std::vector<NextToken> next;
  next.reserve(running_.size());
  for (const auto& running : running_) next.push_back({.sequence = running->place, .token = running->next});
  try {
    decoder_.only_choose(
        std::ranges::all_of(running_, [](const auto& one) { return is_greedy(one->request.options); }));
    sequences_.append_each(next, kNever);
    const auto logits = decoder_.logits();
    const std::size_t width = logits.size() / running_.size();
    for (std::size_t row = 0; row < running_.size(); ++row) {
      Running& running = *running_[row];
      const auto stop = choose(running, logits.subspan(row * width, width), static_cast<int>(row));
      if (stop) end(running, *stop);
    }
  } catch (...) {
    fail(std::current_exception());
  }
  std::erase_if(running_, [](const auto& one) { return one->has_ended; });
}

/// From a row of the decoder's logits. Returns why the text ends with the token, if it does.
std::optional<StopReason> Batch::choose(Running& running, std::span<const float> logits, int row) {
  const auto settle = [&](std::span<const Token> allowed) { decoder_.settle_among(row, allowed); };
  ++running.generation.passes;
  const auto [token, stop] = running.continuation.go_on(logits, settle);
  running.next = token;
  if (stop) return stop;
  if (*running.request.cancel) return StopReason::kCancelled;
  const bool is_full = sequences_.length_of(running.place) == decoder_.describe().context_length;
  return is_full ? std::optional(StopReason::kContextFull) : std::nullopt;
}

void Batch::end(Running& running, StopReason reason) {
  running.has_ended = true;
  Generation& generation = running.generation;
  generation.stop_reason = reason;
  running.continuation.tell(generation, running.start);
  if (generation.passes > 0) generation.statistics = decoder_.take_statistics_of(running.place);
  running.request.on_end(std::move(generation));
}

/// A pass that fails fails all that are in it.
void Batch::fail(const std::exception_ptr& failure) {
  for (const auto& running : running_) {
    if (!std::exchange(running->has_ended, true)) running->request.on_failure(failure);
  }
}

}  // namespace hotset
