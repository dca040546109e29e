// Convolutions of each channel by itself as operations of our own for CPUs: TensorFlow's gradients of them take several times as
// long. What they compute, depthwise.h says; this divides it among TensorFlow's threads.
#pragma once
#include "batchnormop.h"
#include "depthwise.h"

namespace slimlab {
namespace {

// How a kernel moves over images of [batch, height, width, channels], and how many places it has.
struct Sliding {
  int64_t batch, height, width, channels, kernel_height, kernel_width, stride, before, rows, columns;
};

// Attributes of all three: pixels of zeros at the top and left, and at the bottom and right.
struct SlidingAttrs {
  int64_t stride, before, after;
  explicit SlidingAttrs(OpKernelConstruction *context) {
    OP_REQUIRES_OK(context, context->GetAttr("stride", &stride));
    OP_REQUIRES_OK(context, context->GetAttr("before", &before));
    OP_REQUIRES_OK(context, context->GetAttr("after", &after));
  }
  // @param sides  batch, height, width, channels of the images
  absl::Status Of(const int64_t *sides, const Tensor &filter, Sliding *sliding) const {
    if (filter.dims() != 4 || filter.dim_size(2) != sides[3] || filter.dim_size(3) != 1)
      return absl::InvalidArgumentError("the filter must be [height, width, channels, 1]");
    *sliding = {sides[0], sides[1], sides[2], sides[3], filter.dim_size(0), filter.dim_size(1), stride, before, 0, 0};
    const int64_t high = sides[1] + before + after - filter.dim_size(0), wide = sides[2] + before + after - filter.dim_size(1);
    if (high < 0 || wide < 0) return absl::InvalidArgumentError("the filter must not be larger than the images");
    sliding->rows = high / stride + 1, sliding->columns = wide / stride + 1;
    return absl::OkStatus();
  }
  absl::Status Of(const Tensor &x, const Tensor &filter, Sliding *sliding) const {
    if (x.dims() != 4) return absl::InvalidArgumentError("x must be [batch, height, width, channels]");
    const int64_t sides[] = {x.dim_size(0), x.dim_size(1), x.dim_size(2), x.dim_size(3)};
    return Of(sides, filter, sliding);
  }
};

// Calls work(row) for each of so many rows, which cost so many multiplications each.
template <class Work>
void ForRows(OpKernelContext *context, int64_t rows, int64_t cost, const Work &work) {
  context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(rows, cost / 8 + 1, [&](int64_t row, int64_t end) {
    for (; row < end; row++) work(row);
  });
}

// The pixels of a row at which all taps meet an image.
void SumRow(const TapRow &row, Tap *meeting) {
  int64_t low = 0, high = row.width - 1;
  for (int64_t i = 0; i < row.count; i++) {
    low = std::min(low, row.taps[i].offset);
    high = std::min(high, row.width - 1 - row.taps[i].offset);
  }
  SumTapRow(row, (-low + row.step - 1) / row.step, high < 0 ? 0 : std::min(row.pixels, high / row.step + 1), meeting);
}

// x, filter → y
class DepthwiseKernel : public OpKernel {
 public:
  explicit DepthwiseKernel(OpKernelConstruction *context) : OpKernel(context), attrs_(context) {}
  void Compute(OpKernelContext *context) override {
    const Tensor &x = context->input(0), &filter = context->input(1);
    Sliding of;
    OP_REQUIRES_OK(context, attrs_.Of(x, filter, &of));
    Tensor *y;
    OP_REQUIRES_OK(context, context->allocate_output(0, TensorShape({of.batch, of.rows, of.columns, of.channels}), &y));
    const float *from = Values(x), *weights = Values(filter);
    float *to = Values(y);
    const int64_t line = of.width * of.channels, taps = of.kernel_height * of.kernel_width;
    ForRows(context, of.batch * of.rows, of.columns * of.channels * taps, [&](int64_t row) {
      std::vector<Tap> met;
      std::vector<Tap> meeting(taps);
      const int64_t image = row / of.rows, top = row % of.rows * of.stride - of.before;
      for (int64_t ky = 0; ky < of.kernel_height; ky++) {
        if (top + ky < 0 || top + ky >= of.height) continue;
        for (int64_t kx = 0; kx < of.kernel_width; kx++)
          met.push_back({from + (image * of.height + top + ky) * line, weights + (ky * of.kernel_width + kx) * of.channels, kx - of.before});
      }
      SumRow({met.data(), int64_t(met.size()), of.stride, of.width, of.columns, 1, of.channels, to + row * of.columns * of.channels}, meeting.data());
    });
  }

