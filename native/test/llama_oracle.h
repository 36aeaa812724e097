// libllama itself, asked for the logits of every position: what our own graph is held against.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

namespace hotset::test {

/// Row-major [tokens, vocabulary]. `step` tokens are given at a time.
std::vector<float> libllama_logits(const std::filesystem::path& model, std::span<const int> tokens, int step);

}  // namespace hotset::test
