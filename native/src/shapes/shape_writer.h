// Puts the weights of a shape into its four files.
#pragma once

#include "progress.h"
#include "shapes/shape_files.h"

namespace hotset {

/// Writes all four anew. Throws as write_shape() does.
void write_shape_files(const ShapeChoice& choice, const ShapeFiles& files, int threads,
                       const Progress& progress);

}  // namespace hotset