 private:
  SlidingAttrs attrs_;
};

// shape of x, filter, dy → dx: for each remainder of a pixel's place by the stride, the numbers of the kernel that reach it
class DepthwiseInputGradientKernel : public OpKernel {
 public:
  explicit DepthwiseInputGradientKernel(OpKernelConstruction *context) : OpKernel(context), attrs_(context) {}
  void Compute(OpKernelContext *context) override {
    const Tensor &shape = context->input(0), &filter = context->input(1), &dy = context->input(2);
    OP_REQUIRES(context, shape.NumElements() == 4, absl::InvalidArgumentError("expected the shape of x"));
    int64_t sides[4];
    for (int i = 0; i < 4; i++) sides[i] = shape.flat<int32_t>()(i);
    Sliding of;
    OP_REQUIRES_OK(context, attrs_.Of(sides, filter, &of));
    OP_REQUIRES(context, dy.shape() == TensorShape({of.batch, of.rows, of.columns, of.channels}), absl::InvalidArgumentError("dy has another shape"));
    Tensor *dx;
    OP_REQUIRES_OK(context, context->allocate_output(0, TensorShape({sides[0], sides[1], sides[2], sides[3]}), &dx));
    const float *from = Values(dy), *weights = Values(filter);
    float *to = Values(dx);
    const int64_t line = of.columns * of.channels, taps = of.kernel_height * of.kernel_width;
    ForRows(context, of.batch * of.height, of.width * of.channels * taps / (of.stride * of.stride), [&](int64_t row) {
      std::vector<Tap> met;
      std::vector<Tap> meeting(taps);
      const int64_t image = row / of.height, place = row % of.height + of.before;
      for (int64_t phase = 0; phase < std::min(of.stride, of.width); phase++) {
        met.clear();
        for (int64_t ky = place % of.stride; ky < of.kernel_height; ky += of.stride) {
          const int64_t above = place - ky;
          if (above < 0 || above / of.stride >= of.rows) continue;
          for (int64_t kx = (phase + of.before) % of.stride; kx < of.kernel_width; kx += of.stride)
            met.push_back({from + (image * of.rows + above / of.stride) * line, weights + (ky * of.kernel_width + kx) * of.channels, (phase + of.before - kx) / of.stride});
        }
        const int64_t pixels = (of.width - phase + of.stride - 1) / of.stride;
        SumRow({met.data(), int64_t(met.size()), 1, of.columns, pixels, of.stride, of.channels, to + (row * of.width + phase) * of.channels}, meeting.data());
      }
    });
  }

