#include "recurrent_model.h"

#include <ggml-cpp.h>
#include <gguf.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace hotset::test {
namespace {

constexpr int kEmbedding = 32;
constexpr int kInner = 2 * kEmbedding;
constexpr int kState = 8;
constexpr int kConvolution = 4;
constexpr int kTimeStep = 2;

class Writer {
 public:
  Writer() : gguf_(gguf_init_empty()), ggml_(ggml_init({std::size_t{1} << 20U, nullptr, false})) {
    gguf_set_val_str(gguf_.get(), "general.architecture", "mamba");
    gguf_set_val_str(gguf_.get(), "tokenizer.ggml.model", "none");
    set("vocab_size", kRecurrentVocabulary);
    set("context_length", 512);
    set("block_count", 1);
    set("embedding_length", kEmbedding);
    set("feed_forward_length", 0);
    set("attention.head_count", 0);
    set("ssm.conv_kernel", kConvolution);
    set("ssm.inner_size", kInner);
    set("ssm.state_size", kState);
    set("ssm.time_step_rank", kTimeStep);
    gguf_set_val_f32(gguf_.get(), "mamba.attention.layer_norm_rms_epsilon", 1e-5F);
  }

  void add_tensors() {
    add("token_embd.weight", kEmbedding, kRecurrentVocabulary);
    add("output_norm.weight", kEmbedding);
    add("blk.0.attn_norm.weight", kEmbedding);
    add("blk.0.ssm_in.weight", kEmbedding, 2 * kInner);
    add("blk.0.ssm_conv1d.weight", kConvolution, kInner);
    add("blk.0.ssm_conv1d.bias", kInner);
    add("blk.0.ssm_x.weight", kInner, kTimeStep + 2 * kState);
    add("blk.0.ssm_dt.weight", kTimeStep, kInner);
    add("blk.0.ssm_dt.bias", kInner);
    add("blk.0.ssm_a", kState, kInner);
    add("blk.0.ssm_d", kInner);
    add("blk.0.ssm_out.weight", kInner, kEmbedding);
  }

  void write(const std::filesystem::path& path) {
    gguf_write_to_file(gguf_.get(), path.string().c_str(), false);
  }

 private:
  void set(const std::string& key, std::uint32_t value) {
    gguf_set_val_u32(gguf_.get(), ("mamba." + key).c_str(), value);
  }

  /// A vector where `rows` is left out. Values lie between -1 and 0: decays of the state must be negative.
  void add(const char* name, int columns, int rows = 0) {
    ggml_tensor* tensor = rows > 0 ? ggml_new_tensor_2d(ggml_.get(), GGML_TYPE_F32, columns, rows)
                                   : ggml_new_tensor_1d(ggml_.get(), GGML_TYPE_F32, columns);
    ggml_set_name(tensor, name);
    auto* values = static_cast<float*>(tensor->data);
    for (std::int64_t i = 0; i < ggml_nelements(tensor); ++i) {
      values[i] = -static_cast<float>(random_()) / static_cast<float>(std::mt19937::max());
    }
    gguf_add_tensor(gguf_.get(), tensor);
  }

  gguf_context_ptr gguf_;
  ggml_context_ptr ggml_;
  std::mt19937 random_;
};

}  // namespace

void write_recurrent_model(const std::filesystem::path& path) {
  Writer writer;
  writer.add_tensors();
  writer.write(path);
}

}  // namespace hotset::test
