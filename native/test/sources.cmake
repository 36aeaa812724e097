# Native unit tests; the vocabularies and their test vectors come with llama.cpp's source.
target_sources(hotset_tests PRIVATE
  test/main.cpp
  test/memory_check_test.cpp
  test/sampler_test.cpp
  test/session_test.cpp
  test/vocabulary_test.cpp
  test/utf8_stream_test.cpp)
