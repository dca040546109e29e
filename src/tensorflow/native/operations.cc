// TensorFlow's C++ interface for operations, which the C interface of runtime.cc has no need of, is in this translation unit.
#include "operations.h"

#include "adaptiveop.h"
#include "augmentop.h"
#include "batchnormop.h"
#include "depthwiseop.h"
#include "jpegpartop.h"
#include "momentumop.h"
#include "packedop.h"
#include "resizeregionop.h"
#include "winogradop.h"

namespace slimlab {

void RegisterOperations() {
  RegisterAdaptive();
  RegisterAugment();
  RegisterBatchNorm();
  RegisterDepthwise();
  RegisterJpegPart();
  RegisterMomentum();
  RegisterPacked();
  RegisterResizeRegion();
  RegisterWinograd();
}

}  // namespace slimlab
