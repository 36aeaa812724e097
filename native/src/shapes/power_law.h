// How often the neurons of a layer fire in the models that PowerInfer was made for.
#pragma once

#include <vector>

namespace hotset {

/// Activation frequencies [count], the highest first: proportional to 1 / rank, cut at 0.99, with `activity`
/// as their mean. At 10% activity, 38% of 11,008 neurons make 80% of the activations, between a layer of
/// OPT-30B (26%) and one of LLaMA(ReGLU)-70B (43%; PowerInfer, section 2). Precondition: 0 < activity < 0.99.
std::vector<float> power_law_frequencies(int count, double activity);

/// The q for which a standard normal variable is above q with probability `frequency`, between 0 and 1.
double normal_quantile(double frequency);

/// Mean of max(0, z - q)^2 over a standard normal z.
double mean_square_above(double q);

}  // namespace hotset
