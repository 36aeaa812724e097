# The binding: conversions and threads only.
target_sources(hotset PRIVATE
  addon/addon.cpp
  addon/convert.cpp
  addon/environment.cpp
  addon/main_thread.cpp
  addon/model_thread.cpp
  addon/native_model.cpp
  addon/native_profiler.cpp
  addon/own_folder.cpp
  addon/placement_calls.cpp
  addon/worker.cpp
  addon/write_shape.cpp)
