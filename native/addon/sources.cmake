# The binding: conversions and threads only.
target_sources(hotset PRIVATE
  addon/addon.cpp
  addon/environment.cpp
  addon/errors.cpp
  addon/main_thread.cpp
  addon/model_thread.cpp
  addon/native_model.cpp
  addon/native_profiler.cpp
  addon/own_folder.cpp
  addon/parameters.cpp
  addon/placement_calls.cpp
  addon/processor_calls.cpp
  addon/results.cpp
  addon/worker.cpp
  addon/write_shape.cpp)
