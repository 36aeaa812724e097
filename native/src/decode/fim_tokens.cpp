#include "decode/fim_tokens.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hotset {
namespace {

/// As a family of models spells prefix, suffix and middle.
using Spelling = std::array<std::string_view, 3>;
constexpr std::array<Spelling, 9> kSpellings = {{
    {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"},
    {"<fim_prefix>", "<fim_suffix>", "<fim_middle>"},
    {"<fim-prefix>", "<fim-suffix>", "<fim-middle>"},
    {"<\uFF5Cfim\u2581begin\uFF5C>", "<\uFF5Cfim\u2581hole\uFF5C>", "<\uFF5Cfim\u2581end\uFF5C>"},
    {"\u2581<PRE>", "\u2581<SUF>", "\u2581<MID>"},
    {"<PRE>", "<SUF>", "<MID>"},
    {"<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"},
    {"<|prefix|>", "<|suffix|>", "<|middle|>"},
    {"[PREFIX]", "[SUFFIX]", "[MIDDLE]"},
}};

bool contains(const llama_vocab* vocabulary, llama_token token) {
  return token >= 0 && token < llama_vocab_n_tokens(vocabulary);
}

/// Whether a token is there to mark something: some files say so of each, others by the name alone.
bool is_mark(const llama_vocab* vocabulary, llama_token token) {
  constexpr int kMarks = LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_USER_DEFINED;
  if ((llama_vocab_get_attr(vocabulary, token) & kMarks) != 0) return true;
  const std::string_view text = llama_vocab_get_text(vocabulary, token);
  return std::ranges::any_of(kSpellings, [&](const Spelling& spelling) {
    return std::ranges::find(spelling, text) != spelling.end();
  });
}

std::optional<FimTokens> spelled_out(const llama_vocab* vocabulary, const Spelling& spelling) {
  std::array<llama_token, 3> found = {LLAMA_TOKEN_NULL, LLAMA_TOKEN_NULL, LLAMA_TOKEN_NULL};
  for (llama_token token = 0; token < llama_vocab_n_tokens(vocabulary); ++token) {
    const auto* const part = std::ranges::find(spelling, llama_vocab_get_text(vocabulary, token));
    if (part != spelling.end()) found.at(static_cast<std::size_t>(part - spelling.begin())) = token;
  }
  if (std::ranges::find(found, LLAMA_TOKEN_NULL) != found.end()) return std::nullopt;
  return FimTokens{found[0], found[1], found[2]};
}

std::optional<FimTokens> spelled_out(const llama_vocab* vocabulary) {
  for (const Spelling& spelling : kSpellings) {
    if (const auto tokens = spelled_out(vocabulary, spelling)) return tokens;
  }
  return std::nullopt;
}

bool is_spelling_of(const llama_vocab* vocabulary, llama_token token, std::size_t part) {
  const std::string_view text = llama_vocab_get_text(vocabulary, token);
  return std::ranges::any_of(kSpellings, [&](const Spelling& spelling) { return spelling.at(part) == text; });
}

std::string wrong_token(llama_token token, std::string_view what) {
  return "names token " + std::to_string(token) + ", " + std::string(what) +
         ", for a part of an infilling prompt";
}

/// What is wrong with the tokens that a file names, all of them in the vocabulary; empty: nothing.
/// @param own those that the vocabulary has under their usual names
std::string fault_of(const llama_vocab* vocabulary, const FimTokens& named,
                     const std::optional<FimTokens>& own) {
  const std::array all = {named.prefix, named.suffix, named.middle};
  for (const llama_token token : all) {
    if (!is_mark(vocabulary, token)) return wrong_token(token, "an ordinary one");
  }
  if (all[0] == all[1] || all[1] == all[2] || all[0] == all[2]) {
    return "names one token for two parts of an infilling prompt";
  }
  for (std::size_t part = 0; part < all.size(); ++part) {
    if (llama_vocab_is_eog(vocabulary, all.at(part))) return wrong_token(all.at(part), "which ends a text");
    // Some models call theirs what nobody else does: only a vocabulary that has the usual ones too tells.
    if (own && !is_spelling_of(vocabulary, all.at(part), part)) {
      return wrong_token(all.at(part), "which is there for something else");
    }
  }
  return "";
}

}  // namespace

FimChoice choose_fim_tokens(const llama_vocab* vocabulary) {
  const FimTokens named{llama_vocab_fim_pre(vocabulary), llama_vocab_fim_suf(vocabulary),
                        llama_vocab_fim_mid(vocabulary)};
  const std::array all = {named.prefix, named.suffix, named.middle};
  if (!std::ranges::all_of(all, [&](llama_token token) { return contains(vocabulary, token); })) {
    return {.tokens = std::nullopt,
            .warning =
                "has no infilling tokens: what stands behind the cursor is not seen; choose a model "
                "that was trained to fill in"};
  }
  const auto own = spelled_out(vocabulary);
  const std::string fault = fault_of(vocabulary, named, own);
  if (fault.empty()) return {.tokens = named, .warning = ""};
  return {.tokens = own,
          .warning = fault + (own ? ": the vocabulary's own is used; download the file again"
                                  : ": what stands behind the cursor is not seen; choose another model")};
}

}  // namespace hotset
