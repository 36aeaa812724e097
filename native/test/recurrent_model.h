// A tiny Mamba with random weights: a model whose state cannot forget a part of its past.
#pragma once

#include <filesystem>

namespace hotset::test {

inline constexpr int kRecurrentVocabulary = 64;

/// Without a tokenizer; libllama loads it.
void write_recurrent_model(const std::filesystem::path& path);

}  // namespace hotset::test
