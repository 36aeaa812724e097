target_sources(hotset_core PRIVATE
  src/neurons/profile.cpp
  src/neurons/split.cpp)
