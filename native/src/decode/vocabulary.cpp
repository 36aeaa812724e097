#include "decode/vocabulary.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <new>
#include <utility>

#include "error.h"

namespace hotset {
namespace {

std::int32_t checked_length(std::size_t length) {
  if (length > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorKind::kBadInput, "the text is longer than 2 GiB: shorten it");
  }
  return static_cast<std::int32_t>(length);
}

/// Calls `function`, of libllama, which throws standard exceptions where a vocabulary lacks what it relies
/// on.
template <typename Function>
auto with_vocabulary(Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(
        ErrorKind::kBadModel,
        std::string("the model's vocabulary is incomplete: choose another model (") + error.what() + ")");
  }
}

}  // namespace

struct Vocabulary::LazyIndex {
  std::once_flag made;
  std::optional<TokenIndex> index;
};

Vocabulary::Vocabulary(std::shared_ptr<const llama_model> model)
    : model_(std::move(model)),
      vocabulary_(llama_model_get_vocab(model_.get())),
      index_(std::make_shared<LazyIndex>()) {
  // libllama ends the process when such a vocabulary is asked to tokenize.
  if (llama_vocab_type(vocabulary_) == LLAMA_VOCAB_TYPE_NONE || size() == 0) {
    throw Error(ErrorKind::kBadModel, "the model has no vocabulary: choose a language model");
  }
  fim_ = choose_fim_tokens(vocabulary_);
}

int Vocabulary::size() const { return llama_vocab_n_tokens(vocabulary_); }

std::vector<Token> Vocabulary::tokenize(std::string_view text, bool parse_special) const {
  constexpr bool kAddSpecial = false;
  const std::int32_t length = checked_length(text.size());
  // No vocabulary makes more tokens than bytes, but for a space in front.
  std::vector<Token> tokens(text.size() + 1);
  const auto fill = [&] {
    return llama_tokenize(vocabulary_, text.data(), length, tokens.data(), checked_length(tokens.size()),
                          kAddSpecial, parse_special);
  };
  std::int32_t count = with_vocabulary(fill);
  if (count < 0) {
    tokens.resize(static_cast<std::size_t>(-count));
    count = with_vocabulary(fill);
  }
  tokens.resize(static_cast<std::size_t>(count));
  const bool known = std::ranges::all_of(tokens, [this](Token token) { return contains(token); });
  if (!known) throw Error(ErrorKind::kBadInput, "the model's vocabulary has no token for some of the text");
  return tokens;
}

std::string Vocabulary::detokenize(std::span<const Token> tokens) const {
  constexpr bool kRemoveSpecial = true;
  constexpr bool kUnparseSpecial = false;
  std::string text(tokens.size() * 8, '\0');
  const auto fill = [&] {
    return llama_detokenize(vocabulary_, tokens.data(), checked_length(tokens.size()), text.data(),
                            checked_length(text.size()), kRemoveSpecial, kUnparseSpecial);
  };
  std::int32_t length = with_vocabulary(fill);
  if (length < 0) {
    text.resize(static_cast<std::size_t>(-length));
    length = with_vocabulary(fill);
  }
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string Vocabulary::piece(Token token) const {
  constexpr std::int32_t kKeepSpaces = 0;
  constexpr bool kShowSpecial = false;
  std::string bytes(32, '\0');
  const auto fill = [&] {
    return llama_token_to_piece(vocabulary_, token, bytes.data(), checked_length(bytes.size()), kKeepSpaces,
                                kShowSpecial);
  };
  std::int32_t length = with_vocabulary(fill);
  if (length < 0) {
    bytes.resize(static_cast<std::size_t>(-length));
    length = with_vocabulary(fill);
  }
  bytes.resize(static_cast<std::size_t>(length));
  return bytes;
}

bool Vocabulary::ends_text(Token token) const {
  if (llama_vocab_is_eog(vocabulary_, token) || llama_vocab_is_control(vocabulary_, token)) return true;
  // Some vocabularies do not mark these as control tokens.
  const std::array others = {llama_vocab_fim_pad(vocabulary_), llama_vocab_fim_rep(vocabulary_),
                             llama_vocab_fim_sep(vocabulary_)};
  if (std::ranges::find(others, token) != others.end()) return true;
  const auto& fim = fim_.tokens;
  return fim && (token == fim->prefix || token == fim->suffix || token == fim->middle);
}

std::optional<Token> Vocabulary::beginning_of_sequence() const {
  const Token token = llama_vocab_bos(vocabulary_);
  if (!llama_vocab_get_add_bos(vocabulary_) || !contains(token)) return std::nullopt;
  return token;
}

const TokenIndex& Vocabulary::index() const {
  std::call_once(index_->made, [this] {
    std::vector<std::string> pieces;
    pieces.reserve(static_cast<std::size_t>(size()));
    for (Token token = 0; token < size(); ++token) {
      pieces.push_back(ends_text(token) ? std::string() : piece(token));
    }
    std::vector<TokenIndex::Entry> entries;
    entries.reserve(pieces.size());
    for (Token token = 0; token < size(); ++token) {
      entries.emplace_back(pieces[static_cast<std::size_t>(token)], token);
    }
    index_->index.emplace(entries);
  });
  return *index_->index;
}

}  // namespace hotset
