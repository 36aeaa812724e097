target_sources(hotset_core PRIVATE
  src/neurons/activation_rule.cpp
  src/neurons/activity_counter.cpp
  src/neurons/entropy_rank.cpp
  src/neurons/firing.cpp
  src/neurons/gpu_index.cpp
  src/neurons/kept_mass_controller.cpp
  src/neurons/neuron_sample.cpp
  src/neurons/predictor_file.cpp
  src/neurons/predictor_parts.cpp
  src/neurons/predictor_samples.cpp
  src/neurons/profile.cpp
  src/neurons/selection_curve.cpp
  src/neurons/split.cpp
  src/neurons/threshold_policy.cpp)
