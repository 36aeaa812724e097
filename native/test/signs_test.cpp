// Signs of weights and inputs against counting them one by one.
#include "kernels/signs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace {

using hotset::KernelChoice;

constexpr int kRows = 5;

std::vector<float> random_values(std::mt19937& generator, int count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

int count_differing(const float* row, const std::vector<float>& input) {
  int differing = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    differing += std::signbit(row[i]) != std::signbit(input[i]) ? 1 : 0;
  }
  return differing;
}

TEST_CASE("sign kernels count the signs that differ, for rows of any length") {
  std::mt19937 generator(11);
  for (const int length : {1, 7, 63, 64, 65, 384, 512, 1000, 4096, 4160}) {
    CAPTURE(length);
    const std::size_t stride = hotset::sign_row_bytes(length) + 8;
    std::vector<std::byte> signs(stride * kRows);
    std::vector<std::byte> input_signs(hotset::sign_row_bytes(length));
    const std::vector<float> input = random_values(generator, length);
    hotset::pack_signs(input.data(), length, input_signs.data());
    std::vector<int> expected;
    for (int r = 0; r < kRows; ++r) {
      std::vector<float> row = random_values(generator, length);
      if (r == 0) row = input;
      if (r == 1) std::transform(input.begin(), input.end(), row.begin(), std::negate());
      hotset::pack_signs(row.data(), length, signs.data() + stride * static_cast<std::size_t>(r));
      expected.push_back(count_differing(row.data(), input));
    }
    CHECK(expected[0] == 0);
    CHECK(expected[1] == length);
    for (const KernelChoice choice :
         {KernelChoice::kScalar, KernelChoice::kAvx2, KernelChoice::kAvx512, KernelChoice::kNeon}) {
      if (!hotset::is_available(choice)) continue;
      CAPTURE(hotset::kernel_name(choice));
      std::vector<int> disagreements(kRows);
      hotset::sign_kernel(choice)(signs.data(), stride, kRows, input_signs.data(), length,
                                  disagreements.data());
      CHECK(disagreements == expected);
    }
  }
}

TEST_CASE("the signs of a quantised row are those of the values ggml reads from it") {
  std::mt19937 generator(12);
  constexpr int kLength = 512;
  for (const ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, GGML_TYPE_Q4_0,
                               GGML_TYPE_Q4_K, GGML_TYPE_Q6_K}) {
    CAPTURE(std::string(ggml_type_name(type)));
    std::vector<float> values = random_values(generator, kLength);
    std::vector<std::byte> row(ggml_row_size(type, kLength));
    ggml_quantize_chunk(type, values.data(), row.data(), 0, 1, kLength, nullptr);
    if (type != GGML_TYPE_F32) ggml_get_type_traits(type)->to_float(row.data(), values.data(), kLength);
    std::vector<std::byte> actual(hotset::sign_row_bytes(kLength));
    hotset::pack_signs(type, row.data(), kLength, actual.data());
    for (std::size_t i = 0; i < kLength; ++i) {
      const bool is_set = ((std::to_integer<unsigned>(actual[i / 8]) >> (i % 8)) & 1U) != 0;
      CHECK(is_set == std::signbit(values[i]));
    }
  }
}

}  // namespace
