#include "decode/session.h"

#include <algorithm>
#include <string>

#include "decode/continuation.h"
#include "decode/prompt_check.h"
#include "decode/sparse_drafts.h"
#include "error.h"

namespace hotset {
namespace {

void require_passes(std::span<const std::int32_t> counts, int rounds) {
  if (rounds < 1) throw Error(ErrorKind::kBadInput, "at least one round is needed");
  const bool are_few =
      std::ranges::all_of(counts, [](std::int32_t count) { return count >= 1 && count <= kMostOutputs; });
  if (are_few) return;
  throw Error(ErrorKind::kBadInput,
              "a pass has the logits of 1 to " + std::to_string(kMostOutputs) + " tokens");
}

}  // namespace

Generation Session::generate(std::span<const Token> prompt, const GenerateOptions& options,
                             const TextSink& on_text, const CancelFlag& cancel) {
  const auto start = Continuation::Clock::now();
  const int context_length = decoder_.describe().context_length;
  Continuation continuation(vocabulary_, options, on_text);
  require_fit(prompt.size(), context_length);
  require_known(vocabulary_, prompt);

  Generation generation;
  generation.prompt_tokens = static_cast<int>(prompt.size());
  if (cancel) return generation;
  // Sampling draws from all.
  decoder_.only_choose(options.sampling.temperature == 0.0F);
  decoder_.watch_firing(options.watch);
  // At least the last token is computed, since its logits are needed.
  generation.cached_tokens = sequences_.begin(options.sequence, prompt.first(prompt.size() - 1));
  // What cannot be forgotten again cannot be drafted, and sampling would draw from other numbers.
  const bool can_draft = options.sampling.temperature == 0.0F && decoder_.sequences() > 1;
  const bool verifies = can_draft && dense_.verified > 0;
  const bool drafts = can_draft && options.draft && !verifies && dense_.corrected == 0;
  Corrections corrections(decoder_, sequences_, dense_.corrected);
  decoder_.compute_all(verifies);
  Lookahead ahead(vocabulary_, prompt, options, drafts, memory_);
  auto pass_start = Continuation::Clock::now();
  int drafted = 0;
  // Neurons are watched where a token is computed alone, behind the prompt.
  int passes_alone = is_unwatched_ || options.watch ? 2 : 0;
  const auto compute = [&](std::span<const Token> tokens) {
    const int room = context_length - sequences_.length() - static_cast<int>(tokens.size());
    const int most = passes_alone > 0 ? 0 : std::min(room, continuation.tokens_left() - 1);
    passes_alone = std::max(0, passes_alone - 1);
    const auto draft = ahead.draft(tokens.size(), most);
    drafted = static_cast<int>(draft.size());
    std::vector<Token> all(tokens.begin(), tokens.end());
    all.insert(all.end(), draft.begin(), draft.end());
    pass_start = Continuation::Clock::now();
    return sequences_.append_in_chunks(all, 1 + drafted, cancel);
  };

  const bool prefilled = compute(prompt.subspan(static_cast<std::size_t>(generation.cached_tokens)));
  const int computed = sequences_.length() - generation.cached_tokens;
  generation.prefilled_tokens = prefilled ? computed - drafted : computed;
  generation.prefill = Continuation::Clock::now() - start;
  if (!prefilled) return generation;
  // A prompt of one new token counts as decoded to the decoder, though not to anybody else.
  decoder_.restart_statistics();

  const auto compute_verified = [&](Token token) {
    const int room = context_length - sequences_.length() - 1;
    const int most = std::min({room, continuation.tokens_left() - 1, dense_.verified});
    auto draft = draft_sparsely(decoder_, sequences_, vocabulary_, token, most, cancel);
    drafted = static_cast<int>(draft.size());
    std::vector<Token> all = draft;
    all.insert(all.begin(), token);
    ahead.take({.source = DraftSource::kSparse, .tokens = std::move(draft)});
    pass_start = Continuation::Clock::now();
    return sequences_.append(all, 1 + drafted, cancel);
  };

  const auto decode_next = [&]() -> std::optional<StopReason> {
    const auto took = Continuation::Clock::now() - pass_start;
    const auto [token, accepted, stop] = ahead.verify(continuation, decoder_, took);
    sequences_.truncate(sequences_.length() - drafted + accepted);
    if (stop) return stop;
    if (sequences_.length() == context_length) return StopReason::kContextFull;
    const bool is_whole = verifies ? compute_verified(token) : compute(corrections.with(token));
    if (!is_whole || cancel) return StopReason::kCancelled;
    return std::nullopt;
  };
  std::optional<StopReason> stop = cancel ? std::optional(StopReason::kCancelled) : std::nullopt;
  while (!stop) stop = decode_next();

  generation.stop_reason = *stop;
  decoder_.compute_all(false);
  continuation.tell(generation, start);
  ahead.tell(generation);
  generation.statistics = decoder_.take_statistics();
  generation.firing = decoder_.take_firing();
  is_unwatched_ = decoder_.watches_neurons() && !generation.statistics;
  return generation;
}

int Session::most_together() const { return dense_.verified > 0 || dense_.corrected > 0 ? 1 : batch_.most(); }

Prefill Session::prefill(std::span<const Token> prompt, const std::string& sequence,
                         const CancelFlag& cancel) {
  const auto start = Continuation::Clock::now();
  require_fit(prompt.size(), decoder_.describe().context_length);
  require_known(vocabulary_, prompt);
  if (cancel) return {};
  decoder_.compute_all(dense_.verified > 0);
  const int held = sequences_.begin(sequence, prompt);
  const auto rest = prompt.subspan(static_cast<std::size_t>(held));
  const bool is_whole = sequences_.append_beside(rest, cancel);
  decoder_.compute_all(false);
  return {.computed_tokens = sequences_.length() - held,
          .is_whole = is_whole,
          .took = Continuation::Clock::now() - start};
}

std::vector<double> Session::pass_milliseconds(std::span<const Token> prompt,
                                               std::span<const std::int32_t> counts, int rounds,
                                               const CancelFlag& cancel) {
  require_passes(counts, rounds);
  require_fit(prompt.size() + kMostOutputs, decoder_.describe().context_length);
  require_known(vocabulary_, prompt);
  decoder_.only_choose(true);
  const int held = sequences_.begin("", prompt);
  if (!sequences_.append_in_chunks(prompt.subspan(static_cast<std::size_t>(held)), 0, cancel)) return {};
  std::vector<double> took;
  // The round before the first one builds graphs.
  for (int round = 0; round <= rounds; ++round) {
    std::vector<double> row(counts.size());
    for (std::size_t turn = 0; turn < counts.size(); ++turn) {
      const std::size_t place = round % 2 == 0 ? turn : counts.size() - 1 - turn;
      const auto pass =
          time_pass(std::vector<Token>(static_cast<std::size_t>(counts[place]), prompt.back()), cancel);
      if (!pass) return took;
      row[place] = pass->count();
    }
    if (round > 0) took.insert(took.end(), row.begin(), row.end());
  }
  return took;
}

std::optional<Generation::Milliseconds> Session::time_pass(std::span<const Token> tokens,
                                                           const CancelFlag& cancel) {
  const int before = sequences_.length();
  const auto count = static_cast<int>(tokens.size());
  const auto begin = Continuation::Clock::now();
  const bool is_whole = sequences_.append(tokens, count, cancel);
  const auto took = Continuation::Clock::now() - begin;
  sequences_.truncate(before);
  if (!is_whole) return std::nullopt;
  memory_.experience.cost.learn(count, took);
  return took;
}

std::vector<float> Session::all_logits(std::span<const Token> tokens) {
  require_fit(tokens.size(), decoder_.describe().context_length);
  require_known(vocabulary_, tokens);
  sequences_.clear();
  std::vector<float> logits = decoder_.all_logits(tokens);
  decoder_.truncate(0);
  return logits;
}

}  // namespace hotset
