// How fast all else in a step is: attention, what lies between products, choosing a token.
#pragma once

#include "decode/rates/measured.h"
#include "decode/rates/processor_rates.h"

namespace hotset {

/// One thread's, whatever there are.
double logit_seconds();

/// All but StepRate::mapped_byte_seconds, which is left 0. of_a_logit: logit_seconds().
StepRate step_rate(Processor& processor, double of_a_logit);

}  // namespace hotset
