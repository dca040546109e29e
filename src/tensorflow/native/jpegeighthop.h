// JpegEighth as an operation of our own for CPUs.
#pragma once
#include "jpegeighth.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// file → pixels [height / 8, width / 8, 3], rounded up; none of a file that JpegEighth does not read, for libjpeg to judge
class JpegEighthKernel : public tensorflow::OpKernel {
 public:
  explicit JpegEighthKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {}
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &contents = context->input(0);
    OP_REQUIRES(context, contents.NumElements() == 1, absl::InvalidArgumentError("expected one file"));
    const tensorflow::tstring &file = contents.flat<tensorflow::tstring>()(0);
    JpegEighth image;
    const bool isRead = image.Read(reinterpret_cast<const uint8_t *>(file.data()), file.size());
    const int64_t height = isRead ? image.height() : 0, width = isRead ? image.width() : 0;
    tensorflow::Tensor *pixels;
    OP_REQUIRES_OK(context, context->allocate_output(0, tensorflow::TensorShape({height, width, 3}), &pixels));
    if (isRead) image.Write(pixels->flat<uint8_t>().data());
  }
};

}  // namespace

static void RegisterJpegEighth() {
  REGISTER_OP("SlimlabJpegEighth")
      .Input("contents: string").Output("pixels: uint8")
      .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
        context->set_output(0, context->MakeShape({context->UnknownDim(), context->UnknownDim(), 3}));
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabJpegEighth").Device(tensorflow::DEVICE_CPU), JpegEighthKernel);
}

}  // namespace slimlab
