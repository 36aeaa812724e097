# The decoders behind one interface, vocabulary, sampling and sessions.
target_sources(hotset_core PRIVATE
  src/decode/activation_recorder.cpp
  src/decode/batch.cpp
  src/decode/chunk_length.cpp
  src/decode/continuation.cpp
  src/decode/dense_activity.cpp
  src/decode/draft_length.cpp
  src/decode/draft_shares.cpp
  src/decode/drafts.cpp
  src/decode/fim_tokens.cpp
  src/decode/healing.cpp
  src/decode/hybrid_decoder.cpp
  src/decode/hybrid_description.cpp
  src/decode/hybrid_parts.cpp
  src/decode/limited_text.cpp
  src/decode/llama_context.cpp
  src/decode/llama_decoder.cpp
  src/decode/llama_gpu_fit.cpp
  src/decode/llama_model.cpp
  src/decode/memory_check.cpp
  src/decode/lookahead.cpp
  src/decode/model_bytes.cpp
  src/decode/open_model.cpp
  src/decode/pass_cost.cpp
  src/decode/predictor_trainer.cpp
  src/decode/prompt_check.cpp
  src/decode/profiler.cpp
  src/decode/rates/processor_rates.cpp
  src/decode/rates/product_rates.cpp
  src/decode/rates/step_rates.cpp
  src/decode/said_tokens.cpp
  src/decode/sampler.cpp
  src/decode/sequences.cpp
  src/decode/session.cpp
  src/decode/softmax.cpp
  src/decode/sparse_drafts.cpp
  src/decode/sparse_setup.cpp
  src/decode/thread_count.cpp
  src/decode/token_index.cpp
  src/decode/token_match.cpp
  src/decode/uncertainties.cpp
  src/decode/utf8_stream.cpp
  src/decode/vocabulary.cpp
  src/decode/without_predictors.cpp)

# Choosing between two numbers becomes a loop of vectors only where comparing them is no event.
if(NOT MSVC)
  set_source_files_properties(src/decode/softmax.cpp PROPERTIES COMPILE_OPTIONS "-fno-trapping-math")
endif()
