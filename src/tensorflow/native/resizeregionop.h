// ResizeRegion() as an operation of our own for CPUs: where TensorFlow's resizes the whole image, from numbers of four bytes.
#pragma once
#include "resizeregion.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

// image [h, w, c], region: top, left, height and width in its pixels, the size that the region gets, window: top, left, height
// and width of what is wanted of that, and whether it is mirrored
class ResizeRegionKernel : public tensorflow::OpKernel {
 public:
  explicit ResizeRegionKernel(tensorflow::OpKernelConstruction *context) : OpKernel(context) {}
  void Compute(tensorflow::OpKernelContext *context) override {
    const tensorflow::Tensor &image = context->input(0);
    const int64_t lengths[] = {0, 4, 2, 4, 1};
    for (int i = 1; i < 5; i++)
      OP_REQUIRES(context, context->input(i).NumElements() == lengths[i],
                  absl::InvalidArgumentError("expected a region of 4 numbers, a size of 2, a window of 4 and whether to mirror"));
    OP_REQUIRES(context, image.dims() == 3 && image.NumElements() > 0, absl::InvalidArgumentError("expected an image with pixels"));
    const auto region = context->input(1).flat<float>();
    const auto size = context->input(2).flat<int32_t>(), window = context->input(3).flat<int32_t>();
    Side sides[2];
    for (int i = 0; i < 2; i++) {
      const Side side = {region(i), region(2 + i), size(i), window(i), window(2 + i)};
      constexpr float kMost = 1 << 30;  // of what integers hold well
      OP_REQUIRES(context, std::abs(side.begin) < kMost && side.length > 0 && side.length < kMost,
                  absl::InvalidArgumentError("expected a region of pixels"));
      OP_REQUIRES(context, side.first >= 0 && side.count > 0 && side.first + side.count <= side.size,
                  absl::InvalidArgumentError("expected a window inside the resized region"));
      sides[i] = side;
    }
    const int64_t channels = image.dim_size(2);
    tensorflow::Tensor *output;
    OP_REQUIRES_OK(context, context->allocate_output(0, tensorflow::TensorShape({sides[0].count, sides[1].count, channels}), &output));
    ResizeRegion(image.flat<uint8_t>().data(), image.dim_size(0), image.dim_size(1), channels, sides[0], sides[1],
                 context->input(4).flat<bool>()(0), output->flat<float>().data());
  }
};

}  // namespace

static void RegisterResizeRegion() {
  REGISTER_OP("SlimlabResizeRegion")
      .Input("image: uint8").Input("region: float").Input("size: int32").Input("window: int32").Input("mirrored: bool")
      .Output("resized: float")
      .SetShapeFn([](tensorflow::shape_inference::InferenceContext *context) {
        tensorflow::shape_inference::ShapeHandle image;
        TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 3, &image));
        const tensorflow::Tensor *window = context->input_tensor(3);
        const bool known = window != nullptr && window->NumElements() == 4;
        const auto side = [&](int i) { return known ? context->MakeDim(window->flat<int32_t>()(i)) : context->UnknownDim(); };
        context->set_output(0, context->MakeShape({side(2), side(3), context->Dim(image, 2)}));
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabResizeRegion").Device(tensorflow::DEVICE_CPU), ResizeRegionKernel);
}

}  // namespace slimlab
