// What is measured of the processor: the rates of machines that exist, of every number of threads, and an end
// when it is told to.
#include "decode/rates/processor_rates.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <set>

TEST_CASE("the processor's rates are those of machines that exist, for every number of threads") {
  const std::atomic<bool> cancel = false;
  const hotset::ProcessorRates rates = hotset::measure_processor(3, cancel);
  REQUIRE(rates.steps.size() == 3);
  for (const hotset::StepRate& step : rates.steps) {
    CAPTURE(step.threads);
    CHECK(step.keys_per_second > 1e7);
    CHECK(step.keys_per_second < 1e13);
    for (const hotset::AttentionRate& attention : {step.token, step.prompt}) {
      CHECK(attention.products_per_second > 1e7);
      CHECK(attention.products_per_second < 1e14);
      CHECK(attention.score_seconds >= 0.0);
      CHECK(attention.score_seconds < 1e-5);
    }
    CHECK(step.value_seconds > 1e-12);
    CHECK(step.value_seconds < 1e-5);
    CHECK(step.rotation_seconds > 1e-12);
    CHECK(step.rotation_seconds < 1e-5);
    CHECK(step.result_seconds >= 0.0);
    CHECK(step.result_seconds < 1e-6);
    CHECK(step.mapped_byte_seconds >= 0.0);
    CHECK(step.mapped_byte_seconds < 1e-7);
    CHECK(step.node_seconds > 1e-8);
    CHECK(step.node_seconds < 1e-2);
    CHECK(step.logit_seconds > 1e-11);
    CHECK(step.logit_seconds < 1e-5);
  }
  CHECK(rates.products.size() == 3 * 8);
  std::set<int> threads;
  for (const hotset::ProductRate& product : rates.products) {
    CAPTURE(ggml_type_name(product.type));
    CAPTURE(product.threads);
    CHECK(product.bytes_per_second > 1e7);
    CHECK(product.bytes_per_second < 1e13);
    CHECK(product.products_per_second > 1e7);
    CHECK(product.products_per_second < 1e15);
    // A prompt's columns share what is read: more products than one column has of as many bytes. Several
    // threads may wait for each other while other tests run.
    if (product.threads == 1) CHECK(product.products_per_second > product.bytes_per_second);
    threads.insert(product.threads);
  }
  CHECK(threads == std::set{1, 2, 3});
}

TEST_CASE("measuring the processor ends when it is told to") {
  const std::atomic<bool> cancel = true;
  const hotset::ProcessorRates rates = hotset::measure_processor(2, cancel);
  CHECK(rates.steps.empty());
  CHECK(rates.products.empty());
}
