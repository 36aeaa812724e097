// Writes down a graph's stages and what passes between them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "hybrid/graph/graph.h"

namespace hotset {

class StageWriter {
 public:
  /// Both must outlive this.
  StageWriter(Graph& graph, const Exchange& exchange) : graph_(graph), exchange_(exchange) {}

  /// Precondition: no stage is open.
  void open(Device device, std::string name);
  /// Ends the open stage.
  void close();
  Device device() const { return device_; }

  /// Lets the open stage compute `result` and what it is made of.
  void compute(ggml_tensor* result) { results_.push_back(result); }
  /// Says that the open stage goes through one more block of a layer, for its size.
  void count_block() { ++blocks_; }

  /// Puts a result of the open stage, F32 [embedding, columns], into its device's slot.
  void put(ggml_tensor* result, Slot slot);
  /// What lies in the slot of the open stage's device.
  ggml_tensor* take(Slot slot, int columns);

  /// Inputs of the step on the open stage's device.
  ggml_tensor* tokens();
  ggml_tensor* positions();
  ggml_tensor* rows();
  ggml_tensor* mask();
  /// Precondition of both: the open stage is the CPU's.
  ggml_tensor* cells();
  ggml_tensor* starts();

  /// Steps between stages: no stage is open.
  void upload(Slot from, Slot to, int columns);
  void download(Slot from, Slot to, int columns);
  void wait();

 private:
  ggml_tensor* input(ggml_tensor*& known, ggml_tensor* wire, std::int64_t columns, std::int64_t rows) const;

  Graph& graph_;
  const Exchange& exchange_;
  Device device_ = Device::kCpu;
  std::string name_;
  std::vector<ggml_tensor*> results_;
  Wires inputs_;  ///< of the open stage
  int blocks_ = 0;
};

}  // namespace hotset
