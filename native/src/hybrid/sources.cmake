target_sources(hotset_core PRIVATE
  src/hybrid/buffer_types.cpp
  src/hybrid/device_rates.cpp
  src/hybrid/graph.cpp
  src/hybrid/kv_cache.cpp
  src/hybrid/large_memory.cpp
  src/hybrid/learned_predictor.cpp
  src/hybrid/neuron_arrangement.cpp
  src/hybrid/neuron_cache.cpp
  src/hybrid/neuron_cache_store.cpp
  src/hybrid/neuron_rows.cpp
  src/hybrid/recall_sample.cpp
  src/hybrid/rope.cpp
  src/hybrid/sign_predictor.cpp
  src/hybrid/sparse_feed_forward.cpp
  src/hybrid/sparse_layer.cpp
  src/hybrid/support.cpp
  src/hybrid/weights.cpp)
