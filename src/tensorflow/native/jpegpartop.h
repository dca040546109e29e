// JpegPart as an operation of our own for CPUs.
#pragma once
#include "jpegpart.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// file, window: top, left, height and width, in pixels of the photo that is smaller by the ratio → pixels [height, width, 3]; none of
// what JpegPart does not read, for libjpeg to judge
class JpegPartKernel : public tensorflow::OpKernel {
 public:
  explicit JpegPartKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("ratio", &ratio_));
  }
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &contents = context->input(0);
    OP_REQUIRES(context, contents.NumElements() == 1 && context->input(1).NumElements() == 4,
                absl::InvalidArgumentError("expected one file and a window of 4 numbers"));
    const tensorflow::tstring &file = contents.flat<tensorflow::tstring>()(0);
    const auto window = context->input(1).flat<int32_t>();
    JpegPart part;
    const bool isRead = part.Read(reinterpret_cast<const uint8_t *>(file.data()), file.size(), ratio_,
                                  {window(0), window(1), window(2), window(3)});
    const tensorflow::TensorShape shape({isRead ? window(2) : 0, isRead ? window(3) : 0, 3});
    tensorflow::Tensor *pixels;
    OP_REQUIRES_OK(context, context->allocate_output(0, shape, &pixels));
    if (isRead) part.Write(pixels->flat<uint8_t>().data());
  }

 private:
  int ratio_;
};

}  // namespace

static void RegisterJpegPart() {
  REGISTER_OP("SlimlabJpegPart")
      .Input("contents: string").Input("window: int32").Attr("ratio: int").Output("pixels: uint8")
      .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
        context->set_output(0, context->MakeShape({context->UnknownDim(), context->UnknownDim(), 3}));
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabJpegPart").Device(tensorflow::DEVICE_CPU), JpegPartKernel);
}

}  // namespace slimlab
