# Native unit tests; the vocabularies and their test vectors come with llama.cpp's source.
target_sources(hotset_tests PRIVATE
  test/main.cpp
  test/utf8_stream_test.cpp)
