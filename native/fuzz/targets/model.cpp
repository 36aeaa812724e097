// Models from the file to tokens: what our checks let through, neither decoder may break on. Those of the
// architectures that we know; what else libllama asserts of its hundred others nobody here has read.
#include <array>
#include <cstdint>

#include "../harness.h"
#include "decode/open_model.h"

using namespace hotset;

namespace {

const CancelFlag kNever{false};

LoadOptions options_for(const std::filesystem::path& path, DecoderChoice decoder) {
  LoadOptions options;
  options.path = path;
  options.decoder = decoder;
  options.context_length = 64;
  options.threads = 1;
  return options;
}

void decode(const LoadOptions& options) {
  LoadedModel model = open_model(
      options, [](double) {}, kNever);
  const std::array<Token, 3> prompt = {1, 2, 1};
  for (const Token token : prompt) {
    if (!model.vocabulary.contains(token)) return;
  }
  model.decoder->append(prompt, kNever);
  model.decoder->append(std::array<Token, 1>{0}, kNever);
  fuzz::require(model.decoder->logits().size() >= static_cast<std::size_t>(model.vocabulary.size()),
                "there is a logit for every token");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start_engine();
  const auto path = fuzz::as_file({data, size});
  const bool known = [&] {
    try {
      return find_architecture(ModelFile::open(path).architecture) != nullptr;
    } catch (const Error&) {
      return false;
    }
  }();
  if (!known) return 0;
  for (const DecoderChoice decoder : {DecoderChoice::kHybrid, DecoderChoice::kLlamaCpp}) {
    try {
      decode(options_for(path, decoder));
    } catch (const Error&) {
      // Which of the many it is depends on the decoder.
    }
  }
  return 0;
}
