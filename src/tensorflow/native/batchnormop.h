// Batch normalization as three operations of our own for CPUs: the batch's moments, the normalization by them and its
// gradient. What they compute, batchnorm.h says; this divides it among TensorFlow's threads.
#pragma once
#include "batchnorm.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/framework/shape_inference.h"

namespace slimlab {
namespace {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

constexpr int64_t kWorthAThread = 1 << 14;  // elements

// Rows [begin, end) of one thread.
struct Share { int64_t begin, end; };

// The data as rows of channels, and the threads that share the rows.
struct Work {
  OpKernelContext *context;
  int64_t rows, channels;
  int shares;

  Work(OpKernelContext *context, const Tensor &x) : context(context), channels(std::max<int64_t>(1, x.dim_size(x.dims() - 1))) {
    rows = x.NumElements() / channels;
    const int threads = context->device()->tensorflow_cpu_worker_threads()->num_threads;
    shares = std::max<int64_t>(1, std::min<int64_t>(threads, x.NumElements() / kWorthAThread));
  }
  void Run(const std::function<void(int share, Share)> &task) const {
    const auto run = [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; i++) task(i, {rows * i / shares, rows * (i + 1) / shares});
    };
    if (shares == 1) return run(0, 1);
    using Threads = tsl::thread::ThreadPool;
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(shares, Threads::SchedulingParams::Fixed(1), run);
  }
  // From the last row to the first: what a pass from the first to the last has left in the cache comes first. In blocks that
  // are long enough for processors to fetch ahead in them.
  void RunBackwards(const std::function<void(int64_t row, int64_t rows)> &task) const {
    const int64_t block = std::max<int64_t>(kBlock, (1 << 15) / channels);
    Run([&](int, Share share) {
      for (int64_t end = share.end; end > share.begin;) {
        const int64_t begin = std::max(share.begin, end - block);
        task(begin, end - begin);
        end = begin;
      }
    });
  }
};

// Two sums over all rows for each channel.
struct Sums {
  std::vector<double> first, second;

  using Block = std::function<void(int64_t row, int64_t rows, float *first, float *second)>;
  Sums(const Work &work, const Block &block) : first(work.channels), second(work.channels) {
    std::vector<std::vector<double>> partial(work.shares);
    work.Run([&](int share, Share range) {
      const int64_t channels = work.channels;
      std::vector<float> sums(2 * channels);
      std::vector<double> totals(2 * channels);
      for (int64_t row = range.begin; row < range.end; row += kBlock) {
        block(row, std::min(kBlock, range.end - row), sums.data(), sums.data() + channels);
        for (int64_t i = 0; i < 2 * channels; i++) totals[i] += sums[i];
      }
      partial[share] = std::move(totals);
    });
    for (const std::vector<double> &totals : partial)
      for (int64_t c = 0; c < work.channels; c++) first[c] += totals[c], second[c] += totals[work.channels + c];
  }
};

const float *Values(const Tensor &tensor) { return tensor.flat<float>().data(); }
float *Values(Tensor *tensor) { return tensor->flat<float>().data(); }
// Of x and what has its type: float or Half.
template <class Value>
const Value *Data(const Tensor &tensor) { return static_cast<const Value *>(tensor.data()); }
template <class Value>
Value *Data(Tensor *tensor) { return static_cast<Value *>(tensor->data()); }

// x → mean, inverse (of the standard deviation), variance (with Bessel's correction)
template <class Value>
class MomentsKernel : public OpKernel {
 public:
  explicit MomentsKernel(OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, context->GetAttr("epsilon", &epsilon_));
  }
  void Compute(OpKernelContext *context) override {
    const Tensor &x = context->input(0);
    OP_REQUIRES(context, x.dims() > 0 && x.NumElements() > 0, absl::InvalidArgumentError("x must have elements"));
    const Work work(context, x);
    Tensor *outputs[3];
    for (int i = 0; i < 3; i++) OP_REQUIRES_OK(context, context->allocate_output(i, TensorShape({work.channels}), &outputs[i]));
    const std::vector<float> shift = Guess(work, Data<Value>(x));
    const Sums sums(work, [&](int64_t row, int64_t rows, float *sum, float *square) {
      SumMoments(Data<Value>(x) + row * work.channels, shift.data(), rows, work.channels, sum, square);
    });
    const double bessel = work.rows > 1 ? double(work.rows) / (work.rows - 1) : 1;
    for (int64_t c = 0; c < work.channels; c++) {
      const double offset = sums.first[c] / work.rows;
      const double variance = std::max(sums.second[c] / work.rows - offset * offset, 0.0);  // in this order NaN stays NaN
      Values(outputs[0])[c] = shift[c] + offset;
      Values(outputs[1])[c] = 1 / std::sqrt(variance + epsilon_);
      Values(outputs[2])[c] = variance * bessel;
    }
  }

 private:
  float epsilon_;

