// The groups' scales and least values of a Q4_K block, a byte each. See lane.h for who may include this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kernels/quant_layout.h"

namespace hotset {
namespace {

struct Q4KGroups {
  std::array<std::uint8_t, Q4KBlock::kGroups> scales;
  std::array<std::uint8_t, Q4KBlock::kGroups> least;
};

/// Twelve bytes hold sixteen times six bits: bytes 0 to 3 the first four scales, 4 to 7 the first four least
/// values, 8 to 11 the low four bits of the others (scales below, least values above), of which the high two
/// bits fill up bytes 0 to 3 and 4 to 7.
inline Q4KGroups read_groups(const Q4KBlock& block) {
  std::array<std::uint32_t, 3> words;
  std::memcpy(words.data(), block.groups.data(), sizeof words);
  const std::array<std::uint32_t, 2> scales = {
      words[0] & 0x3F3F3F3FU, (words[2] & 0x0F0F0F0FU) | (((words[0] >> 6U) & 0x03030303U) << 4U)};
  const std::array<std::uint32_t, 2> least = {
      words[1] & 0x3F3F3F3FU, ((words[2] >> 4U) & 0x0F0F0F0FU) | (((words[1] >> 6U) & 0x03030303U) << 4U)};
  Q4KGroups groups;
  std::memcpy(groups.scales.data(), scales.data(), sizeof scales);
  std::memcpy(groups.least.data(), least.data(), sizeof least);
  return groups;
}

}  // namespace
}  // namespace hotset
