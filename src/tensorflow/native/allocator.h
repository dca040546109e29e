// TensorFlow's memory of the processor.
#pragma once

namespace slimlab {

// Gives the system back what no tensor holds.
void ReleaseMemory();

}  // namespace slimlab
