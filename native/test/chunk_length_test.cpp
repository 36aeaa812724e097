#include "decode/chunk_length.h"

#include <doctest/doctest.h>

using hotset::ChunkLength;
using Seconds = ChunkLength::Seconds;

namespace {

/// What a machine of so many tokens a second ends at.
std::size_t settled(double rate) {
  ChunkLength chunk;
  for (int i = 0; i < 20; ++i) {
    chunk.learn(chunk.tokens(), Seconds(static_cast<double>(chunk.tokens()) / rate));
  }
  return chunk.tokens();
}

}  // namespace

TEST_CASE("a chunk takes about a tenth of a second") {
  CHECK(settled(1000.0) == 96);
  CHECK(settled(450.0) == 32);
  CHECK(settled(3000.0) == 288);
}

TEST_CASE("a chunk is neither so short that products suffer nor longer than a step") {
  CHECK(settled(5.0) == 32);
  CHECK(settled(1e6) == 512);
}

TEST_CASE("a prompt's short rest and a clock that stood still say nothing") {
  ChunkLength chunk;
  chunk.learn(1, Seconds(10.0));
  CHECK(chunk.tokens() == 32);
  chunk.learn(32, Seconds(0.0));
  CHECK(chunk.tokens() == 32);
}

TEST_CASE("chunks grow by doubling") {
  ChunkLength chunk;
  chunk.learn(32, Seconds(1e-6));
  CHECK(chunk.tokens() == 64);
}

TEST_CASE("a brief chunk is about what nobody notices, and never nothing") {
  ChunkLength chunk;
  CHECK(chunk.brief() == 8);
  chunk.learn(32, Seconds(0.1));  // 320 tokens a second
  CHECK(chunk.brief() == 16);
  ChunkLength slow;
  slow.learn(32, Seconds(3.2));
  CHECK(slow.brief() == 8);
}
