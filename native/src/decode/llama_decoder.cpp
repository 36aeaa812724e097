#include "decode/llama_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "error.h"
#include "runtime/log.h"

namespace hotset {
LlamaDecoder::LlamaDecoder(std::shared_ptr<llama_model> model, int context_length, int threads,
                           const LlamaGpu& gpu, int contexts)
    : model_(std::move(model)),
      context_length_(context_length),
      threads_(threads),
      gpu_(gpu),
      chunk_length_(chunk_length(gpu)),
      threadpool_(threads),
      context_(make_llama_context(model_.get(), context_length * contexts, threads, gpu)),
      cells_(context_length * contexts, most_sequences(model_.get())) {
  if (llama_get_memory(context_.get()) == nullptr) {
    throw Error(ErrorKind::kBadModel, "this model makes embeddings only: choose a language model");
  }
  llama_attach_threadpool(context_.get(), threadpool_.get(), threadpool_.get());
  llama_set_abort_callback(context_.get(), is_cancelled, this);
}

DecoderDescription LlamaDecoder::describe() const {
  DecoderDescription description;
  description.decoder = "llama.cpp";
  description.mode = "dense";
  description.threads = threads_;
  description.context_length = context_length_;
  if (gpu_.layers > 0) describe_gpu(description);
  return description;
}

void LlamaDecoder::describe_gpu(DecoderDescription& description) const {
  const int layers = llama_model_n_layer(model_.get());
  description.device = ggml_backend_dev_description(gpu_.device);
  description.gpu_bytes = allocated_on(gpu_.device, context_.get());
  description.head_on_gpu = true;
  description.attention_layers_on_gpu = std::min(gpu_.layers - 1, layers);
  description.gpu_share = static_cast<double>(description.attention_layers_on_gpu) / layers;
}

int LlamaDecoder::position() const {
  return llama_memory_seq_pos_max(llama_get_memory(context_.get()), selected_) + 1;
}

void LlamaDecoder::branch(int other, int length) {
  llama_memory_t memory = llama_get_memory(context_.get());
  llama_memory_seq_rm(memory, selected_, -1, -1);
  llama_memory_seq_cp(memory, other, selected_, 0, length);
  cells_.branch(selected_, other, length);
}

bool LlamaDecoder::append(std::span<const Token> tokens, int outputs, const CancelFlag& cancel) {
  require_room(tokens.size());
  const auto wanted = static_cast<std::size_t>(outputs);
  while (!tokens.empty()) {
    // What logits are wanted of is never cut apart.
    const bool is_last = tokens.size() <= chunk_length_;
    const auto chunk =
        tokens.first(is_last ? tokens.size() : std::min(chunk_length_, tokens.size() - wanted));
    if (cancel || !decode(chunk, is_last ? wanted : 0, cancel)) return false;
    tokens = tokens.subspan(chunk.size());
  }
  const auto vocabulary_size =
      static_cast<std::size_t>(llama_vocab_n_tokens(llama_model_get_vocab(model_.get())));
  if (wanted > 0) logits_ = {llama_get_logits(context_.get()), wanted * vocabulary_size};
  return true;
}

std::vector<float> LlamaDecoder::all_logits(std::span<const Token> tokens) {
  truncate(0);
  require_room(tokens.size());
  const int vocabulary_size = llama_vocab_n_tokens(llama_model_get_vocab(model_.get()));
  const CancelFlag never = false;
  std::vector<float> rows;
  rows.reserve(tokens.size() * static_cast<std::size_t>(vocabulary_size));
  while (!tokens.empty()) {
    const auto chunk = tokens.first(std::min(chunk_length_, tokens.size()));
    tokens = tokens.subspan(chunk.size());
    decode(chunk, chunk.size(), never);
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      const float* logits = llama_get_logits_ith(context_.get(), static_cast<std::int32_t>(row));
      rows.insert(rows.end(), logits, logits + vocabulary_size);
    }
  }
  return rows;
}

void LlamaDecoder::truncate(int position) {
  if (position == this->position()) return;
  // A recurrent state holds all of the past at once: no part of it can be taken away.
  llama_memory_t memory = llama_get_memory(context_.get());
  if (!llama_memory_seq_rm(memory, selected_, position, -1)) llama_memory_seq_rm(memory, selected_, -1, -1);
  cells_.truncate(selected_, this->position());
}

bool LlamaDecoder::decode(std::span<const Token> chunk, std::size_t outputs, const CancelFlag& cancel) {
  std::vector<Token> tokens(chunk.begin(), chunk.end());
  std::vector<std::int8_t> wanted(chunk.size() - outputs, 0);
  wanted.resize(chunk.size(), 1);

  std::vector<std::int32_t> sequence_counts(chunk.size(), 1);
  std::vector<llama_seq_id*> owners(chunk.size(), &selected_);
  llama_batch batch = llama_batch_get_one(tokens.data(), static_cast<std::int32_t>(tokens.size()));
  batch.n_seq_id = sequence_counts.data();
  batch.seq_id = owners.data();
  batch.logits = wanted.data();
  const ErrorCapture errors;
  constexpr std::int32_t kAborted = 2;
  cancel_ = &cancel;
  const std::int32_t status = llama_decode(context_.get(), batch);
  cancel_ = nullptr;
  if (status == 0) {
    cells_.append(selected_, static_cast<int>(chunk.size()));
    return true;
  }
  // libllama takes the unfinished chunk out of the KV cache, which a recurrent state does not allow.
  if (sequences() == 1) truncate(0);
  if (status == kAborted) return false;
  throw Error(ErrorKind::kInternal, "llama.cpp failed to decode: " + errors.reason());
}

void LlamaDecoder::require_room(std::size_t tokens) const {
  const int left = std::min(context_length_ - position(), room());
  if (tokens <= static_cast<std::size_t>(left)) return;
  throw Error(ErrorKind::kBadInput,
              std::to_string(tokens) + " tokens do not fit the " + std::to_string(left) +
                  " that are left of the context: shorten the text or choose a longer context");
}

bool LlamaDecoder::is_cancelled(void* decoder) {
  const CancelFlag* cancel = static_cast<const LlamaDecoder*>(decoder)->cancel_;
  return cancel != nullptr && cancel->load();
}

}  // namespace hotset