  // Near the mean, so that the squares lose no digits: the mean of some rows.
  static std::vector<float> Guess(const Work &work, const Value *x) {
    const int64_t samples = std::min<int64_t>(work.rows, 16);
    std::vector<float> guess(work.channels);
    for (int64_t i = 0; i < samples; i++)
      for (int64_t c = 0; c < work.channels; c++) guess[c] += Load(x[work.rows * i / samples * work.channels + c]) / samples;
    return guess;
  }
};

absl::Status EndingOf(OpKernelConstruction *context, Ending *ending) {
  std::string name;
  TF_RETURN_IF_ERROR(context->GetAttr("activation", &name));
  return EndingNamed(name, ending) ? absl::OkStatus() : absl::InvalidArgumentError("no such activation");
}

std::vector<float> Scale(const Work &work, const Tensor &gamma, const Tensor &inverse) {
  std::vector<float> scale(work.channels);
  for (int64_t c = 0; c < work.channels; c++) scale[c] = Values(gamma)[c] * Values(inverse)[c];
  return scale;
}

// What both kernels below begin with: inputs mean, inverse, gamma, beta from `first` on, each [channels].
#define SLIMLAB_REQUIRE_CHANNELS(first)                                                                              \
  OP_REQUIRES(context, context->input(0).NumElements() > 0, absl::InvalidArgumentError("x must have elements"));     \
  for (int i = first; i < first + 4; i++)                                                                            \
    OP_REQUIRES(context, context->input(i).NumElements() == context->input(0).dim_size(context->input(0).dims() - 1), \
                absl::InvalidArgumentError("moments, gamma and beta must have one value a channel"));
#define SLIMLAB_REQUIRE_SHAPE(i) \
  OP_REQUIRES(context, context->input(i).shape() == context->input(0).shape(), absl::InvalidArgumentError("expected one shape"));

// x, mean, inverse, gamma, beta, side if any, what is to be there before it begins if anything → y
template <class Value>
class NormalizeKernel : public OpKernel {
 public:
  explicit NormalizeKernel(OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, EndingOf(context, &ending_));
    OP_REQUIRES_OK(context, context->GetAttr("sides", &sides_));
  }
  void Compute(OpKernelContext *context) override {
    SLIMLAB_REQUIRE_CHANNELS(1)
    const Tensor &x = context->input(0);
    const bool has_side = sides_ > 0;
    OP_REQUIRES(context, !has_side || ending_ <= Ending::kRelu, absl::InvalidArgumentError("a sum ends with a ReLU or nothing"));
    if (has_side) SLIMLAB_REQUIRE_SHAPE(5)
    const Work work(context, x);
    const Value *side = has_side ? Data<Value>(context->input(5)) : nullptr;
    Tensor *y;
    if (has_side) OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({5}, 0, x.shape(), &y));
    else OP_REQUIRES_OK(context, context->allocate_output(0, x.shape(), &y));
    const std::vector<float> scale = Scale(work, context->input(3), context->input(2));
    const Channels of{Values(context->input(1)), scale.data(), Values(context->input(4))};
    work.RunBackwards([&](int64_t row, int64_t rows) {
      const int64_t at = row * work.channels;
      Normalize(Data<Value>(x) + at, side ? side + at : nullptr, ending_, of, rows, work.channels, Data<Value>(y) + at);
    });
  }

 private:
  Ending ending_ = Ending::kNone;
  int sides_;
};

// dy, x, mean, inverse, gamma, beta, y if rectified with a side, what to add to dy if anything → dx, dgamma, dbeta, dside if any
template <class Value>
class NormalizeGradientKernel : public OpKernel {
 public:
  explicit NormalizeGradientKernel(OpKernelConstruction *context) : OpKernel(context) {
    OP_REQUIRES_OK(context, EndingOf(context, &ending_));
    OP_REQUIRES_OK(context, context->GetAttr("outputs", &outputs_));
    OP_REQUIRES_OK(context, context->GetAttr("others", &others_));
  }
  void Compute(OpKernelContext *context) override {
    SLIMLAB_REQUIRE_SHAPE(1)
    SLIMLAB_REQUIRE_CHANNELS(2)
    const Tensor &x = context->input(1);
    const bool has_side = context->num_outputs() > 3;
    OP_REQUIRES(context, outputs_ == (has_side && ending_ == Ending::kRelu), absl::InvalidArgumentError("y is for a rectified sum"));
    OP_REQUIRES(context, others_ <= 1, absl::InvalidArgumentError("dy has two parts at most"));
    for (int i = 6; i < context->num_inputs(); i++) SLIMLAB_REQUIRE_SHAPE(i)
    const Work work(context, x);
    const int last = others_ ? 6 + outputs_ : 0;
    const Value *dy = Data<Value>(context->input(0)), *other = last ? Data<Value>(context->input(last)) : nullptr;
    const Value *y = outputs_ ? Data<Value>(context->input(6)) : nullptr;
    const float *inverse = Values(context->input(3));
    Tensor *dx, *dgamma, *dbeta, *dside;
    OP_REQUIRES_OK(context, context->allocate_output(1, TensorShape({work.channels}), &dgamma));
    OP_REQUIRES_OK(context, context->allocate_output(2, TensorShape({work.channels}), &dbeta));
    OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({0, last}, has_side ? 3 : 0, x.shape(), has_side ? &dside : &dx));
    if (has_side) OP_REQUIRES_OK(context, context->allocate_output(0, x.shape(), &dx));

