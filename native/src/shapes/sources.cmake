# Models with a real one's sizes and random weights, for benchmarks.
target_sources(hotset_core PRIVATE
  src/shapes/gate_directions.cpp
  src/shapes/level_blocks.cpp
  src/shapes/power_law.cpp
  src/shapes/row_filler.cpp
  src/shapes/shape.cpp
  src/shapes/shape_files.cpp
  src/shapes/shape_vocabulary.cpp
  src/shapes/shape_weights.cpp
  src/shapes/shape_writer.cpp)
