// The dense decoder for every architecture that libllama knows.
#pragma once

#include <llama.h>

#include <memory>

#include "decode/decoder.h"
#include "decode/llama_context.h"
#include "decode/llama_model.h"
#include "hybrid/attention/kv_cells.h"
#include "runtime/threadpool.h"

namespace hotset {

class LlamaDecoder final : public Decoder {
 public:
  /// context_length: in tokens, of each of the `contexts` that the KV cache has room for. Throws Error:
  /// kBadModel where the model is no decoder of text, kOutOfMemory where the KV cache cannot be had.
  /// Precondition: the model was loaded with the same `gpu`.
  LlamaDecoder(std::shared_ptr<llama_model> model, int context_length, int threads, const LlamaGpu& gpu = {},
               int contexts = 1);

  DecoderDescription describe() const override;
  int sequences() const override { return most_sequences(model_.get()); }
  void select(int sequence) override { selected_ = sequence; }
  void branch(int other, int length) override;
  int room() const override { return cells_.free(); }
  int position() const override;
  using Decoder::append;
  bool append(std::span<const Token> tokens, int outputs, const CancelFlag& cancel) override;
  std::span<const float> logits() const override { return logits_; }
  std::vector<float> all_logits(std::span<const Token> tokens) override;
  void truncate(int position) override;
  std::optional<DecodeStatistics> take_statistics() override { return std::nullopt; }

 private:
  /// One graph, with the logits of the last `outputs` tokens; returns false when cancelled.
  bool decode(std::span<const Token> chunk, std::size_t outputs, const CancelFlag& cancel);
  void describe_gpu(DecoderDescription& description) const;
  void require_room(std::size_t tokens) const;
  static bool is_cancelled(void* decoder);

  std::shared_ptr<llama_model> model_;
  int context_length_;
  int threads_;
  LlamaGpu gpu_;
  std::size_t chunk_length_;  // tokens per graph
  Threadpool threadpool_;     // outlives the context that computes with it
  LlamaContextHandle context_;
  KvCells cells_;  // counts what libllama's own ones are used for
  llama_seq_id selected_ = 0;
  std::span<const float> logits_;
  const CancelFlag* cancel_ = nullptr;  // of the graph that is running
};

}  // namespace hotset
