target_sources(hotset_core PRIVATE
  src/neurons/activity_counter.cpp
  src/neurons/magnitude_sample.cpp
  src/neurons/profile.cpp
  src/neurons/split.cpp)
