target_sources(hotset_core PRIVATE
  src/hybrid/buffer_types.cpp
  src/hybrid/graph.cpp
  src/hybrid/kv_cache.cpp
  src/hybrid/rope.cpp
  src/hybrid/support.cpp
  src/hybrid/weights.cpp)
