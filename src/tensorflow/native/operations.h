// Operations of our own, as Python's custom operations are made. TensorFlow is told of them when the addon is loaded.
#pragma once

namespace slimlab {

void RegisterOperations();

}  // namespace slimlab