    const Ending by_input = has_side ? Ending::kNone : ending_;
    const std::vector<float> scale = Scale(work, context->input(4), context->input(3));
    Channels of{Values(context->input(2)), scale.data(), Values(context->input(5))};
    Value *gathered = has_side ? Data<Value>(dside) : other ? Data<Value>(dx) : nullptr;
    const Value *slopes = gathered ? gathered : dy;
    const Sums sums(work, [&](int64_t row, int64_t rows, float *sum, float *product) {
      const int64_t at = row * work.channels;
      if (gathered) GatherSlopes(dy + at, other ? other + at : nullptr, y ? y + at : nullptr, rows * work.channels, gathered + at);
      SumSlopes(by_input, slopes + at, Data<Value>(x) + at, of, rows, work.channels, sum, product);
    });
    std::vector<float> sum(work.channels), product(work.channels);
    for (int64_t c = 0; c < work.channels; c++) {
      Values(dgamma)[c] = sums.second[c] * inverse[c];
      Values(dbeta)[c] = sums.first[c];
      sum[c] = sums.first[c] / work.rows;
      product[c] = sums.second[c] / work.rows * inverse[c] * inverse[c];
    }
    of.sum = sum.data(), of.product = product.data();
    work.RunBackwards([&](int64_t row, int64_t rows) {
      const int64_t at = row * work.channels;
      Propagate(by_input, slopes + at, Data<Value>(x) + at, of, rows, work.channels, Data<Value>(dx) + at);
    });
  }

 private:
  Ending ending_ = Ending::kNone;
  int outputs_, others_;
};

absl::Status OneShape(tensorflow::shape_inference::InferenceContext *context, int first, int last) {
  const auto x = context->input(0);
  const auto size = context->RankKnown(x) ? context->Vector(context->Dim(x, -1)) : context->UnknownShapeOfRank(1);
  for (int i = 0; i < context->num_outputs(); i++) context->set_output(i, i >= first && i < last ? size : x);
  return absl::OkStatus();
}

}  // namespace

static void RegisterBatchNorm() {
  using tensorflow::DEVICE_CPU;
  using Context = tensorflow::shape_inference::InferenceContext;
  static constexpr char kActivation[] = "activation: {'none', 'relu', 'relu6', 'hardSwish', 'swish'}";
  static constexpr char kType[] = "T: {float, bfloat16} = DT_FLOAT";
  REGISTER_OP("SlimlabMoments")
      .Input("x: T")
      .Output("mean: float").Output("inverse: float").Output("variance: float")
      .Attr("epsilon: float").Attr(kType)
      .SetShapeFn([](Context *context) { return OneShape(context, 0, 3); });
  REGISTER_OP("SlimlabNormalize")
      .Input("x: T").Input("mean: float").Input("inverse: float").Input("gamma: float").Input("beta: float")
      .Input("side: sides * T").Input("after: afters * T")
      .Output("y: T")
      .Attr("sides: int >= 0").Attr("afters: int >= 0 = 0").Attr(kActivation).Attr(kType)
      .SetShapeFn([](Context *context) { return OneShape(context, 0, 0); });
  REGISTER_OP("SlimlabNormalizeGrad")
      .Input("dy: T").Input("x: T").Input("mean: float").Input("inverse: float").Input("gamma: float")
      .Input("beta: float").Input("y: outputs * T").Input("other: others * T")
      .Output("dx: T").Output("dgamma: float").Output("dbeta: float").Output("dside: sides * T")
      .Attr("outputs: int >= 0").Attr("others: int >= 0").Attr("sides: int >= 0").Attr(kActivation).Attr(kType)
      .SetShapeFn([](Context *context) { return OneShape(context, 1, 3); });
#define SLIMLAB_REGISTER_TYPE(type, Value)                                                                                         \
  REGISTER_KERNEL_BUILDER(Name("SlimlabMoments").Device(DEVICE_CPU).TypeConstraint<type>("T"), MomentsKernel<Value>);             \
  REGISTER_KERNEL_BUILDER(Name("SlimlabNormalize").Device(DEVICE_CPU).TypeConstraint<type>("T"), NormalizeKernel<Value>);         \
  REGISTER_KERNEL_BUILDER(Name("SlimlabNormalizeGrad").Device(DEVICE_CPU).TypeConstraint<type>("T"), NormalizeGradientKernel<Value>);
  SLIMLAB_REGISTER_TYPE(float, float)
  SLIMLAB_REGISTER_TYPE(tensorflow::bfloat16, Half)
#undef SLIMLAB_REGISTER_TYPE
}

}  // namespace slimlab
