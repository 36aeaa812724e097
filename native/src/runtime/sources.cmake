# ggml's backends, the log, threads and memory: what every room may use.
target_sources(hotset_core PRIVATE
  src/runtime/available_memory.cpp
  src/runtime/backends.cpp
  src/runtime/buffer_types.cpp
  src/runtime/cache_folder.cpp
  src/runtime/control_groups.cpp
  src/runtime/devices.cpp
  src/runtime/large_memory.cpp
  src/runtime/log.cpp
  src/runtime/memory_limit.cpp
  src/runtime/parallel.cpp
  src/runtime/processor_quota.cpp
  src/runtime/processors.cpp
  src/runtime/team.cpp
  src/runtime/threadpool.cpp
  src/runtime/trace.cpp)
