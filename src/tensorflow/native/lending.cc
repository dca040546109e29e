// What TensorFlow's C interface does not tell of a handle: who else holds it, or its memory.
#include "lending.h"

#include "tensorflow/c/eager/tfe_tensorhandle_internal.h"
#include "tensorflow/core/common_runtime/dma_helper.h"
#include "tensorflow/core/common_runtime/eager/tensor_handle.h"

namespace slimlab {

const void *MemoryOnlyOf(TFE_TensorHandle *raw) {
  const tensorflow::TensorHandle *handle = tensorflow::TensorHandleFromInterface(tensorflow::unwrap(raw));
  const tensorflow::Tensor *tensor = nullptr;
  if (handle->Type() != tensorflow::TensorHandle::LOCAL || !handle->Tensor(&tensor).ok()) return nullptr;
  if (!handle->RefCountIsOne()) return nullptr;  // a call has it as an input
  tensorflow::TensorBuffer *buffer = tensorflow::DMAHelper::buffer(const_cast<tensorflow::Tensor *>(tensor));
  if (buffer == nullptr || buffer->root_buffer() != buffer || !buffer->OwnsMemory()) return nullptr;
  constexpr int kOwn = 2;  // the handle's tensor, and its forwarding_protection_tensor_
  return buffer->RefCount() == kOwn ? tensor->data() : nullptr;
}

}  // namespace slimlab
