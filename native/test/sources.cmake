# Native unit tests; the vocabularies and their test vectors come with llama.cpp's source.
target_sources(hotset_tests PRIVATE
  test/device_rates_test.cpp
  test/exact_test.cpp
  test/fingerprint_test.cpp
  test/gpu_loss_test.cpp
  test/gpu_test.cpp
  test/hybrid_dense_test.cpp
  test/kernels_test.cpp
  test/llama_decoder_test.cpp
  test/llama_gpu_test.cpp
  test/llama_oracle.cpp
  test/main.cpp
  test/memory_check_test.cpp
  test/model_file_test.cpp
  test/neuron_cache_test.cpp
  test/open_model_test.cpp
  test/packed_products_test.cpp
  test/powerinfer_file.cpp
  test/powerinfer_test.cpp
  test/predicted_test.cpp
  test/predictor_parts_test.cpp
  test/predictor_training_test.cpp
  test/predictor_file_test.cpp
  test/profile_test.cpp
  test/profiler_test.cpp
  test/recurrent_model.cpp
  test/sampler_test.cpp
  test/session_test.cpp
  test/shape_test.cpp
  test/signs_test.cpp
  test/support_test.cpp
  test/thread_count_test.cpp
  test/thresholded_test.cpp
  test/utf8_stream_test.cpp
  test/vocabulary_check_test.cpp
  test/vocabulary_test.cpp)
target_compile_definitions(hotset_tests PRIVATE HOTSET_MODELS="${CMAKE_CURRENT_SOURCE_DIR}/../models")
