// The kernels for row groups over single numbers: the reference.
#include "kernels/group_table.h"
#include "kernels/scalar.h"
#include "kernels/vector_scalar.h"

namespace hotset {

const GroupKernels& scalar_groups() { return kGroupKernels<Scalar>; }

}  // namespace hotset