 private:
  SlidingAttrs attrs_;
};

// x, filter, dy → dfilter
class DepthwiseFilterGradientKernel : public OpKernel {
 public:
  explicit DepthwiseFilterGradientKernel(OpKernelConstruction *context) : OpKernel(context), attrs_(context) {}
  void Compute(OpKernelContext *context) override {
    const Tensor &x = context->input(0), &filter = context->input(1), &dy = context->input(2);
    Sliding of;
    OP_REQUIRES_OK(context, attrs_.Of(x, filter, &of));
    OP_REQUIRES(context, dy.shape() == TensorShape({of.batch, of.rows, of.columns, of.channels}), absl::InvalidArgumentError("dy has another shape"));
    OP_REQUIRES(context, of.kernel_width == 3 || of.kernel_width == 5 || of.kernel_width == 7, absl::InvalidArgumentError("the filter's width must be 3, 5 or 7"));
    Tensor *df;
    OP_REQUIRES_OK(context, context->allocate_output(0, filter.shape(), &df));
    const int64_t rows = of.batch * of.rows, size = filter.NumElements(), part = of.kernel_width * of.channels;
    const int64_t threads = context->device()->tensorflow_cpu_worker_threads()->num_threads;
    const int64_t shares = std::max<int64_t>(1, std::min(std::min(threads, rows), dy.NumElements() / kWorthAThread));
    std::vector<std::vector<double>> totals(shares);
    ForRows(context, shares, int64_t(1) << 30, [&](int64_t share) {
      std::vector<double> total(size);
      std::vector<float> sums(size);
      for (int64_t row = rows * share / shares; row < rows * (share + 1) / shares; row++) {
        const int64_t image = row / of.rows, top = row % of.rows * of.stride - of.before;
        std::fill(sums.begin(), sums.end(), 0);
        for (int64_t ky = std::max<int64_t>(0, -top); ky < of.kernel_height && top + ky < of.height; ky++) {
          const float *met = Values(x) + (image * of.height + top + ky) * of.width * of.channels;
          const float *slopes = Values(dy) + row * of.columns * of.channels;
          AddSlopeRow({met, slopes, of.stride, of.before, of.width, of.columns, of.channels, sums.data() + ky * part}, of.kernel_width);
        }
        for (int64_t i = 0; i < size; i++) total[i] += sums[i];
      }
      totals[share] = std::move(total);
    });
    for (int64_t i = 0; i < size; i++) {
      double sum = 0;
      for (const std::vector<double> &total : totals) sum += total[i];
      Values(df)[i] = float(sum);
    }
  }

 private:
  SlidingAttrs attrs_;
};

}  // namespace

static void RegisterDepthwise() {
  using tensorflow::DEVICE_CPU;
  using Context = tensorflow::shape_inference::InferenceContext;
  static constexpr char kStride[] = "stride: int >= 1", kBefore[] = "before: int >= 0", kAfter[] = "after: int >= 0";
  REGISTER_OP("SlimlabDepthwise")
      .Input("x: float").Input("filter: float").Output("y: float").Attr(kStride).Attr(kBefore).Attr(kAfter)
      .SetShapeFn([](Context *context) {
        tensorflow::shape_inference::ShapeHandle x;
        TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &x));
        const auto any = context->UnknownDim();
        context->set_output(0, context->MakeShape({context->Dim(x, 0), any, any, context->Dim(x, 3)}));
        return absl::OkStatus();
      });
  REGISTER_OP("SlimlabDepthwiseInputGrad")
      .Input("shape: int32").Input("filter: float").Input("dy: float").Output("dx: float").Attr(kStride).Attr(kBefore).Attr(kAfter)
      .SetShapeFn([](Context *context) {
        const auto any = context->UnknownDim();
        context->set_output(0, context->MakeShape({any, any, any, any}));
        return absl::OkStatus();
      });
  REGISTER_OP("SlimlabDepthwiseFilterGrad")
      .Input("x: float").Input("filter: float").Input("dy: float").Output("dfilter: float").Attr(kStride).Attr(kBefore).Attr(kAfter)
      .SetShapeFn([](Context *context) {
        context->set_output(0, context->input(1));
        return absl::OkStatus();
      });
  REGISTER_KERNEL_BUILDER(Name("SlimlabDepthwise").Device(DEVICE_CPU), DepthwiseKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabDepthwiseInputGrad").Device(DEVICE_CPU), DepthwiseInputGradientKernel);
  REGISTER_KERNEL_BUILDER(Name("SlimlabDepthwiseFilterGrad").Device(DEVICE_CPU), DepthwiseFilterGradientKernel);
}

}  // namespace slimlab
