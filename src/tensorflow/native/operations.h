// Operations of our own that TensorFlow is told of when the addon is loaded.
#pragma once

namespace slimlab {

void RegisterBatchNorm();

}  // namespace slimlab
