// Predictors beside a model: what is accepted is decoded with.
#include <array>
#include <cstdint>

#include "beside_model.h"
#include "decode/hybrid_decoder.h"
#include "neurons/predictor_file.h"

using namespace hotset;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::start_engine();
  const ModelFile& model = fuzz::model_beside();
  const auto path = fuzz::as_file({data, size});
  const bool good = fuzz::accepts(path, [&] {
    const PredictorFile file = PredictorFile::read(path, model);
    fuzz::require(file.layers.size() == static_cast<std::size_t>(model.layers),
                  "every layer has a predictor");
  });
  if (!good) return 0;
  HybridOptions options;
  options.mode = Mode::kPredicted;
  options.predictors = path;
  options.context_length = 64;
  const CancelFlag never{false};
  try {
    const auto decoder = make_hybrid_decoder(model, options, [](double) {});
    decoder->append(std::array<Token, 2>{1, 2}, never);
    decoder->append(std::array<Token, 1>{3}, never);
  } catch (const Error& error) {
    fuzz::require(error.kind() != ErrorKind::kInternal, error.what());
  }
  return 0;
}
