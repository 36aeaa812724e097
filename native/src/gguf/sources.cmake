target_sources(hotset_core PRIVATE
  src/gguf/architecture.cpp
  src/gguf/derived_file.cpp
  src/gguf/fingerprint.cpp
  src/gguf/gguf_stream.cpp
  src/gguf/libllama_check.cpp
  src/gguf/llama_layout.cpp
  src/gguf/mapped_file.cpp
  src/gguf/metadata.cpp
  src/gguf/model_file.cpp
  src/gguf/printable.cpp
  src/gguf/synthetic_model.cpp
  src/gguf/vocabulary_check.cpp)
